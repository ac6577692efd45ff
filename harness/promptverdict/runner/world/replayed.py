"""A trial out of its recording: nothing is executed and nothing asked of the network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

from promptverdict.core.errors import BrokenRecording, TimeLimitReached
from promptverdict.core.paths import display_path
from promptverdict.recording.cassette import Tape, TapeTransport, open_tape
from promptverdict.recording.files import Head, Sealed, World
from promptverdict.runner.world.base import TrialWorld
from promptverdict.trials.evidence import FinalState
from promptverdict.trials.transcript import Call, Event, Result

OUT_OF_TIME = "the trial's seconds were used up here when it was recorded"


@asynccontextmanager
async def open_replayed_world(sealed: Sealed) -> AsyncIterator[TrialWorld]:
    """Play a recording. Raises EvidenceError where it does not serve."""
    keeper = SealedKeeper(sealed)
    with open_tape(keeper, replay=True) as tape:
        yield _Replayed(sealed, tape)


def has_ended_in_time(sealed: Sealed) -> bool:
    """Return whether a trial ended because its time was used up, at a moment no replay can time."""
    return sealed.head.end == "limit seconds"


class _EndingTransport(TapeTransport):
    """Plays a recording that ends where its trial's time was used up."""

    def __init__(self, tape: Tape) -> None:
        super().__init__(tape)
        self._ending = tape

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        if self._ending.is_played_out:
            raise TimeLimitReached(OUT_OF_TIME)
        return await super().handle_async_request(request)


class ReplayedTools:
    """Answers calls with the results that were recorded, in their order."""

    def __init__(self, world: World, where: str, *, ended_in_time: bool = False) -> None:
        self._results, self._where, self._ended_in_time = list(world.results), where, ended_in_time

    async def run(self, call: Call) -> Result:
        """Return the next result.

        Raises BrokenRecording when it belongs to another call, and TimeLimitReached where the
        trial's time was used up before this call.
        """
        if not self._results and self._ended_in_time:
            raise TimeLimitReached(OUT_OF_TIME)
        if not self._results or self._results[0].call != call.id:
            raise BrokenRecording(
                f"{self._where}: the next result belongs to another call than {call.id}\n"
                "  promptverdict changed since; record it again with --record stale"
            )
        return self._results.pop(0)

    def check_all_played(self) -> None:
        """Raise BrokenRecording if results are left over."""
        if self._results:
            raise BrokenRecording(
                f"{self._where}: {len(self._results)} results are left over at the end\n"
                "  promptverdict changed since; record it again with --record stale"
            )


class _Replayed:
    def __init__(self, sealed: Sealed, tape: Tape) -> None:
        self._sealed, self._tape = sealed, tape
        self._world = sealed.read_world()
        self.transport: httpx2.AsyncBaseTransport = TapeTransport(tape)
        ended_in_time = has_ended_in_time(sealed)
        if ended_in_time:
            self.transport = _EndingTransport(tape)
        where = display_path(sealed.location.world)
        self.tools = ReplayedTools(self._world, where, ended_in_time=ended_in_time)

    def finish(self, events: tuple[Event, ...]) -> tuple[Head, FinalState]:  # noqa: ARG002
        self._tape.finish()
        self.tools.check_all_played()
        return self._sealed.head, FinalState(start=self._world.start, notes=self._world.notes)


class SealedKeeper:
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
