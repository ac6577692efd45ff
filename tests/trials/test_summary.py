"""A summary says what its record says, and holds nothing of the transcript."""

from __future__ import annotations

import gc
import tracemalloc
import weakref
from datetime import date

from promptverdict.trials.grade import failed, passed, ungraded
from promptverdict.trials.integrity import Integrity
from promptverdict.trials.prices import Cost
from promptverdict.trials.record import Fault, TrialRecord
from promptverdict.trials.summary import TrialSummary, summarise_trial
from promptverdict.trials.transcript import Usage

from tests.report.made import PROVENANCE, graded, record

PRICE = Cost(amount=0.5, currency="USD", as_of=date(2026, 1, 1))
SAME = (
    *("key", "suite", "scenario", "variant", "trial", "revision", "compatible", "integrity"),
    *("replayed", "seconds", "required", "fault", "cell", "id", "provenance", "cost"),
)


def test_a_summary_says_what_its_record_says() -> None:
    grades = (graded(passed("Yes.")), graded(failed("No."), "brief"), graded(ungraded("?"), "kind"))
    tried = record(
        grades=grades,
        trial=2,
        revision="0123",
        compatible={"sandbox": "none", "toolset": 3},
        integrity=Integrity(state="clean"),
        cost=PRICE,
        required=("polite",),
    )
    summary = summarise_trial(tried)
    for field in SAME:
        assert getattr(summary, field) == getattr(tried, field), field
    assert summary.outcomes == (("polite", "pass"), ("brief", "fail"), ("kind", "ungraded"))
    assert summary.used == Usage(input=2300, output=234)
    assert (summary.turns, summary.calls, summary.test_runs, summary.files_changed) == (2, 2, 1, 1)
    assert (summary.has_transcript, summary.ending) == (True, "done")


def test_what_broke_is_kept_with_its_reason() -> None:
    fault = Fault(kind="ProviderError", message="it failed", exit_code=4)
    broken = record(fault=fault, provenance=None)
    empty = broken.model_copy(
        update={"evidence": broken.evidence.model_copy(update={"events": ()})}
    )
    summary = summarise_trial(empty)
    assert (summary.fault, summary.provenance, summary.cost) == (fault, None, None)
    assert (summary.has_transcript, summary.ending) == (False, "fault")


def test_a_record_can_go_once_it_is_summarised() -> None:
    records = [record(trial=number) for number in range(8)]
    held = [weakref.ref(each.evidence.task) for each in records]
    summaries = list(map(summarise_trial, records))
    del records
    gc.collect()
    assert all(reference() is None for reference in held)
    assert len(summaries) == 8


def test_a_summary_takes_less_than_a_kilobyte_though_trials_share_no_second_and_no_price() -> None:
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


def take(number: int) -> TrialSummary:
    """Summarise a trial that was read from the disk, where nothing is shared yet."""
    moment = f"2026-01-01T12:{number // 60:02d}:{number % 60:02d}Z"
    written = record(
        key=f"{number:016x}",
        trial=number,
        provenance=PROVENANCE.model_copy(update={"recorded": moment}),
        grades=(graded(passed("Yes.")), graded(failed("No."), "brief")),
        cost=PRICE.model_copy(update={"amount": number / 7}),
        seconds=number / 3,
    ).model_dump_json()
    return summarise_trial(TrialRecord.model_validate_json(written))
