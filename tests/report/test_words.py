"""Facts of a trial are counted, and what is not known is not counted as nothing."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from promptverdict.report.words import format_age
from promptverdict.trials.metrics import (
    count_calls,
    count_files_changed,
    count_test_runs,
    count_turns,
    describe_ending,
    sum_usage,
)
from promptverdict.trials.provenance import describe_origin
from promptverdict.trials.record import Fault
from promptverdict.trials.transcript import Answered, End, Result, Usage, User
from promptverdict.trials.tree import Change

from tests.cases import try_cases
from tests.report.made import EVENTS, PROVENANCE, record

counted_test_runs = count_test_runs


def test_turns_calls_and_test_runs_are_counted() -> None:
    assert (count_turns(EVENTS), count_calls(EVENTS), counted_test_runs(EVENTS)) == (2, 2, 1)
    assert (count_turns(()), count_calls(()), counted_test_runs(())) == (0, 0, 0)


def test_a_file_counts_once_and_what_nobody_wrote_does_not() -> None:
    paths = ["a.py", "a.py", "b/c.py", ".git/HEAD", "b/__pycache__/c.pyc"]
    changes = [Change(path=path, text="") for path in paths]
    changes += [Change(path="b", kind="folder"), Change(path="d.py", kind="deleted")]
    results = [Result(call="t", text="", changes=(change,)) for change in changes]
    assert count_files_changed(tuple(results)) == 3


@try_cases(
    ("answers", "total"),
    [
        ([Usage(input=1, output=2), Usage(input=3, output=4)], Usage(input=4, output=6)),
        ([Usage(input=1, output=2), Usage(output=4)], Usage(output=6)),
        ([Usage(input=0, output=0)], Usage(input=0, output=0)),
        ([Usage()], Usage()),
        ([], Usage(input=0, output=0, cache_read=0, cache_write=0)),
        (
            [Usage(input=1, output=2), Usage(input=1, output=1, estimated=True)],
            Usage(input=2, output=3, estimated=True),
        ),
    ],
)
def test_tokens_are_added_up_unless_one_answers_are_unknown(
    answers: list[Usage], total: Usage
) -> None:
    assert sum_usage(tuple(Answered(model="m", stop="done", usage=one) for one in answers)) == total


@try_cases(
    ("end", "told"),
    [
        (End(reason="done"), "done"),
        (End(reason="limit", detail="turns"), "limit turns"),
        (End(reason="length", detail="max_tokens"), "length max_tokens"),
        (End(reason="refusal", detail="refusal"), "refusal"),
        (User(text="x"), "unfinished"),
    ],
)
def test_an_ending_is_told_without_saying_a_word_twice(end: End, told: str) -> None:
    assert describe_ending(record(end)) == told


def test_a_fault_is_an_ending_whatever_happened_before() -> None:
    assert describe_ending(record(fault=Fault(kind="X", message="x", exit_code=4))) == "fault"


def test_evidence_is_told_by_who_answered() -> None:
    assert describe_origin(PROVENANCE) == "relay: Ann, by hand"
    live = PROVENANCE.model_copy(update={"evidence": "live", "operator": None, "answered": "m-1"})
    assert describe_origin(live) == "live: m-1"
    assert describe_origin(live.model_copy(update={"answered": ""})) == "live"
    assert describe_origin(None) == "none"


@try_cases(
    ("days", "told"),
    [
        (0, "today"),
        (0.99, "today"),
        (1, "1 day old"),
        (2.5, "2 days old"),
        (-0.5, "today"),
        (-1, "1 day in the future"),
        (-30, "30 days in the future"),
    ],
)
def test_evidence_ages_by_whole_days(days: float, told: str) -> None:
    now = datetime(2026, 1, 1, 12, tzinfo=UTC) + timedelta(days=days)
    assert format_age(PROVENANCE, now) == told
    assert format_age(None, now) == ""
