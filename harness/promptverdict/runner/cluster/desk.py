"""What the workers of one run must agree on: the budget, and how they share a provider.

One desk lies beside the process that was started. Every request of every worker asks it first, so
that a limit holds for all machines together and a refusal seen by one of them stops all.
"""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from itertools import count
from typing import Literal

from promptverdict.core.errors import BudgetReached, HarnessError, ProviderError
from promptverdict.providers.throttle import Patience, Throttle
from promptverdict.runner.budget import Budget, Purse
from promptverdict.trials.prices import Cost, Price
from promptverdict.trials.transcript import Usage

Route = Literal["agent", "judge"]
"""Whom a request is for: a judge that is refused stops no trial."""


@dataclass(frozen=True)
class Turn:
    """Leave to have one request in flight."""

    number: int
    round: int
    """Of the throttle, when leave was given."""
    is_answered: bool
    """Whether anything was ever answered, on any machine."""


@dataclass
class _Visitor:
    """One trial that runs somewhere."""

    purse: Purse
    leaving: AsyncExitStack
    turns: dict[int, AsyncExitStack] = field(default_factory=dict)


class Desk:
    """The budget and the throttles of one run. Belongs to one event loop.

    most: what the run may cost, as for Budget.
    """

    def __init__(self, most: float | None, patience: Patience | None = None) -> None:
        self._budget = Budget(most)
        self._throttles: dict[Route, Throttle] = {
            "agent": Throttle(patience),
            "judge": Throttle(patience),
        }
        self._visitors: dict[int, _Visitor] = {}
        self._numbers = count()

    async def begin(self, ticket: int) -> HarnessError | None:
        """Let a trial begin, or return why it must not; waits while the first one shows its cost.

        ticket: of one attempt at one trial.
        """
        leaving = AsyncExitStack()
        purse = await leaving.enter_async_context(self._budget.reserve())
        if refused := self._throttles["agent"].build_stop() or purse.refused:
            await leaving.aclose()
            return refused
        self._visitors[ticket] = _Visitor(purse, leaving)
        return None

    async def end(self, ticket: int, cost: Cost | None) -> None:
        """Count what a trial that ended has cost."""
        self._budget.spend(cost)
        await self._leave(self._visitors.pop(ticket))

    async def lose(self, ticket: int) -> None:
        """Count what a trial had spent whose worker was lost; it holds no turn any more."""
        visitor = self._visitors.pop(ticket, None)
        if visitor:
            self._budget.count_lost(visitor.purse)
            await self._leave(visitor)

    async def check_answer(
        self, ticket: int, price: Price | None, usage: Usage
    ) -> BudgetReached | None:
        """Return why an answer that reads so much must not be asked for, if that is so."""
        visitor = self._visitors.get(ticket)
        if visitor is None:
            return BudgetReached("not asked: the trial was given up, and began anew elsewhere")
        try:
            self._budget.check_answer(visitor.purse, price, usage)
        except BudgetReached as reached:
            return reached
        return None

    async def count_answer(self, ticket: int, price: Price | None, usage: Usage) -> None:
        """Count what an answer has cost."""
        if visitor := self._visitors.get(ticket):
            self._budget.count_answer(visitor.purse, price, usage)

    async def find_longest_opening(self, tokens: int) -> int:
        """Return the most tokens that the first answer of a conversation read; tokens: one more."""
        self._budget.longest_opening = max(self._budget.longest_opening, tokens)
        return self._budget.longest_opening

    async def take_turn(self, ticket: int, route: Route) -> Turn | ProviderError:
        """Wait until a request may be in flight; return why none may, once the run was stopped."""
        throttle, turn = self._throttles[route], AsyncExitStack()
        try:
            round_ = await turn.enter_async_context(throttle.hold_turn())
        except ProviderError as stopped:
            return stopped
        visitor = self._visitors.get(ticket)
        if visitor is None:
            await turn.aclose()
            return ProviderError("not asked: the trial was given up, and began anew elsewhere")
        number = next(self._numbers)
        visitor.turns[number] = turn
        return Turn(number, round_, throttle.is_answered)

    async def give_back_turn(self, ticket: int, number: int) -> None:
        """Let another request be in flight."""
        visitor = self._visitors.get(ticket)
        if visitor and (turn := visitor.turns.pop(number, None)):
            await turn.aclose()

    async def succeed(self, route: Route) -> None:
        """Note an answer."""
        self._throttles[route].succeed()

    async def fail(self, route: Route) -> bool:
        """Note a request without an answer; return whether no trial had one for too long."""
        return self._throttles[route].fail()

    async def slow_down(self, route: Route, round_: int, pause: float | None) -> None:
        """Note that the provider has too much to do."""
        self._throttles[route].slow_down(round_, pause)

    async def stop(self, route: Route, error: ProviderError) -> None:
        """Let nothing more be asked, on any machine."""
        self._throttles[route].stop(error)

    async def _leave(self, visitor: _Visitor) -> None:
        for turn in visitor.turns.values():
            await turn.aclose()
        await visitor.leaving.aclose()
