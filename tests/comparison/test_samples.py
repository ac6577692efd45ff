"""A sample says what its record says, and keeps nothing of the transcript alive."""

from __future__ import annotations

import gc
import sys
import tracemalloc
import weakref
from datetime import date

from promptverdict.comparison.fingerprint import MEASURES
from promptverdict.comparison.samples import Sample
from promptverdict.trials.prices import Cost
from promptverdict.trials.record import TrialRecord

from tests.compared import BASE, FAULT, TERSE, trial
from tests.report.made import PROVENANCE

PRICE = Cost(amount=0.5, currency="USD", as_of=date(2026, 1, 1))


def test_a_sample_says_what_its_record_says() -> None:
    record = trial(BASE, "s0", 2, {"kind": "+", "brief": "?"}, cost=PRICE)
    told = Sample.of(record)
    same = ("key", "suite", "scenario", "variant", "trial", "digest", "compatible", "fault")
    for field in same:
        assert getattr(told, field) == getattr(record, field)
    assert (told.provenance, told.money) == (PROVENANCE, "USD 2026-01-01")
    assert dict(told.outcomes) == {"kind": "pass", "brief": "ungraded"}
    assert dict(zip(MEASURES, told.measures, strict=True))["price"] == 0.5


def test_what_broke_is_kept_with_its_reason() -> None:
    told = Sample.of(trial(BASE, "s0", 0, None))
    assert (told.fault, told.provenance, told.money) == (FAULT, None, "")


def test_a_record_can_go_once_its_sample_is_taken() -> None:
    records = [trial(BASE, "s0", number, {"kind": "+"}) for number in range(8)]
    held = [weakref.ref(record.evidence.task) for record in records]
    samples = [Sample.of(record) for record in records]
    del records
    gc.collect()
    # The last two trials' trees are remembered for whoever looks at them next, and no others.
    assert sum(one() is not None for one in held) <= 4
    assert len(samples) == 8


def test_what_trials_of_a_cell_share_is_held_once() -> None:
    one, other = (Sample.of(trial(TERSE, "s0", number, {"kind": "+"})) for number in (0, 1))
    assert one.digest is other.digest
    assert one.outcomes is other.outcomes
    assert one.provenance is other.provenance
    assert one.provenance is not None
    assert all(a is b for a, b in zip(one.measures, other.measures, strict=True))
    assert sys.getsizeof(one.measures) < 1000


def test_a_sample_takes_less_than_a_kilobyte() -> None:
    tracemalloc.start()
    try:
        held = [take(number) for number in range(50)]
        before = tracemalloc.get_traced_memory()[0]
        held += [take(number) for number in range(50, 550)]
        taken = (tracemalloc.get_traced_memory()[0] - before) / 500
    finally:
        tracemalloc.stop()
    assert len(held) == 550
    assert taken < 1000


def take(number: int) -> Sample:
    """Take the sample of a trial that was read from the disk, where nothing is shared yet."""
    written = trial(TERSE, "s0", number, {"kind": "+"}).model_dump_json()
    return Sample.of(TrialRecord.model_validate_json(written))
