"""Short texts for values that reports show: tokens, prices and ages."""

from __future__ import annotations

import re
from collections.abc import Collection
from datetime import UTC, datetime

from promptverdict.core.text import format_count
from promptverdict.trials.prices import Cost
from promptverdict.trials.provenance import Provenance
from promptverdict.trials.transcript import Usage


def format_tokens(used: Usage) -> str:
    """Write how many tokens were used, marked `~` where somebody estimated them."""
    if used.input is None or used.output is None:
        return "unknown"
    return f"{'~' * used.estimated}{used.input + used.output:,}"


def format_cost(cost: Cost | None) -> str:
    """Write an amount with the day of its prices."""
    return f"{cost} at the prices of {cost.as_of}" if cost else "price unknown"


def format_age(provenance: Provenance | None, now: datetime | None = None) -> str:
    """Write how old a recording is, in days; empty where there is none."""
    if provenance is None:
        return ""
    return format_time_since(provenance.recorded, now or datetime.now(UTC))


def format_ages(moments: Collection[str], now: datetime) -> str:
    """Write the age of the newest and of the oldest of some recordings; there is at least one.

    moments: when they were made.
    """
    return format_age_range(max(moments), min(moments), now)


def format_age_range(newest: str, oldest: str, now: datetime) -> str:
    """Write how long ago the newest and the oldest of some moments were: `1 to 6 days old`."""
    first, last = format_time_since(newest, now), format_time_since(oldest, now)
    return last if first == last else f"{re.sub(' days? old$', '', first)} to {last}"


def format_time_since(moment: str, now: datetime) -> str:
    """Write how long ago a moment in UTC (2026-01-31T12:00:00Z) was, in whole days.

    A moment in the future reads as today unless it is a day away or more: clocks differ by less.
    """
    passed = now - datetime.fromisoformat(moment)
    days = abs(passed).days
    if not days:
        return "today"
    return f"{format_count(days, 'day')} {'old' if passed.days > 0 else 'in the future'}"
