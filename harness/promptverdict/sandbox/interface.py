"""What a sandbox is, whatever protection it gives: it runs a command and returns how that ended."""

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
    """A folder of the host, and the path inside at which it is seen, read-only."""

    source: Path
    target: str


@dataclass(frozen=True)
class Reported:
    """A report of a test run, as a process inside sent it while the command ran."""

    content: bytes
    unproven: str | None = None
    """Why that process may have been no test run; None where it was seen to be one."""


@dataclass(frozen=True)
class Finished:
    """How a command ended."""

    exit_code: int | None
    """As a shell has it: 128 and the signal's number for one that was killed. None if stopped."""
    output: str
    """Standard output and error together."""
    stopped: Stopped | None
    seconds: float
    truncated: bool
    """Whether output was left out."""
    reports: tuple[Reported, ...] = ()
    """In the order in which the test runs ended."""


class Sandbox(Protocol):
    """Something that runs commands in the folders of a trial."""

    kind: str
    """Name of the protection: bubblewrap, docker, podman or none."""
    image: str | None
    """Digest of the image that commands see; None where they see this machine's programs."""
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

        Whatever the command does is a Finished. Raises SandboxError when it could not be run, and
        GivenUp once its trial is given up.
        """
        ...


def describe_sandbox(sandbox: Sandbox) -> dict[str, str]:
    """Return what a sandbox is, for a record: what isolates, its Python, pytest and image."""
    image = {} if sandbox.image is None else {"image": sandbox.image}
    return {
        "sandbox": sandbox.kind,
        **image,
        "python": sandbox.python,
        "pytest": sandbox.pytest,
    }
