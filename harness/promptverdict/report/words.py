"""Plain facts of a trial that need no grader: how long, how much, how it ended, how old it is."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import UTC, datetime

from promptverdict.guest.treehash import counts
from promptverdict.trials.prices import Cost
from promptverdict.trials.record import Provenance, TrialRecord
from promptverdict.trials.transcript import (
    Answered,
    Call,
    End,
    Event,
    Result,
    Simulated,
    Usage,
    added,
)


def turns(events: tuple[Event, ...]) -> int:
    """How many answers the model gave."""
    return sum(isinstance(event, Answered) for event in events)


def calls(events: tuple[Event, ...]) -> int:
    """How many tools the agent called."""
    return sum(isinstance(event, Call) for event in events)


def test_runs(events: tuple[Event, ...]) -> int:
    """How many processes of pytest reported."""
    return sum(len(event.tests) for event in events if isinstance(event, Result))


def files_changed(events: tuple[Event, ...]) -> int:
    """How many different files the agent's calls touched, version control and caches aside."""
    return len(
        {
            change.path
            for event in events
            if isinstance(event, Result)
            for change in event.changes
            if counts(change.path) and change.kind != "folder"
        }
    )


def usage(events: tuple[Event, ...]) -> Usage:
    """Tokens of a whole trial; unknown as soon as one answer's are."""
    return added(event.usage for event in events if isinstance(event, Answered | Simulated))


def tokens(used: Usage) -> str:
    """Write how many tokens were used, marked `~` where somebody estimated them."""
    if used.input is None or used.output is None:
        return "unknown"
    return f"{'~' * used.estimated}{used.input + used.output:,}"


def priced(cost: Cost | None) -> str:
    """Write an amount with the day of its prices."""
    return f"{cost} at the prices of {cost.as_of}" if cost else "price unknown"


def ending(record: TrialRecord) -> str:
    """How the trial ended, in a word or two."""
    if record.fault:
        return "fault"
    ends = [event for event in record.evidence.events if isinstance(event, End)]
    return ended(ends[-1]) if ends else "unfinished"


def ended(end: End) -> str:
    """An ending in a word or two; the provider's word is told where it is not ours too."""
    return end.reason if end.detail in ("", end.reason) else f"{end.reason} {end.detail}"


def origin(provenance: Provenance | None) -> str:
    """How the evidence came about: `relay: claude, answering by relay`.

    Nobody answered where the first request of all was too long already.
    """
    if provenance is None:
        return "none"
    who = provenance.operator or provenance.answered
    return f"{provenance.evidence}: {who}" if who else provenance.evidence


def age(provenance: Provenance | None, now: datetime | None = None) -> str:
    """How old the evidence is."""
    return since(provenance.recorded, now or datetime.now(UTC)) if provenance else ""


def spanned(newest: str, oldest: str, now: datetime) -> str:
    """How long ago the newest and the oldest of some moments were: `1 to 6 days old`."""
    first, last = since(newest, now), since(oldest, now)
    return last if first == last else f"{re.sub(' days? old$', '', first)} to {last}"


def since(moment: str, now: datetime) -> str:
    """How long a moment in UTC (2026-01-31T12:00:00Z) has passed, in days.

    One in the future is told as such from a day on: clocks differ by less.
    """
    passed = now - datetime.fromisoformat(moment)
    days = abs(passed).days
    if not days:
        return "today"
    noun = "1 day" if days == 1 else f"{days} days"
    return f"{noun} old" if passed.days > 0 else f"{noun} in the future"


def bare(compatible: Mapping[str, str | int]) -> str:
    """Say where tools ran without a sandbox, to be put behind where the evidence comes from."""
    return ", without a sandbox" if compatible.get("sandbox") == "none" else ""
