"""Runs each command in a fresh bubblewrap, and sees to it that all of it is dead afterwards."""

from __future__ import annotations

import contextlib
import json
import os
import selectors
import signal
import subprocess
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import IO

from promptverdict.sandbox import seccomp
from promptverdict.sandbox.bubblewrap_options import (
    bubblewrap_options,
    find_masked_folders,
    prlimit,
)
from promptverdict.sandbox.commands import explain_refusal, streams
from promptverdict.sandbox.diagnosis import build_start_error
from promptverdict.sandbox.interface import NOTHING, Finished, Mount
from promptverdict.sandbox.limits import DEFAULT_LIMITS, Limits
from promptverdict.sandbox.python import GuestPython
from promptverdict.sandbox.trial_folders import WORKSPACE, TrialFolders, reopen_folders
from promptverdict.sandbox.watchdog import follow, open_process

_DYING_SECONDS = 10.0


class Bubblewrap:
    """A fresh bubblewrap for each command: no network, no host files, no privileges.

    bubblewrap dies with the thread that started it: run must be called from one that waits.
    """

    kind = "bubblewrap"

    def __init__(self, program: str, guest: GuestPython, limits: Limits = DEFAULT_LIMITS) -> None:
        self.python = guest.python
        self.pytest = guest.pytest
        self._program = program
        self._guest = guest
        self._limits = limits
        self._filter = seccomp.program()
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

        Raises SandboxError when it could not be run, and GivenUp once its folders is given up;
        whatever the command does is a Finished.
        """
        if refusal := explain_refusal([*argv, cwd]):
            return Finished(126, refusal, None, 0.0, truncated=False)
        started = time.monotonic()
        # A folder that the command before has removed is the agent's affair, not the sandbox's.
        elsewhere = [] if cwd == WORKSPACE else ["env", f"--chdir={cwd}"]
        command = [*prlimit(self._limits), *elsewhere, *argv]
        options = bubblewrap_options(self._guest.root, self._masked, folders, mounts, environment)
        try:
            with _bubble(self._program, options, self._filter, command, folders.owner) as bubble:
                try:
                    output, stopped = follow(bubble.process, folders, self._limits, timeout)
                finally:
                    exit_code = bubble.end()
        except OSError as error:
            raise build_start_error(str(error)) from error
        reopen_folders(folders)
        if stopped is None and exit_code is None:
            raise build_start_error(output.text().strip() or "it ended without a word")
        return output.finished(None if stopped else exit_code, stopped, started)


@dataclass
class _Bubble:
    """A bubblewrap at work; first watches the first process of its namespace."""

    process: subprocess.Popen[bytes]
    status: IO[str]
    first: int | None

    def end(self) -> int | None:
        """Kill what is left, wait until all of it is dead, and tell the command's exit code."""
        if self.first is None:
            self.process.kill()
        else:
            # A namespace dies with its first process, and that one only after all the others.
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.first, signal.SIGKILL)
        try:
            self.process.wait(_DYING_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.first is not None and not _readable(self.first, _DYING_SECONDS):
            raise build_start_error("its processes do not die")
        told = [json.loads(line) for line in self.status]
        return next((int(line["exit-code"]) for line in told if "exit-code" in line), None)


@contextlib.contextmanager
def _bubble(
    program: str,
    options: Sequence[str],
    filter_: bytes,
    command: Sequence[str],
    owner: int | None,
) -> Iterator[_Bubble]:
    ours, theirs = os.pipe()
    with os.fdopen(ours) as status, os.fdopen(theirs, "wb") as told, _memory_file(filter_) as calls:
        fds = ("--seccomp", str(calls.fileno()), "--json-status-fd", str(told.fileno()))
        # In a file: a command line can be read from inside.
        with _memory_file("\0".join([*options, *fds, ""]).encode()) as file:
            process = subprocess.Popen(
                [program, "--args", str(file.fileno()), "--", *command],
                # And so can what bubblewrap is started with, which is therefore nothing.
                env={},
                cwd="/",
                pass_fds=(file.fileno(), calls.fileno(), told.fileno()),
                **streams(owner),
            )
        told.close()
        with process:
            first = _first_process(status.readline())
            try:
                yield _Bubble(process, status, first)
            finally:
                process.kill()
                if first is not None:
                    os.close(first)


def _memory_file(content: bytes) -> IO[bytes]:
    file = os.fdopen(os.memfd_create("options"), "wb+")
    file.write(content)
    file.seek(0)
    return file


def _first_process(line: str) -> int | None:
    """Hold on to the process that bubblewrap names, or to none if it could not start one."""
    return open_process(json.loads(line)["child-pid"]) if "child-pid" in line else None


def _readable(descriptor: int, seconds: float) -> bool:
    with selectors.DefaultSelector() as ready:
        ready.register(descriptor, selectors.EVENT_READ)
        return bool(ready.select(seconds))
