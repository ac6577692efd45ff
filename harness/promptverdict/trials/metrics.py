"""Measures of a trial that need no grader: how long, how much, how it ended."""

from __future__ import annotations

from promptverdict.core.errors import BudgetReached
from promptverdict.guest.treehash import counts
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.transcript import (
    Answered,
    Call,
    End,
    Event,
    Result,
    Simulated,
    Usage,
    add_usages,
)


def count_turns(events: tuple[Event, ...]) -> int:
    """Count the answers that the model gave."""
    return sum(isinstance(event, Answered) for event in events)


def count_calls(events: tuple[Event, ...]) -> int:
    """Count the calls of tools."""
    return sum(isinstance(event, Call) for event in events)


def count_test_runs(events: tuple[Event, ...]) -> int:
    """Count the processes of pytest that reported."""
    return sum(len(event.tests) for event in events if isinstance(event, Result))


def count_files_changed(events: tuple[Event, ...]) -> int:
    """Count the different files that calls touched, version control and caches aside."""
    return len(
        {
            change.path
            for event in events
            if isinstance(event, Result)
            for change in event.changes
            if counts(change.path) and change.kind != "folder"
        }
    )


def sum_usage(events: tuple[Event, ...]) -> Usage:
    """Add up the tokens of a whole trial; unknown as soon as one answer's are."""
    return add_usages(event.usage for event in events if isinstance(event, Answered | Simulated))


def describe_ending(record: TrialRecord) -> str:
    """Write how the trial ended, in a word or two."""
    if record.fault:
        if record.fault.kind != BudgetReached.__name__:
            return "fault"
        begun = bool(record.evidence.events)
        return "stopped by the budget" if begun else "not begun for want of budget"
    ends = [event for event in record.evidence.events if isinstance(event, End)]
    return describe_end(ends[-1]) if ends else "unfinished"


def describe_end(end: End) -> str:
    """Write an ending in a word or two, with the provider's own word where it differs."""
    return end.reason if end.detail in ("", end.reason) else f"{end.reason} {end.detail}"
