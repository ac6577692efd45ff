"""A run stops recording before it costs more than it may, and cuts no trial off."""

from __future__ import annotations

import asyncio
from datetime import date

from promptverdict.core.errors import BudgetReached
from promptverdict.runner.budget import Budget
from promptverdict.trials.prices import Cost


def cost(amount: float) -> Cost:
    return Cost(amount=amount, currency="USD", as_of=date(2026, 1, 1))


def run(budget: Budget, *costs: Cost | None) -> tuple[list[str], int]:
    """Run trials at once; give how each ended, and how many ran at the same time at most."""
    running, most = 0, 0

    async def trial(each: Cost | None) -> str:
        nonlocal running, most
        async with budget.reserve() as refused:
            if refused:
                return str(refused)
            running += 1
            most = max(most, running)
            await asyncio.sleep(0)
            running -= 1
            budget.spend(each)
            return "ran"

    async def all_() -> list[str]:
        return await asyncio.gather(*map(trial, costs))

    return asyncio.run(all_()), most


def test_without_a_limit_all_run_at_once() -> None:
    assert run(Budget(), *[cost(9)] * 5) == (["ran"] * 5, 5)


def test_no_trial_begins_that_would_cost_more_than_there_is() -> None:
    ended, _ = run(Budget(10), *[cost(3)] * 6)
    assert ended.count("ran") == 3
    assert ended[-1].startswith("not recorded: ")


def test_the_first_trial_runs_alone_since_nobody_knows_what_one_costs() -> None:
    ended, most = run(Budget(10), cost(11), *[cost(1)] * 5)
    assert ended.count("ran") == 1
    assert most == 1


def test_what_costs_nothing_never_ends() -> None:
    assert run(Budget(1), *[cost(0)] * 4)[0] == ["ran"] * 4


def test_an_unknown_cost_ends_recording() -> None:
    ended, _ = run(Budget(10), None, cost(1))
    assert ended == ["ran", str(BudgetReached(ended[1]))]
    assert "the cost of a trial is unknown" in ended[1]


def test_a_trial_that_breaks_gives_its_room_back() -> None:
    budget = Budget(10)

    async def broken() -> None:
        async with budget.reserve():
            raise RuntimeError

    async def both() -> list[str]:
        await asyncio.gather(broken(), return_exceptions=True)
        async with budget.reserve() as refused:
            return [str(refused)]

    assert asyncio.run(both()) == ["None"]
