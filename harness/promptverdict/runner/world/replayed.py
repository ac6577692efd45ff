"""A trial out of its recording: nothing is executed and nothing asked of the network."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from promptverdict.core.errors import BrokenRecording, TimeLimitReached
from promptverdict.core.paths import display_path
from promptverdict.providers.plain_client import Player
from promptverdict.recording.files import Head, Sealed, World
from promptverdict.recording.player import RecordingPlayer, open_player
from promptverdict.runner.world.base import TrialWorld
from promptverdict.trials.evidence import FinalState
from promptverdict.trials.transcript import Call, Event, Result

if TYPE_CHECKING:
    import httpx2

OUT_OF_TIME = "the trial's seconds were used up here when it was recorded"


@asynccontextmanager
async def open_replayed_world(
    sealed: Sealed, *, through_sdk: bool = False
) -> AsyncIterator[TrialWorld]:
    """Play a recording. Raises EvidenceError where it does not serve.

    through_sdk: whether an SDK sends the requests; it takes several times as long.
    """
    if not through_sdk:
        player = open_player(sealed)
        played = _EndingPlayer(player) if has_ended_in_time(sealed) else player
        yield _Replayed(sealed, played, player.check_all_played)
        return
    from promptverdict.runner.world.replayed_by_sdk import open_transport

    with open_transport(sealed) as (transport, check_all_played):
        yield _Replayed(sealed, transport, check_all_played)


def has_ended_in_time(sealed: Sealed) -> bool:
    """Return whether a trial ended because its time was used up, at a moment no replay can time."""
    return sealed.head.end == "limit seconds"


class _EndingPlayer(Player):
    """Plays a recording that ends where its trial's time was used up."""

    def __init__(self, player: RecordingPlayer) -> None:
        self._player = player

    def play(self, path: str, body: dict[str, Any]) -> tuple[int, bytes]:
        if self._player.is_played_out:
            raise TimeLimitReached(OUT_OF_TIME)
        return self._player.play(path, body)


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
    def __init__(
        self,
        sealed: Sealed,
        transport: httpx2.AsyncBaseTransport | Player,
        check_all_played: Callable[[], None],
    ) -> None:
        self._sealed, self._check_all_played = sealed, check_all_played
        self._world = sealed.read_world()
        self.transport, self.seal = transport, sealed.seal
        where = display_path(sealed.location.world)
        self.tools = ReplayedTools(self._world, where, ended_in_time=has_ended_in_time(sealed))

    def finish(self, events: tuple[Event, ...]) -> tuple[Head, FinalState]:  # noqa: ARG002
        self._check_all_played()
        self.tools.check_all_played()
        return self._sealed.head, FinalState(start=self._world.start, notes=self._world.notes)
