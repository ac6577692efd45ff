"""How much recording may cost: trials begin only while the money will last for them."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from promptverdict.core.errors import BudgetReached
from promptverdict.trials.prices import Cost


class Budget:
    """What the trials of one run may cost together. Belongs to one event loop.

    most: in the currency of the price table; None is no limit. A trial that has begun is never cut
    off, since its answers are paid for. The mean of the ended trials is expected of the others, so
    no second trial begins before the first has ended.
    """

    def __init__(self, most: float | None = None) -> None:
        self._most = most
        self._spent, self._ended, self._running = 0.0, 0, 0
        self._unknown = False
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def reserve(self) -> AsyncIterator[BudgetReached | None]:
        """Reserve money for one trial while the block runs; yields why there is none."""
        if self._most is None:
            yield None
            return
        # Nobody knows what a trial costs before one has ended, so the first one runs alone.
        while self._running and not self._ended:
            self._changed.clear()
            await self._changed.wait()
        if refused := self._find_refusal(self._most):
            yield refused
            return
        self._running += 1
        try:
            yield None
        finally:
            self._running -= 1
            self._changed.set()

    def spend(self, cost: Cost | None) -> None:
        """Count what a trial has cost; an unknown cost ends recording: no limit could hold."""
        self._ended += 1
        self._spent += cost.amount if cost else 0.0
        self._unknown |= cost is None

    def _find_refusal(self, most: float) -> BudgetReached | None:
        each = self._spent / self._ended if self._ended else 0.0
        if self._unknown:
            why = "the cost of a trial is unknown"
        elif self._spent + (self._running + 1) * each > most or self._spent >= most:
            why = f"{self._spent:.4g} of {most:.4g} are spent, and a trial costs about {each:.4g}"
        else:
            return None
        return BudgetReached(
            f"not recorded: {why}\n  the end of the run says how to record the rest"
        )
