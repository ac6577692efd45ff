"""What one run records, no other one records meanwhile."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest
from promptverdict.core.errors import InputError
from promptverdict.runner.recording_locks import RecordingLocks

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="Windows has no such locks")


@pytest.fixture
def scenarios(tmp_path: Path) -> list[Path]:
    paths = [tmp_path / f"{name}.yaml" for name in "abc"]
    for path in paths:
        path.write_text("x")
    return paths


def test_another_run_is_refused_what_is_being_recorded_and_nothing_else(
    scenarios: list[Path],
) -> None:
    first, second, third = RecordingLocks(), RecordingLocks(), RecordingLocks()
    first.take(scenarios)
    first.keep(scenarios[:1])
    second.take(scenarios)
    second.keep(scenarios[1:])
    assert not second.has(scenarios[0])
    assert second.has(scenarios[1])
    third.take(scenarios)
    with pytest.raises(InputError) as caught:
        third.keep(scenarios)
    told = str(caught.value)
    assert (
        f"a.yaml: process {os.getpid()} is recording or judging it and 2 more; both would pay"
        in told
    )
    assert told.endswith(f"wait for its end, or stop it: kill {os.getpid()}")
    first.close()
    second.close()
    third.take(scenarios)
    third.close()


def test_too_few_open_files_are_told_and_leave_no_lock(
    scenarios: list[Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    real = os.open

    def refuse(path: Path, *more: int) -> int:
        if path == scenarios[2]:
            raise OSError(24, os.strerror(24))
        return real(path, *more)

    monkeypatch.setattr(os, "open", refuse)
    locks = RecordingLocks()
    with pytest.raises(InputError, match="cannot be locked"):
        locks.take(scenarios)
    monkeypatch.undo()
    other = RecordingLocks()
    other.take(scenarios)
    other.keep(scenarios)
    other.close()
