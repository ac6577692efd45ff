"""Shells in a sandbox, and what the tests ask of them."""

from __future__ import annotations

import contextlib
import shutil
import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from promptverdict.sandbox import Sandbox, TrialFolders
from promptverdict.sandbox.bubblewrap import Bubblewrap
from promptverdict.sandbox.interface import Finished
from promptverdict.sandbox.limits import Limits

NEEDS_BUBBLEWRAP = [
    pytest.mark.skipif(shutil.which("bwrap") is None, reason="needs bubblewrap"),
    pytest.mark.skipif(sys.platform != "linux", reason="needs Linux"),
]

Shell = Callable[..., Finished]


def shell(sandbox: Sandbox, folders: TrialFolders) -> Shell:
    def run(script: str, *, timeout: float = 20, **options: object) -> Finished:
        argv = ["bash", "--noprofile", "--norc", "-c", script]
        return sandbox.run(argv, folders, timeout=timeout, **options)  # type: ignore[arg-type]

    return run


def limited(sandbox: Sandbox, folders: TrialFolders, limits: Limits) -> Shell:
    """A shell in the same sandbox, with other limits."""
    assert isinstance(sandbox, Bubblewrap)
    return shell(Bubblewrap(sandbox._program, sandbox._guest, limits), folders)


def python(code: str) -> str:
    return f"python3 - <<'END'\n{code}\nEND\n"


def is_running(marker: str) -> bool:
    for folder in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (folder / "cmdline").read_bytes() == f"sleep\0{marker}\0".encode():
                return True
    return False


def wait_until(true: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 10
    while not true():
        assert time.monotonic() < deadline
        time.sleep(0.02)
