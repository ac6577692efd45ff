"""What one command may use, and the names of what it is stopped for."""

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
    data: int = 1 << 30
    """Of one process."""
    file_size: int = 64 << 20
    open_files: int = 512
    cpu_seconds: int = 600
    """Of one process."""
    stack: int = 8 << 20


DEFAULT_LIMITS = Limits()
