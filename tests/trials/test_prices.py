"""A price is reckoned from what is known, and what is not known stays unknown."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from promptverdict.trials.prices import Cost, Price, add_costs, compute_cost
from promptverdict.trials.transcript import Usage
from pydantic import ValidationError

from tests.cases import try_cases

PRICE = Price(as_of=date(2026, 1, 31), input=5.0, output=25.0)
CACHED = PRICE.model_copy(update={"cache_read": 0.5, "cache_write": 6.25})


def amount(usage: Usage, price: Price = PRICE) -> float:
    found = compute_cost(usage, price)
    assert found is not None
    return found.amount


def made(amount: float, currency: str = "USD", day: int = 1) -> Cost:
    return Cost(amount=amount, currency=currency, as_of=date(2026, 1, day))


def test_tokens_read_and_written_have_prices_of_their_own() -> None:
    assert amount(Usage(input=1_000_000, output=0)) == 5.0
    assert amount(Usage(input=0, output=1_000_000)) == 25.0
    assert amount(Usage(input=2000, output=300)) == pytest.approx(0.0175)


def test_tokens_of_the_cache_are_part_of_those_read() -> None:
    usage = Usage(input=1_000_000, output=0, cache_read=600_000, cache_write=100_000)
    assert amount(usage, CACHED) == pytest.approx(0.3 * 5 + 0.6 * 0.5 + 0.1 * 6.25)
    assert amount(usage, PRICE) == 5.0


@try_cases("usage", [Usage(), Usage(input=1), Usage(output=1)])
def test_unknown_tokens_cost_an_unknown_amount(usage: Usage) -> None:
    assert compute_cost(usage, PRICE) is None


def test_without_a_price_the_cost_is_unknown_and_not_zero() -> None:
    assert compute_cost(Usage(input=1, output=1), None) is None


def test_a_total_is_unknown_as_soon_as_one_part_is() -> None:
    assert add_costs([made(1), None]) is None
    assert add_costs([None, made(1)]) is None
    assert add_costs([]) is None
    assert add_costs([made(1), made(1, "EUR")]) is None


def test_a_total_is_as_old_as_its_oldest_price() -> None:
    assert add_costs([made(1, day=9), made(2, day=3)]) == made(3, day=3)


@try_cases(
    ("value", "told"), [(1234.5, "1,234.50 USD"), (0.01234, "0.0123 USD"), (0, "0.0000 USD")]
)
def test_small_amounts_keep_their_digits(value: float, told: str) -> None:
    assert str(made(value)) == told


@try_cases("wrong", [{"input": -1}, {"currency": "dollars"}, {"as_of": "soon"}])
def test_a_table_that_makes_no_sense_is_refused(wrong: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        Price.model_validate(PRICE.model_dump() | wrong)
