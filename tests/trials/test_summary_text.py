"""A summary comes back from its line of JSON as it was."""

from __future__ import annotations

from datetime import date

from promptverdict.trials.integrity import Integrity, Leak
from promptverdict.trials.prices import Cost
from promptverdict.trials.record import Fault
from promptverdict.trials.summary import summarise_trial
from promptverdict.trials.summary_text import format_summary, parse_summary

from tests.report.made import record


def test_a_summary_comes_back_as_it_was() -> None:
    leaks = (Leak(event=3, source="solutions/a/answer.md", words="half a \ud800 character"),)
    for made in (
        record(),
        record(
            revision="abc",
            notices=("helper/base runs without the tools that it lists: none is offered",),
            required=("kind", "terse"),
            cost=Cost(amount=0.1, currency="USD", as_of=date(2026, 1, 1)),
            fault=Fault(kind="BrokenRecording", message="a\tb\nc", exit_code=5),
            integrity=Integrity(state="tainted", leaks=leaks),
            seconds=0.1 + 0.2,
        ),
        record(provenance=None, integrity=Integrity(state="unknown", why="no reason")),
    ):
        summary = summarise_trial(made)
        text = format_summary(summary)
        again = parse_summary(text)
        assert again == summary
        assert again.provenance == summary.provenance
        assert not {"\t", "\n"} & set(text)
        # Summaries of one run share what is alike, wherever they come from.
        assert again.compatible is summary.compatible
        assert again.outcomes is summary.outcomes
