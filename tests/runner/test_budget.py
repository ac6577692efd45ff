"""A run stops recording before it costs more than it may, and cuts no trial off."""

from __future__ import annotations

import asyncio
from datetime import date

from promptverdict.core.errors import BudgetReached
from promptverdict.runner.budget import Budget
from promptverdict.trials.prices import Cost, Price, compute_cost
from promptverdict.trials.transcript import Answered, Block, Event, Result, Usage, User, add_usages


def cost(amount: float) -> Cost:
    return Cost(amount=amount, currency="USD", as_of=date(2026, 1, 1))


def run(budget: Budget, *costs: Cost | None) -> tuple[list[str], int]:
    """Run trials at once; give how each ended, and how many ran at the same time at most."""
    running, most = 0, 0

    async def trial(each: Cost | None) -> str:
        nonlocal running, most
        async with budget.reserve() as purse:
            if purse.refused:
                return str(purse.refused)
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
        async with budget.reserve() as purse:
            return [str(purse.refused)]

    assert asyncio.run(both()) == ["None"]


PRICE = Price(as_of=date(2026, 1, 1), input=1_000, output=10_000)
"""Of a thousand tokens read, 1; of a hundred written, 1."""


class Scripted:
    """A model whose answers take what they are told to, and in which others go on meanwhile."""

    def __init__(self, *usages: tuple[int, int]) -> None:
        self.left = [Usage(input=read, output=written) for read, written in usages]

    async def answer(self, events: tuple[Event, ...]) -> tuple[tuple[Block, ...], Answered]:
        await asyncio.sleep(0)
        return (), Answered(model="m", stop="calls", usage=self.left.pop(0))


async def talk(budget: Budget, *usages: tuple[int, int], result: str = "") -> str:
    """Run one trial whose answers take so much; return how it ended."""
    used: list[Usage] = []
    async with budget.reserve() as purse:
        if purse.refused:
            return str(purse.refused)
        model, events = purse.watch(Scripted(*usages), PRICE), [User(text="Go on.")]
        ended = "ran"
        try:
            for _ in usages:
                _, answered = await model.answer(tuple(events))
                used.append(answered.usage)
                events += [answered, Result(call="1", text=result)]  # type: ignore[list-item]
        except BudgetReached as stopped:
            ended = str(stopped)
        budget.spend(compute_cost(add_usages(used), PRICE))
        return ended


def test_trials_that_grow_dearer_are_stopped_before_the_limit() -> None:
    budget = Budget(10)

    async def all_of_them() -> list[str]:
        first = await talk(budget, (500, 50))
        dear = [(500 * (turn + 1), 50) for turn in range(8)]
        return [
            first,
            *await asyncio.gather(*[talk(budget, *dear, result="x" * 1_350) for _ in range(4)]),
        ]

    ended = asyncio.run(all_of_them())
    assert ended[0] == "ran"
    assert any(text.startswith("stopped by the budget: ") for text in ended)
    assert budget.total <= 10


def test_what_a_result_adds_to_the_conversation_counts_before_it_is_read() -> None:
    budget = Budget(10)
    ended = asyncio.run(talk(budget, (500, 50), (9_500, 50), result="x" * 30_000))
    assert ended.startswith("stopped by the budget: 1.00 of 10.00 is spent, and the next answer")
    assert budget.total == 1.0


def test_a_refusal_adds_up_and_names_what_is_in_flight() -> None:
    budget = Budget(3.5)

    async def third() -> str:
        await talk(budget, (1_000, 0))
        second = asyncio.ensure_future(talk(budget, (500, 0), (500, 0)))
        await asyncio.sleep(0)
        fourth = asyncio.ensure_future(talk(budget, (500, 0), (500, 0)))
        await asyncio.sleep(0)
        refused = await talk(budget, *[(900, 0)] * 3)
        await asyncio.gather(second, fourth)
        return refused

    assert asyncio.run(third()).splitlines()[0] == (
        "not recorded: 1.00 of 3.50 is spent, 2 trials in flight may take 2.00,"
        " and one more may cost 1.00"
    )
    assert budget.total == 3.0


def test_amounts_of_a_small_budget_can_be_added_up() -> None:
    ended, _ = run(Budget(0.01), cost(0.0061), cost(0.001))
    assert ended[1].splitlines()[0] == (
        "not recorded: 0.0061 of 0.0100 is spent, and one more may cost 0.0061"
    )
