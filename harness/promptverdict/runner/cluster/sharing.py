"""The desk as a trial on another machine sees it: the throttle and the purse that it expects."""

from __future__ import annotations

from collections.abc import AsyncIterator, Awaitable
from contextlib import asynccontextmanager
from typing import Any, Protocol

from promptverdict.core.errors import HarnessError, ProviderError
from promptverdict.providers.throttle import Patience, Throttle
from promptverdict.runner.budget import Budget, Purse, expect_usage
from promptverdict.runner.cluster.desk import Route, Turn
from promptverdict.trials.prices import Price
from promptverdict.trials.protocols import Model
from promptverdict.trials.transcript import Answered, Block, Event, Usage


class DeskCalls(Protocol):
    """How a worker reaches the desk."""

    def ask(self, method: str, *arguments: Any) -> Awaitable[Any]:
        """Call a method of the desk."""
        ...

    def tell(self, method: str, *arguments: Any) -> None:
        """Call a method of the desk, and do not wait for it; calls keep their order."""
        ...

    def ask_now(self, method: str, *arguments: Any) -> Any:
        """Call a method of the desk from code that cannot await; holds up the event loop."""
        ...


class SharedThrottle(Throttle):
    """The throttle of all machines, for the requests of one trial."""

    def __init__(
        self, desk: DeskCalls, ticket: int, route: Route, patience: Patience | None = None
    ) -> None:
        super().__init__(patience)
        self._desk, self._ticket, self._route = desk, ticket, route

    @asynccontextmanager
    async def hold_turn(self) -> AsyncIterator[int]:
        """Wait until a request may be in flight; yield its round. Raises ProviderError."""
        turn: Turn | ProviderError = await self._desk.ask("take_turn", self._ticket, self._route)
        if isinstance(turn, ProviderError):
            raise turn
        self.is_answered = turn.is_answered
        try:
            yield turn.round
        finally:
            self._desk.tell("give_back_turn", self._ticket, turn.number)

    def succeed(self) -> None:
        """Note an answer."""
        self.is_answered = True
        self._desk.tell("succeed", self._route)

    def fail(self) -> bool:
        """Note a request without an answer; return whether no trial had one for too long."""
        # Rare, and its answer decides whether all machines stop: it must not be an older one.
        return bool(self._desk.ask_now("fail", self._route))

    def slow_down(self, round_: int, pause: float | None) -> None:
        """Note that the provider has too much to do."""
        self._desk.tell("slow_down", self._route, round_, pause)

    def stop(self, error: HarnessError) -> None:
        """Let nothing more be asked, on any machine."""
        super().stop(error)
        self._desk.tell("stop", self._route, error)


class SharedPurse(Purse):
    """What one trial may spend of the budget of all machines."""

    def __init__(self, desk: DeskCalls, ticket: int) -> None:
        super().__init__(Budget())
        self._desk, self._ticket = desk, ticket

    def watch(self, model: Model, price: Price | None) -> Model:
        """Return the model with each of its answers checked before and counted after."""
        return _SharedModel(self._desk, self._ticket, model, price)


class _SharedModel:
    def __init__(self, desk: DeskCalls, ticket: int, model: Model, price: Price | None) -> None:
        self._desk, self._ticket, self._model, self._price = desk, ticket, model, price
        self._last: Usage | None = None

    async def answer(self, events: tuple[Event, ...]) -> tuple[tuple[Block, ...], Answered]:
        opening = 0 if self._last else await self._desk.ask("find_longest_opening", 0)
        expected = expect_usage(events, self._last, opening)
        reached = await self._desk.ask("check_answer", self._ticket, self._price, expected)
        if reached:
            raise reached
        blocks, answered = await self._model.answer(events)
        if self._last is None:
            await self._desk.ask("find_longest_opening", answered.usage.input or 0)
        self._last = answered.usage
        await self._desk.ask("count_answer", self._ticket, self._price, self._last)
        return blocks, answered
