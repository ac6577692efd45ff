"""A lock on a file that exists anyway, and who has it."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest
from promptverdict.core.file_locks import find_lock_holder, lock_file

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc")


def test_one_has_it_until_it_is_closed(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("x")
    before = path.stat()
    first = lock_file(path)
    assert first is not None
    assert lock_file(path) is None
    assert find_lock_holder(path) == os.getpid()
    os.close(first)
    again = lock_file(path)
    assert again is not None
    os.close(again)
    assert find_lock_holder(path) is None
    assert path.stat().st_mtime_ns == before.st_mtime_ns


def test_a_killed_process_leaves_no_lock(tmp_path: Path) -> None:
    path = tmp_path / "s.yaml"
    path.write_text("x")
    code = "import fcntl, os, sys; f = open(sys.argv[1]); fcntl.flock(f, 2); print(1, flush=True);"
    command = [sys.executable, "-IS", "-c", f"{code} sys.stdin.read()", str(path)]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, stdin=pipe, stdout=pipe) as process:
        assert process.stdout is not None
        process.stdout.readline()
        assert lock_file(path) is None
        assert find_lock_holder(path) == process.pid
        process.kill()
    held = lock_file(path)
    assert held is not None
    os.close(held)


def test_what_cannot_be_opened_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        lock_file(tmp_path / "none")
    assert find_lock_holder(tmp_path / "none") is None
