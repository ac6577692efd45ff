"""How much recording may cost: no trial begins, and no answer is asked for, beyond the limit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from promptverdict.core.errors import BudgetReached
from promptverdict.core.text import format_count
from promptverdict.trials.prices import Cost, Price, compute_cost
from promptverdict.trials.protocols import Model
from promptverdict.trials.transcript import Answered, Block, Event, Result, Usage, User

CHARACTERS = 3
"""Fewest characters that make a token, roughly: what is read next is rather over-estimated."""

_HOW_ON = "\n  the end of the run says how to record the rest"


class Budget:
    """What the trials of one run may cost together. Belongs to one event loop.

    most: in the currency of the price table; None is no limit. A trial takes as much as the dearest
    one so far, so no second trial begins before the first has ended. Where trials turn out dearer,
    those that run are stopped before the answer that could go beyond the limit.
    """

    def __init__(self, most: float | None = None) -> None:
        self._most = most
        self._spent, self._ended, self._dearest = 0.0, 0, 0.0
        self._running: set[Purse] = set()
        self._unknown = False
        self._longest_answer = 0
        self.longest_opening = 0
        """Most tokens that the first answer of a conversation has read."""
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def reserve(self) -> AsyncIterator[Purse]:
        """Reserve money for one trial while the block runs; the purse knows why there is none."""
        if self._most is None:
            yield Purse(self)
            return
        # Nobody knows what a trial costs before one has ended, so the first one runs alone.
        while self._running and not self._ended:
            self._changed.clear()
            await self._changed.wait()
        purse = Purse(self, self._find_refusal(self._most))
        if purse.refused:
            yield purse
            return
        self._running.add(purse)
        try:
            yield purse
        finally:
            self._running.discard(purse)
            self._changed.set()

    def spend(self, cost: Cost | None, resumed: float = 0.0) -> None:
        """Count what a trial has cost; an unknown cost ends recording: no limit could hold.

        resumed: how much of it an earlier run had paid for.
        """
        amount = cost.amount if cost else 0.0
        self._ended += 1
        self._spent += max(0.0, amount - resumed)
        self._dearest = max(self._dearest, amount)
        self._unknown |= cost is None

    def count_lost(self, purse: Purse) -> None:
        """Count what a trial had spent, and was about to, that will never end."""
        # An answer that was on its way is paid for, whether or not anybody got it.
        self._spent += purse.spent + purse.pending
        purse.spent = purse.pending = 0.0

    @property
    def total(self) -> float:
        """What all trials have spent so far, those that run among them."""
        return self._spent + sum(running.spent for running in self._running)

    def check_answer(self, purse: Purse, price: Price | None, usage: Usage) -> None:
        """Raise BudgetReached where an answer that reads so much could go beyond the limit."""
        if self._most is None or purse not in self._running:
            return
        # Providers count what is written only afterwards: the longest answer so far stands for it.
        longest = usage.model_copy(update={"output": self._longest_answer})
        cost = compute_cost(longest, price)
        expected = cost.amount if cost else 0.0
        others = sum(other.spent + other.pending for other in self._running - {purse})
        if self._spent + others + purse.spent + expected > self._most:
            spent, most = self._format(self.total), self._format(self._most)
            raise BudgetReached(
                f"stopped by the budget: {spent} of {most} is spent, and the next answer may cost"
                f" {self._format(expected)}{_HOW_ON}"
            )
        purse.pending = expected

    def count_answer(self, purse: Purse, price: Price | None, usage: Usage) -> None:
        """Count what an answer has cost, until its trial ends and is counted as a whole."""
        cost = compute_cost(usage, price)
        amount = cost.amount if cost else 0.0
        if purse.is_resuming:
            purse.resumed += amount
        else:
            purse.spent += amount
        purse.is_resuming = False
        purse.pending = 0.0
        self._longest_answer = max(self._longest_answer, usage.output or 0)

    def _find_refusal(self, most: float) -> BudgetReached | None:
        if self._unknown:
            return BudgetReached(f"not recorded: the cost of a trial is unknown{_HOW_ON}")
        flight = sum(max(self._dearest, one.spent + one.pending) for one in self._running)
        if self._spent < most and self._spent + flight + self._dearest <= most:
            return None
        amounts = [f"{self._format(self._spent)} of {self._format(most)} is spent"]
        if self._running:
            trials = format_count(len(self._running), "trial")
            amounts.append(f"{trials} in flight may take {self._format(flight)}")
        amounts.append(f"and one more may cost {self._format(self._dearest)}")
        return BudgetReached(f"not recorded: {', '.join(amounts)}{_HOW_ON}")

    def _format(self, amount: float) -> str:
        # Two digits more than the limit's first one, so that the amounts can be added up.
        digits, size = 2, self._most or 1.0
        while size < 1:
            digits, size = digits + 1, size * 10
        return f"{amount:.{digits}f}"


class Purse:
    """What one trial has spent while it runs; refused: why it must not begin."""

    def __init__(self, budget: Budget, refused: BudgetReached | None = None) -> None:
        self._budget, self.refused = budget, refused
        self.spent = 0.0
        self.pending = 0.0
        """What the answer that was asked for may cost."""
        self.resumed = 0.0
        """What an earlier run had paid for."""
        self.answers_resumed = 0
        """How many answers that was."""
        self.is_resuming = False

    def note_resumed(self) -> None:
        """Note that the answer which comes next was paid for by an earlier run."""
        self.is_resuming = True
        self.answers_resumed += 1

    def watch(self, model: Model, price: Price | None) -> Model:
        """Return the model with each of its answers checked before and counted after."""
        return _WatchedModel(self._budget, self, model, price)


class _WatchedModel:
    def __init__(self, budget: Budget, purse: Purse, model: Model, price: Price | None) -> None:
        self._budget, self._purse, self._model, self._price = budget, purse, model, price
        self._last: Usage | None = None

    async def answer(self, events: tuple[Event, ...]) -> tuple[tuple[Block, ...], Answered]:
        opening = self._budget.longest_opening
        expected = expect_usage(events, self._last, opening)
        self._budget.check_answer(self._purse, self._price, expected)
        blocks, answered = await self._model.answer(events)
        if self._last is None:
            opening = answered.usage.input or 0
            self._budget.longest_opening = max(self._budget.longest_opening, opening)
        self._last = answered.usage
        self._budget.count_answer(self._purse, self._price, self._last)
        return blocks, answered


def expect_usage(events: tuple[Event, ...], last: Usage | None, opening: int) -> Usage:
    """Return what the next answer reads: what the last one read and wrote, and what came.

    last: of the last answer, None before the first one; opening: most tokens that any first answer
    has read.
    """
    came = 0
    for event in reversed(events):
        if isinstance(event, Answered):
            break
        came += len(event.text) if isinstance(event, Result | User) else 0
    read = came // CHARACTERS
    if last:
        read += (last.input or 0) + (last.output or 0)
    else:
        read = max(read, opening)
    return Usage(input=read, output=0)
