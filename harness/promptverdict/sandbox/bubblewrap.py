"""Runs each command in a fresh bubblewrap, and makes sure that all of it is dead afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import IO

from promptverdict.core.errors import SandboxError
from promptverdict.sandbox import seccomp
from promptverdict.sandbox.bubblewrap_options import (
    build_limits_prefix,
    build_options,
    find_masked_folders,
)
from promptverdict.sandbox.commands import (
    build_command_for_user,
    build_stream_options,
    explain_refusal,
)
from promptverdict.sandbox.diagnosis import build_start_error
from promptverdict.sandbox.interface import NOTHING, Finished, Mount
from promptverdict.sandbox.limits import DEFAULT_LIMITS, Limits
from promptverdict.sandbox.python import GuestPython
from promptverdict.sandbox.python_packages import MOUNT as PYTHON_MOUNT
from promptverdict.sandbox.report_channel import GuestProgram, open_channel
from promptverdict.sandbox.trial_folders import WORKSPACE, TrialFolders, reopen_folders
from promptverdict.sandbox.watchdog import Watchdog, follow_process, open_process

_DYING_SECONDS = 10.0
"""How long killed processes may take to die: one that waits for a disk dies only afterwards."""
_ORPHAN_SECONDS = 60.0
"""Beyond its timeout, when a command ends that nobody watches any more."""


class Bubblewrap:
    """A fresh bubblewrap for each command: no network, no host files, no privileges.

    The kernel kills bubblewrap when the *thread* that started it ends (PR_SET_PDEATHSIG), so run
    must be called from a thread that waits for it.
    """

    kind = "bubblewrap"
    image: str | None = None

    def __init__(self, program: str, guest: GuestPython, limits: Limits = DEFAULT_LIMITS) -> None:
        self.python = guest.python
        self.pytest = guest.pytest
        self._program = program
        self._guest = guest
        self._guest_program = GuestProgram(
            guest.root / "bin" / "python3", frozenset({f"{PYTHON_MOUNT}/bin/pytest"})
        )
        self._limits = limits
        self._filter = seccomp.build_filter()
        self._masked = find_masked_folders()

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
        if refusal := explain_refusal([*argv, cwd]):
            return Finished(126, refusal, None, 0.0, truncated=False)
        started = time.monotonic()
        # Not bubblewrap's --chdir: if the command before removed the folder, that is the agent's
        # failure and must not look like a sandbox that does not start.
        chdir = [] if cwd == WORKSPACE else ["env", f"--chdir={cwd}"]
        command = [*_build_last_resort(timeout), *build_limits_prefix(self._limits), *chdir, *argv]
        options = build_options(self._guest.root, self._masked, folders, mounts, environment)
        try:
            watchdog = Watchdog(folders, self._limits)
            with (
                open_channel(folders.channel, self._guest_program) as channel,
                _start(self._program, options, self._filter, command, folders.owner) as bubble,
            ):
                try:
                    output, stopped = follow_process(bubble.process, watchdog, timeout, channel)
                finally:
                    exit_code = bubble.end()
                reports = tuple(channel.reports) if channel else ()
        except OSError as error:
            raise build_start_error(str(error)) from error
        reopen_folders(folders)
        if stopped is None and exit_code is None:
            raise _build_end_error(bubble, output.text().strip())
        finished = output.build_finished(None if stopped else exit_code, stopped, started)
        return replace(finished, reports=reports)


def _build_last_resort(timeout: float) -> list[str]:
    """Return a prefix that ends a command which the harness does not.

    bubblewrap asks the kernel to die with the harness, but only after it has started: a harness
    that is killed in between leaves a command that nobody stops.
    """
    return ["timeout", "--foreground", "--signal=KILL", f"{timeout + _ORPHAN_SECONDS:.3f}"]


def _build_end_error(bubble: _Bubble, output: str) -> SandboxError:
    """Build the error for a bubblewrap that did not say how its command ended."""
    if bubble.first is None or bubble.process.returncode >= 0:
        return build_start_error(output or "it ended and printed nothing")
    return SandboxError(
        "bubblewrap was killed while a command ran, so nobody knows how the command ended.\n"
        "The kernel does that when memory runs out; otherwise it came from outside.\n"
        "Record the trial again: what was answered is not asked twice."
    )


@dataclass
class _Bubble:
    """A running bubblewrap; first is a descriptor of the first process in its namespace."""

    process: subprocess.Popen[bytes]
    status: IO[str]
    """What bubblewrap reports: one JSON object a line."""
    first: int | None
    """None when bubblewrap could not start one."""

    def end(self) -> int | None:
        """Kill what is left, wait until all of it is dead, and return the command's exit code."""
        if self.first is None:
            self.process.kill()
        else:
            # The kernel kills a process namespace with its first process, and lets that one be
            # waited for only after all the others are gone. To kill bubblewrap itself, outside,
            # would not show when the last of them has died.
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.first, signal.SIGKILL)
        try:
            self.process.wait(_DYING_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.first is not None and not _is_readable(self.first, _DYING_SECONDS):
            raise build_start_error("its processes do not die")
        reports = [json.loads(line) for line in self.status]
        return next((int(report["exit-code"]) for report in reports if "exit-code" in report), None)


@contextlib.contextmanager
def _start(
    program: str,
    options: Sequence[str],
    filter_: bytes,
    command: Sequence[str],
    owner: int | None,
) -> Iterator[_Bubble]:
    """Start bubblewrap; nothing of it is left when the context ends. Raises OSError."""
    read_end, write_end = os.pipe()
    with (
        os.fdopen(read_end) as status,
        os.fdopen(write_end, "wb") as reports,
        _open_memory_file(filter_) as calls,
    ):
        fds = ("--seccomp", str(calls.fileno()), "--json-status-fd", str(reports.fileno()))
        # The options are in a file because a command can read the command line of its namespace's
        # first process, which is bubblewrap: they name folders of the host.
        with _open_memory_file("\0".join([*options, *fds, ""]).encode()) as file:
            argv = [program, "--args", str(file.fileno()), "--", *command]
            argv, dropped = build_command_for_user(owner, argv)
            process = subprocess.Popen(
                argv,
                # It can read that process's environment, too: --clearenv only empties its own.
                env={},
                cwd="/",
                pass_fds=(file.fileno(), calls.fileno(), reports.fileno()),
                **build_stream_options(),
                **dropped,
            )
        # Or the end of the reports would never come: bubblewrap must be the last to hold the pipe.
        reports.close()
        with process:
            first = _open_first_process(status.readline())
            try:
                yield _Bubble(process, status, first)
            finally:
                process.kill()
                if first is not None:
                    os.close(first)


def _open_memory_file(content: bytes) -> IO[bytes]:
    file = os.fdopen(os.memfd_create("options"), "wb+")
    file.write(content)
    file.seek(0)
    return file


def _open_first_process(line: str) -> int | None:
    """Open a descriptor of the process that bubblewrap names, None if it could not start one.

    A descriptor still means the same process when its number is used again.
    """
    return open_process(json.loads(line)["child-pid"]) if "child-pid" in line else None


def _is_readable(descriptor: int, seconds: float) -> bool:
    with selectors.DefaultSelector() as ready:
        ready.register(descriptor, selectors.EVENT_READ)
        return bool(ready.select(seconds))
