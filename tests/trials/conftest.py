"""A folder of results with three runs of one trial each."""

from __future__ import annotations

from pathlib import Path

import pytest
from promptverdict.settings import Settings
from promptverdict.trials.store import Run

from tests.report.made import record

NAMES = ["20260101T000000.000000Z", "20260102T000000.000000Z", "20260203T000000.000000Z"]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    for name in NAMES:
        run = Run.create(tmp_path, Settings(), {"s/c::a/b#0": "0" * 16}, name)
        run.save(record())
        run.finish(whole=name != NAMES[1])
    return tmp_path
