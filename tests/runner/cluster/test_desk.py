"""The desk: what holds for all machines is held in one place, and what a lost one had is freed."""

from __future__ import annotations

import asyncio
from datetime import date

from promptverdict.core.errors import BudgetReached, ProviderError, RefusedByProvider
from promptverdict.runner.cluster.desk import Desk, Turn
from promptverdict.trials.prices import Cost, Price
from promptverdict.trials.transcript import Usage

PRICE = Price(as_of=date(2026, 11, 1), input=1.0, output=1.0)
HALF = Usage(input=400_000, output=100_000)


def cost(amount: float) -> Cost:
    return Cost(amount=amount, currency="USD", as_of=date(2026, 11, 1))


def test_what_a_lost_machine_spent_counts_also_the_answer_that_was_on_its_way() -> None:
    async def play() -> object:
        desk = Desk(most=1.0)
        assert await desk.begin(0) is None
        assert await desk.check_answer(0, PRICE, Usage(input=400_000, output=0)) is None
        await desk.count_answer(0, PRICE, HALF)
        assert await desk.check_answer(0, PRICE, Usage(input=100_000, output=0)) is None
        await desk.lose(0)
        assert await desk.begin(1) is None
        return await desk.check_answer(1, PRICE, HALF)

    reached = asyncio.run(play())
    assert isinstance(reached, BudgetReached)
    assert "0.70 of 1.00 is spent" in str(reached)


def test_a_lost_machine_holds_no_turn() -> None:
    async def play() -> object:
        desk = Desk(most=None)
        await desk.begin(0)
        await desk.begin(1)
        first = await desk.take_turn(0, "agent")
        assert isinstance(first, Turn)
        await desk.slow_down("agent", first.round, None)
        waiting = asyncio.ensure_future(desk.take_turn(1, "agent"))
        await asyncio.sleep(0)
        assert not waiting.done()
        await desk.lose(0)
        return await asyncio.wait_for(waiting, 5)

    assert isinstance(asyncio.run(play()), Turn)


def test_a_worker_that_was_given_up_asks_nothing_more() -> None:
    async def play() -> tuple[object, object]:
        desk = Desk(most=None)
        await desk.begin(0)
        await desk.lose(0)
        await desk.give_back_turn(0, 0)
        await desk.count_answer(0, PRICE, HALF)
        return await desk.take_turn(0, "agent"), await desk.check_answer(0, PRICE, HALF)

    turn, reached = asyncio.run(play())
    assert isinstance(turn, ProviderError)
    assert isinstance(reached, BudgetReached)


def test_a_refusal_stops_trials_that_begin_and_requests_that_wait_but_no_judge() -> None:
    async def play() -> tuple[object, object, object]:
        desk = Desk(most=None)
        await desk.begin(0)
        await desk.stop("agent", RefusedByProvider("the key is refused"))
        refused = await desk.begin(1), await desk.take_turn(0, "agent")
        return *refused, await desk.take_turn(0, "judge")

    begin, turn, judge = asyncio.run(play())
    assert isinstance(begin, RefusedByProvider)
    assert isinstance(turn, RefusedByProvider)
    assert isinstance(judge, Turn)


def test_the_first_trial_runs_alone_where_there_is_a_limit() -> None:
    async def play() -> None:
        desk = Desk(most=1.0)
        await desk.begin(0)
        second = asyncio.ensure_future(desk.begin(1))
        await asyncio.sleep(0)
        assert not second.done()
        await desk.end(0, cost(0.1))
        assert await asyncio.wait_for(second, 5) is None

    asyncio.run(play())
