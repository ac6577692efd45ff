"""Runs commands with no sandbox around them, for hosts that have none."""

from __future__ import annotations

import contextlib
import os
import platform
import re
import signal
import subprocess
import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

from promptverdict.core.errors import SandboxError
from promptverdict.sandbox.commands import (
    ENVIRONMENT,
    build_command_for_user,
    build_stream_options,
    explain_refusal,
)
from promptverdict.sandbox.interface import NOTHING, Finished, Mount
from promptverdict.sandbox.limits import DEFAULT_LIMITS, Limits
from promptverdict.sandbox.python import find_guest_python
from promptverdict.sandbox.python_packages import MOUNT as PYTHON_MOUNT
from promptverdict.sandbox.report_channel import NAME, GuestProgram, open_channel
from promptverdict.sandbox.trial_folders import WORKSPACE, TrialFolders, reopen_folders
from promptverdict.sandbox.watchdog import Watchdog, follow_process


class Unprotected:
    """No sandbox: commands run on the host, as the harness's user unless that is root."""

    kind = "none"
    image: str | None = None

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        if os.name != "posix":
            raise SandboxError(
                "Commands of agents need bash and process groups, which Windows does not have.\n"
                "Record in WSL or in a container.\n"
                "Replay works here."
            )
        self._limits = limits
        self._guest = find_guest_python() if platform.system() == "Linux" else None
        self.python = platform.python_version()
        self.pytest = self._guest.pytest if self._guest else version("pytest")

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
        """Run one command, with the paths of the sandbox in it replaced by the host's."""
        if refusal := explain_refusal([*argv, cwd]):
            return Finished(126, refusal, None, 0.0, truncated=False)
        started = time.monotonic()
        names = folders.written | {mount.target: mount.source for mount in mounts}
        added = {name: _use_host_paths(value, names) for name, value in environment.items()}
        watchdog = Watchdog(folders, self._limits)
        command = [_use_host_paths(argument, names) for argument in argv]
        command, dropped = build_command_for_user(folders.owner, command)
        try:
            process = subprocess.Popen(
                command,
                env=self._build_environment(folders) | added,
                cwd=_use_host_paths(cwd, names),
                **build_stream_options(),
                **dropped,
            )
        except OSError as error:
            reason = _use_sandbox_paths(f"{error.filename}: {error.strerror}", names)
            # 127 is what a shell ends with for a command that is not there.
            return Finished(127, reason, None, 0.0, truncated=False)
        with open_channel(folders.channel, self._find_program(folders)) as channel, process:
            # Kills the group alone: a command that makes a session of its own escapes. There is no
            # namespace here that would hold it.
            try:
                captured, stopped = follow_process(process, watchdog, timeout, channel)
            finally:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
        reopen_folders(folders)
        # Popen returns -9 for a process that signal 9 ended, a shell 137.
        exit_code = process.returncode if process.returncode >= 0 else 128 - process.returncode
        finished = captured.build_finished(None if stopped else exit_code, stopped, started)
        output = _use_sandbox_paths(finished.output, names)
        return replace(finished, output=output, reports=tuple(channel.reports) if channel else ())

    def _find_program(self, folders: TrialFolders) -> GuestProgram | None:
        """Return what a run of pytest looks like; None where no plugin reports it."""
        if self._guest is None:
            return None
        scripts = {str(folders.root / "bin" / "pytest"), str(self._guest.root / "bin" / "pytest")}
        return GuestProgram(self._guest.root / "bin" / "python3", frozenset(scripts))

    def _build_environment(self, folders: TrialFolders) -> dict[str, str]:
        programs = [str(Path(sys.executable).parent)]
        if self._guest:
            # The script's first line names the interpreter where the sandbox would show it.
            script = (self._guest.root / "bin" / "pytest").read_text(encoding="utf-8")
            own = folders.root / "bin" / "pytest"
            own.parent.mkdir(exist_ok=True)
            own.write_text(script.replace(PYTHON_MOUNT, str(self._guest.root)), encoding="utf-8")
            own.chmod(0o755)
            programs = [str(own.parent), str(self._guest.root / "bin")]
        return ENVIRONMENT | {
            "PATH": ":".join([*programs, "/usr/local/bin", "/usr/bin", "/bin"]),
            "HOME": str(folders.home),
            "TMPDIR": str(folders.tmp),
            "SESSION_REPORT_SOCKET": str(folders.channel / NAME),
            "SESSION_REPORT_TREE": str(folders.workspace),
        }


def _use_host_paths(text: str, names: Mapping[str, Path]) -> str:
    """Replace paths as the sandbox would show them by paths of the host."""
    # The longest first: /workspace must not be replaced within /workspace/data, a mount of its own.
    known = "|".join(re.escape(name) for name in sorted(names, reverse=True))
    return re.sub(rf"(?<![\w./-])({known})(?![\w.-])", lambda match: str(names[match[1]]), text)


def _use_sandbox_paths(text: str, names: Mapping[str, Path]) -> str:
    for name, path in names.items():
        text = text.replace(str(path), name)
    return text
