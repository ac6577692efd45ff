"""What holds for every command, protected or not: its environment, its streams, what it may be."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Sequence
from typing import Any

from promptverdict.sandbox.python_build import MOUNT as PYTHON_MOUNT
from promptverdict.sandbox.trial_folders import HOME

ENVIRONMENT = {
    "PATH": f"{PYTHON_MOUNT}/bin:/usr/bin:/bin",
    "HOME": HOME,
    "USER": "agent",
    "LOGNAME": "agent",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
    "TZ": "UTC",
    "PYTHONDONTWRITEBYTECODE": "1",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PAGER": "cat",
    "PAGER": "cat",
}


def explain_refusal(argv: Sequence[str]) -> str | None:
    """Say why the kernel would not take a command that an agent wrote."""
    for argument in argv:
        if "\0" in argument:
            return "the command contains a NUL character"
        try:
            size = len(os.fsencode(argument))
        except UnicodeEncodeError:
            return "the command is not valid text"
        if size > 128 * 1024 - 1:
            return f"the command has {size} bytes, and 131071 is the limit"
    return None


def streams(owner: int | None) -> dict[str, Any]:
    """Give a command nothing to read, one stream for all that it says, and no terminal."""
    given = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
        # Ctrl-C reaches the harness alone: a command that died of it would look like a broken one.
        "start_new_session": True,
    }
    # Root never runs an agent's command: the kernel's core pattern could be written from inside.
    dropped = {} if owner is None else {"user": owner, "group": owner, "extra_groups": ()}
    return given | dropped
