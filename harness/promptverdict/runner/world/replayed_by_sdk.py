"""A recording behind the transport of an SDK, to see whether the SDK still asks the same."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import httpx2

from promptverdict.core.errors import TimeLimitReached
from promptverdict.core.paths import display_path
from promptverdict.recording.cassette import Tape, TapeTransport, open_tape
from promptverdict.recording.files import Sealed
from promptverdict.runner.world.replayed import OUT_OF_TIME, has_ended_in_time


@contextmanager
def open_transport(sealed: Sealed) -> Iterator[tuple[TapeTransport, Callable[[], None]]]:
    """Open a recording; yield what requests go through, and what checks that all was played."""
    with open_tape(_SealedKeeper(sealed), replay=True) as tape:
        kind = _EndingTransport if has_ended_in_time(sealed) else TapeTransport
        yield kind(tape), tape.finish


class _EndingTransport(TapeTransport):
    """Plays a recording that ends where its trial's time was used up."""

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        self._ending = tape

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._ending.is_played_out:
            raise TimeLimitReached(OUT_OF_TIME)
        return await super().handle_async_request(request)


class _SealedKeeper:
    """Where a cassette reads a sealed recording from."""

    def __init__(self, sealed: Sealed) -> None:
        self._sealed = sealed
        self.where = display_path(sealed.location.http)

    def read(self) -> str:
        """Return the cassette's text."""
        return self._sealed.http

    def write(self, text: str) -> None:  # noqa: ARG002
        """Refuse: nothing is ever added to a sealed recording."""
        raise AssertionError("a replay stores nothing")
