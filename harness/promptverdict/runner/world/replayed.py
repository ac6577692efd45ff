"""A trial out of its recording: nothing is executed and nothing asked of the network."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx2

from promptverdict.core.errors import BrokenRecording
from promptverdict.core.paths import display_path
from promptverdict.recording.cassette import Tape, TapeTransport, open_tape
from promptverdict.recording.files import Head, Sealed, World
from promptverdict.runner.world.base import TrialWorld
from promptverdict.trials.evidence import FinalState
from promptverdict.trials.transcript import Call, Event, Result


@asynccontextmanager
async def open_replayed_world(sealed: Sealed) -> AsyncIterator[TrialWorld]:
    """Play a recording. Raises EvidenceError where it does not serve."""
    keeper = SealedKeeper(sealed)
    with open_tape(keeper, replay=True) as tape:
        yield _Replayed(sealed, tape)


class ReplayedTools:
    """Answers calls with the results that were recorded, in their order."""

    def __init__(self, world: World, where: str) -> None:
        self._results, self._where = list(world.results), where

    async def run(self, call: Call) -> Result:
        """Return the next result. Raises BrokenRecording when it belongs to another call."""
        if not self._results or self._results[0].call != call.id:
            raise BrokenRecording(
                f"{self._where}: the next result belongs to another call than {call.id}\n"
                "  the harness no longer does what it did then; record again with --record stale"
            )
        return self._results.pop(0)

    def check_all_played(self) -> None:
        """Raise BrokenRecording if results are left over."""
        if self._results:
            raise BrokenRecording(f"{self._where}: {len(self._results)} results were not asked for")


class _Replayed:
    def __init__(self, sealed: Sealed, tape: Tape) -> None:
        self._sealed, self._tape = sealed, tape
        self._world = sealed.read_world()
        self.transport: httpx2.AsyncBaseTransport = TapeTransport(tape)
        self.tools = ReplayedTools(self._world, display_path(sealed.location.world))

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
