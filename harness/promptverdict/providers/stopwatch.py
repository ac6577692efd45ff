"""How long one trial may take of its model and its tools; waiting for a provider is not counted."""

from __future__ import annotations

import time
from collections.abc import Callable

from promptverdict.core.errors import TimeLimitReached


class Stopwatch:
    """Adds up the seconds of answers and calls. Belongs to one trial.

    Requests that failed, pauses between them and people who answer by hand are not counted: they
    say nothing about the agent. seconds: the limit; None is none.
    """

    def __init__(
        self, seconds: float | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._limit, self._used, self.clock = seconds, 0.0, clock

    @property
    def left(self) -> float | None:
        """Seconds that are left, not negative; None where there is no limit."""
        return None if self._limit is None else max(0.0, self._limit - self._used)

    @property
    def used(self) -> float:
        """Seconds that were counted so far."""
        return self._used

    def add(self, began: float) -> None:
        """Count what was begun at a time of the clock and has ended now."""
        self._used += self.clock() - began

    def check(self) -> None:
        """Raise TimeLimitReached where nothing is left."""
        if self.left == 0.0:
            raise TimeLimitReached(f"the trial's {self._limit:g} seconds are used up")
