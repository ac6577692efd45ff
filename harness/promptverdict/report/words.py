"""Plain facts of a trial that need no grader: how long, how much, how it ended, how old it is."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from promptverdict.core.text import format_count
from promptverdict.trials.prices import Cost
from promptverdict.trials.provenance import Provenance
from promptverdict.trials.transcript import (
    Usage,
)


def tokens(used: Usage) -> str:
    """Write how many tokens were used, marked `~` where somebody estimated them."""
    if used.input is None or used.output is None:
        return "unknown"
    return f"{'~' * used.estimated}{used.input + used.output:,}"


def priced(cost: Cost | None) -> str:
    """Write an amount with the day of its prices."""
    return f"{cost} at the prices of {cost.as_of}" if cost else "price unknown"


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
    noun = format_count(days, "day")
    return f"{noun} old" if passed.days > 0 else f"{noun} in the future"
