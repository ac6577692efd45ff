"""What a sandbox is, whatever protection it gives: it runs a command and says how that ended."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Protocol

from promptverdict.sandbox.limits import Stopped
from promptverdict.sandbox.trial_folders import WORKSPACE, TrialFolders

NOTHING: Mapping[str, str] = MappingProxyType({})


class GivenUp(Exception):
    """Nobody waits for a command any more, and it was killed."""


@dataclass(frozen=True)
class Mount:
    """A folder of the host to be seen, read-only, at a path inside."""

    source: Path
    target: str


@dataclass(frozen=True)
class Finished:
    """How a command ended: exit_code as a shell tells it, None when it was stopped."""

    exit_code: int | None
    output: str
    """Standard output and error together."""
    stopped: Stopped | None
    seconds: float
    truncated: bool
    """Whether output was left out."""


class Sandbox(Protocol):
    """Something that runs commands in a folders."""

    kind: str
    """Name of the protection: bubblewrap or none."""
    python: str
    """Version of the Python that commands find."""
    pytest: str
    """Version of the pytest that commands find."""

    def run(
        self,
        argv: Sequence[str],
        folders: TrialFolders,
        *,
        timeout: float,
        cwd: str = WORKSPACE,
        mounts: Sequence[Mount] = (),
        environment: Mapping[str, str] = NOTHING,
    ) -> Finished:
        """Run one command to its end, blocking; timeout in seconds.

        Raises SandboxError when it could not be run, and GivenUp once its folders is given up;
        whatever the command does is a Finished.
        """
        ...
