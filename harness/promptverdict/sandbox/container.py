"""Runs each command in a fresh container, and makes sure that it is gone afterwards."""

from __future__ import annotations

import contextlib
import secrets
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import IO

from promptverdict.core.errors import SandboxError
from promptverdict.sandbox.commands import build_stream_options, explain_refusal
from promptverdict.sandbox.container_diagnosis import build_engine_error
from promptverdict.sandbox.container_engine import Engine
from promptverdict.sandbox.container_options import (
    STARTED,
    build_command,
    build_container_options,
    list_mounts,
)
from promptverdict.sandbox.container_python import ImagePython
from promptverdict.sandbox.interface import NOTHING, Finished, Mount
from promptverdict.sandbox.limits import DEFAULT_LIMITS, Limits, Stopped
from promptverdict.sandbox.python_packages import MOUNT as PYTHON_MOUNT
from promptverdict.sandbox.report_channel import GuestProgram, is_supported, open_channel
from promptverdict.sandbox.trial_folders import WORKSPACE, TrialFolders, reopen_folders
from promptverdict.sandbox.watchdog import Watchdog, follow_process

_ENDING_SECONDS = 30.0
"""How long a killed container may take to end, and its engine to say so."""
_ORPHAN_SECONDS = 60.0
"""Beyond its timeout, when a command ends that nobody watches any more."""


class Container:
    """A fresh container for each command: no network, no host files, no privileges, one image."""

    def __init__(
        self, engine: Engine, image: str, guest: ImagePython, limits: Limits = DEFAULT_LIMITS
    ) -> None:
        self.kind: str = engine.kind
        self.image: str | None = image
        self.python = guest.python
        self.pytest = guest.pytest
        self._engine = engine
        self._digest = image
        self._guest = guest
        self._limits = limits
        scripts = frozenset({f"{PYTHON_MOUNT}/bin/pytest"})
        program = GuestProgram(Path(guest.program), scripts, is_inside=True)
        self._program = program if is_supported() else None

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
        chdir = [] if cwd == WORKSPACE else ["env", f"--chdir={cwd}"]
        ends_after = timeout + _ORPHAN_SECONDS
        command = build_command([*chdir, *argv], environment, ends_after=ends_after)
        seen = list_mounts(self._guest.root, folders, mounts)
        options = build_container_options(self._engine.kind, folders, self._limits, seen)
        watchdog = Watchdog(folders, self._limits)
        with (
            open_channel(folders.channel, self._program) as channel,
            start_container(self._engine, [*options, self._digest, *command]) as running,
        ):
            output, stopped = follow_process(running.process, watchdog, timeout, channel)
            if stopped is None:
                exit_code, stopped = running.read_end()
            reports = tuple(channel.reports) if channel else ()
        reopen_folders(folders)
        finished = output.build_finished(None if stopped else exit_code, stopped, started)
        return replace(finished, reports=reports)


class RunningContainer:
    """A container that was asked for, and the engine's process that waits for it."""

    def __init__(
        self, engine: Engine, name: str, process: subprocess.Popen[bytes], words: IO[bytes]
    ) -> None:
        self.process = process
        self._engine = engine
        self._name = name
        self._words = words

    def read_end(self) -> tuple[int | None, Stopped | None]:
        """Return the command's exit code, and "memory" where the kernel ended a process for it.

        Raises SandboxError where no command ran to its end.
        """
        state = self._engine.read_state(self._name)
        words = self._read_words()
        has_ended = state is not None and state.get("Status") in ("exited", "stopped")
        if state is None or not has_ended or STARTED not in words:
            raise build_engine_error(self._engine.kind, words)
        if state.get("OOMKilled"):
            return None, "memory"
        return int(state["ExitCode"]), None

    def end(self) -> None:
        """Kill the container, and wait until it is removed and the engine's process has ended.

        Raises SandboxError where it does not die.
        """
        if self.process.poll() is not None and self._engine.remove([self._name]):
            return
        if self.process.stdout is not None:
            # It may be writing to a full pipe that nobody reads any more, and would wait for ever.
            self.process.stdout.close()
        deadline = time.monotonic() + _ENDING_SECONDS
        while self.process.poll() is None:
            # The process may only now be making the container: then there is none to remove yet.
            self._engine.remove([self._name])
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(0.2)
            if time.monotonic() > deadline:
                self.process.kill()
        if self._engine.read_state(self._name) is not None:
            self._engine.remove([self._name])
        if self._engine.read_state(self._name) is not None:
            raise SandboxError(
                f"The container {self._name} does not end.\n"
                "A command of an agent may still run in it; its trial is not kept.\n"
                f"End it by hand: {self._engine.kind} rm --force {self._name}"
            )

    def _read_words(self) -> str:
        self._words.seek(0)
        return self._words.read(1 << 16).decode("utf-8", "replace").strip()


@contextlib.contextmanager
def start_container(engine: Engine, arguments: Sequence[str]) -> Iterator[RunningContainer]:
    """Start a container; nothing of it is left when the context ends. Raises SandboxError."""
    name = f"promptverdict-{secrets.token_hex(8)}"
    with tempfile.TemporaryFile() as words:
        # What the engine itself has to say stays apart from the command's output.
        streams = build_stream_options() | {"stderr": words}
        try:
            argv = [engine.program, "run", "--name", name, *arguments]
            process = subprocess.Popen(argv, **streams)
        except OSError as error:
            raise build_engine_error(engine.kind, str(error)) from error
        with process:
            running = RunningContainer(engine, name, process, words)
            try:
                yield running
            finally:
                running.end()
