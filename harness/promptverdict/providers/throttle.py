"""How the trials of one run share a provider: how many ask at once, and when none may ask at all.

The number of requests in flight is halved when the provider has too much to do and grows by one
after each full round of answers, as TCP does it: it settles where the provider can follow, and 50
trials that were refused together do not come back together.
"""

from __future__ import annotations

import asyncio
import random
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass

from promptverdict.core.errors import HarnessError, RefusedByProvider


@dataclass(frozen=True)
class Patience:
    """How long one request is tried; times in seconds. An answer that is taken starts it anew."""

    retries: int = 10
    """Enough for some five minutes of full backoff, which most outages end within."""
    waiting: float = 600.0
    """All waits of one request together, and so the longest that a provider can tell it to wait:
    minute limits are over by then, and what takes longer is better recorded another day."""
    first: float = 1.0
    longest: float = 60.0
    """The first wait is drawn from 0 to `first`, each next one from twice that, up to `longest`."""
    connect: float = 30.0
    """Ten times what the slowest connection takes."""
    answer: float = 1800.0
    """From the request to the answer's last byte: twice what the longest answers take."""

    def compute_wait(self, retry: int, asked: float | None, chance: float) -> float:
        """Return the wait before a retry, the first of which is 0, in seconds.

        asked: what the provider asked for; it is waited for, and never less than by ourselves, or a
        provider that says 0 would be asked without a pause. chance: from 0 to 1.
        """
        own = chance * min(self.longest, self.first * 2.0 ** min(retry, 30))
        return max(own, min(asked or 0.0, self.waiting))


class Throttle:
    """What the requests of one run know of each other. Belongs to one event loop."""

    def __init__(
        self,
        patience: Patience | None = None,
        *,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], Awaitable[object]] = asyncio.sleep,
        chance: Callable[[], float] = random.random,
    ) -> None:
        self.patience = patience or Patience()
        self._refused: HarnessError | None = None
        self._clock, self._sleep, self._chance = clock, sleep, chance
        self._running, self._successes = 0, 0
        self._limit: int | None = None
        self._round = 0
        self._paused_until = 0.0
        self._unanswered_since: float | None = None
        self.is_answered = False
        """Whether anything was ever answered."""
        self._changed = asyncio.Event()

    @asynccontextmanager
    async def hold_turn(self) -> AsyncIterator[int]:
        """Wait until a request may be in flight; yield its round, which `slow_down` asks for.

        Raises RefusedByProvider, also while it waits, once the run was stopped.
        """
        await self._wait_for_room()
        self._running += 1
        try:
            yield self._round
        finally:
            self._running -= 1
            self._notify_waiting()

    def succeed(self) -> None:
        """Note an answer: after as many as may be in flight, one more may."""
        self._unanswered_since = None
        self.is_answered = True
        self._successes += 1
        # One more for each whole round, as TCP does it: quicker would run into the limit again.
        if self._limit is not None and self._successes >= self._limit:
            self._limit, self._successes = self._limit + 1, 0

    def fail(self) -> bool:
        """Note a request without an answer.

        Return whether no trial had one for as long as a request may wait: what lasts so long is
        no bad luck of a single trial.
        """
        now = self._clock()
        if self._unanswered_since is None:
            self._unanswered_since = now
        return now - self._unanswered_since >= self.patience.waiting

    def slow_down(self, round_: int, pause: float | None) -> None:
        """Note that the provider has too much to do, and may have said for how many seconds.

        Requests that were in flight together are refused together, which halves only once.
        """
        # Requests of one round were sent before the first of them was refused: they say it once.
        if round_ == self._round:
            self._round += 1
            self._limit, self._successes = max(1, self._running // 2), 0
        pause = min(pause or 0.0, self.patience.waiting)
        self._paused_until = max(self._paused_until, self._clock() + pause)

    def stop(self, error: HarnessError) -> None:
        """Let nothing more be asked in this run; the first reason is kept."""
        self._refused = self._refused or error
        self._notify_waiting()

    def build_stop(self) -> RefusedByProvider | None:
        """Return on one line why nothing more is asked in this run, if that is so."""
        if self._refused is None:
            return None
        reason = str(self._refused).partition("\n")[0]
        return RefusedByProvider(f"not asked, since the run was stopped: {reason}")

    def draw_wait(self, retry: int, asked: float | None) -> float:
        """Draw the wait before a retry (see `Patience.compute_wait`)."""
        return self.patience.compute_wait(retry, asked, self._chance())

    async def sleep(self, seconds: float) -> None:
        """Let time pass."""
        await self._sleep(seconds)

    async def _wait_for_room(self) -> None:
        while True:
            if stopped := self.build_stop():
                raise stopped
            pause = self._paused_until - self._clock()
            if pause > 0:
                await self._sleep(pause)
            elif self._limit is not None and self._running >= self._limit:
                await self._changed.wait()
            else:
                return

    def _notify_waiting(self) -> None:
        """Let all who wait look again, in the order they came."""
        # A new event: whoever waits for the old one is woken once and looks again.
        self._changed.set()
        self._changed = asyncio.Event()
