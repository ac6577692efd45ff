"""A little of the soak: some faults of the process, and a few kills at random moments."""

from __future__ import annotations

import random
import signal
import sys
from pathlib import Path

import pytest

from tests.soak.faults import FAULTS
from tests.soak.kills import record_through_stops
from tests.soak.lab import open_lab
from tests.soak.table import Fault, render_table

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="looks into /proc"),
    pytest.mark.e2e,
]

SHORT = {
    "kill -9 of the harness",
    "fsync fails in results/",
    "a second run",
    "kill between two renames",
}
"""Faults that take a second, and that no other test makes happen."""


@pytest.mark.parametrize(
    "each", [each for each in FAULTS if each.name in SHORT], ids=lambda each: each.name
)
def test_what_is_specified_for_a_fault_holds(each: Fault, programs: Path) -> None:
    each.happen([str(programs / "python")])


def test_the_table_holds_thirty_faults_and_more_each_with_what_is_specified() -> None:
    assert len({each.name for each in FAULTS}) == len(FAULTS) >= 30
    assert all(each.specified for each in FAULTS)
    assert {each.name for each in FAULTS} >= SHORT


def test_the_documentation_holds_the_table() -> None:
    text = (Path(__file__).parents[2] / "docs/process-faults.md").read_text(encoding="utf-8")
    assert render_table(FAULTS) in text


def test_a_recording_comes_to_its_end_through_kills_and_loses_nothing(programs: Path) -> None:
    stops = (signal.SIGKILL, signal.SIGKILL, signal.SIGINT, signal.SIGTERM)
    with open_lab(python=[str(programs / "python")], scenarios=4, latency=0.01) as lab:
        tally = record_through_stops(lab, 4, 3, stops, random.Random(7), ("--concurrency", "2"))
    assert tally.is_clean, str(tally)
    assert tally.stops
