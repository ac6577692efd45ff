"""What holds for every command, protected or not: environment, streams, longest argument."""

from __future__ import annotations

import functools
import os
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from promptverdict.sandbox.python_packages import MOUNT as PYTHON_MOUNT
from promptverdict.sandbox.trial_folders import HOME

ENVIRONMENT = {
    "PATH": f"{PYTHON_MOUNT}/bin:/usr/bin:/bin",
    "HOME": HOME,
    "USER": "agent",
    "LOGNAME": "agent",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
    "TZ": "UTC",
    # Compiled files would be in every recorded tree.
    "PYTHONDONTWRITEBYTECODE": "1",
    "GIT_CONFIG_NOSYSTEM": "1",
    # There is no terminal: what waits for a key would wait until it is stopped.
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PAGER": "cat",
    "PAGER": "cat",
}

_SYSTEM_PATH = "/usr/bin:/bin:/usr/sbin:/sbin"

_LONGEST_ARGUMENT = 128 * 1024 - 1
"""Bytes of one argument that Linux takes (MAX_ARG_STRLEN, less the NUL at its end)."""


def explain_refusal(argv: Sequence[str]) -> str | None:
    """Return why the kernel would not take a command that an agent wrote, None if it would."""
    for argument in argv:
        if "\0" in argument:
            return "the command contains a NUL character"
        try:
            size = len(os.fsencode(argument))
        except UnicodeEncodeError:
            return "the command is not valid text"
        if size > _LONGEST_ARGUMENT:
            return f"the command has {size} bytes, and {_LONGEST_ARGUMENT} is the limit"
    return None


def build_stream_options() -> dict[str, Any]:
    """Return what Popen needs so that a command has no input, no terminal and one output."""
    return {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
        # Ctrl-C must reach the harness alone: a command that died of it would look like a broken
        # one, and its trial would be kept.
        "start_new_session": True,
    }


def build_command_for_user(
    owner: int | None, argv: Sequence[str]
) -> tuple[list[str], dict[str, Any]]:
    """Return what Popen needs to run a command as a user, None for the harness's own.

    Root never runs an agent's command: /proc/sys/kernel/core_pattern, which names a program that
    the host runs, could be written from inside.
    """
    if owner is None:
        return list(argv), {}
    if (setpriv := _find_setpriv()) is None:
        return list(argv), {"user": owner, "group": owner, "extra_groups": ()}
    # Popen copies all of this process's memory maps before it changes the user, and takes a hundred
    # times as long as for a command that it may start without.
    return [setpriv, f"--reuid={owner}", f"--regid={owner}", "--clear-groups", "--", *argv], {}


@functools.cache
def _find_setpriv() -> str | None:
    """Find the program of util-linux; busybox has another one of its name."""
    found = shutil.which("setpriv", path=_SYSTEM_PATH)
    return found if found and Path(found).resolve().name == "setpriv" else None
