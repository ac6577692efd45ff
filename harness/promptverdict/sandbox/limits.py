"""What one command may use, and what it is stopped for.

The numbers let a project's tests run, and keep twenty trials at once from using up a laptop. They
are part of what an agent meets: another number can change what it does, so they are no setting.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

Stopped = Literal["timeout", "output-flood", "memory", "disk", "too-many-files"]


@dataclass(frozen=True)
class Limits:
    """What one command may use; sizes in bytes."""

    memory: int = 768 << 20
    """Of all processes together."""
    disk: int = 128 << 20
    """Of workspace, /tmp, home and reports together."""
    entries: int = 20_000
    """Files and folders in them."""
    output: int = 30_000
    """Characters of output that are kept: the first and the last half."""
    flood: int = 8 << 20
    """Output at which the command is stopped."""
    processes: int = 128
    """A fork bomb's size; few test suites start more."""
    data: int = 1 << 30
    """Of one process, reserved: more than `memory`, as programs reserve what they never touch."""
    file_size: int = 64 << 20
    """Of one file: less than `disk`, so that no single one passes it between two looks."""
    open_files: int = 512
    cpu_seconds: int = 600
    """Of one process."""
    stack: int = 8 << 20


DEFAULT_LIMITS = Limits()
