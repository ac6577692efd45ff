"""What a trial cost, by a price table that people keep in their configuration. Unknown is no zero.

A table is dated, since prices change: every amount says which day's prices it rests on.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date

from pydantic import Field

from promptverdict.core.model import Frozen
from promptverdict.trials.transcript import Usage

MILLION = 1_000_000


class Price(Frozen):
    """What a model costs, each for a million tokens."""

    as_of: date = Field(description="The day on which these prices were looked up")
    input: float = Field(ge=0, description="Tokens read")
    output: float = Field(ge=0, description="Tokens written")
    cache_read: float | None = Field(
        default=None, ge=0, description="Tokens read from a cache (default: as any others)"
    )
    cache_write: float | None = Field(
        default=None, ge=0, description="Tokens put into a cache (default: as any others)"
    )
    currency: str = Field(default="USD", pattern=r"^[A-Z]{3}$")


class Cost(Frozen):
    """An amount of money, and the day of the prices it was reckoned with."""

    amount: float = Field(ge=0)
    currency: str
    as_of: date

    def __str__(self) -> str:
        digits = 2 if self.amount >= 1 else 4
        return f"{self.amount:,.{digits}f} {self.currency}"


def compute_cost(usage: Usage, price: Price | None) -> Cost | None:
    """Compute what tokens cost; None where the price or the tokens are unknown.

    `usage.input` holds all tokens read, those of the cache among them.
    """
    if price is None or usage.input is None or usage.output is None:
        return None
    read, written = usage.cache_read or 0, usage.cache_write or 0
    amount = (
        max(0, usage.input - read - written) * price.input
        + read * _choose_price(price.cache_read, price.input)
        + written * _choose_price(price.cache_write, price.input)
        + usage.output * price.output
    )
    return Cost(amount=amount / MILLION, currency=price.currency, as_of=price.as_of)


def add_costs(costs: Iterable[Cost | None]) -> Cost | None:
    """Add costs up; None as soon as one is unknown, or where currencies differ."""
    known = list(costs)
    first = known[0] if known else None
    if first is None or any(cost is None or cost.currency != first.currency for cost in known):
        return None
    parts = [cost for cost in known if cost is not None]
    oldest = min(cost.as_of for cost in parts)
    return Cost(amount=sum(cost.amount for cost in parts), currency=first.currency, as_of=oldest)


def _choose_price(price: float | None, otherwise: float) -> float:
    return otherwise if price is None else price
