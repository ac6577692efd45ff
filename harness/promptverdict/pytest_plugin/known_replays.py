"""The records of earlier replays, as one session uses them: only where nothing is recorded."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.runner.cells import Trial
from promptverdict.settings import Settings

if TYPE_CHECKING:
    from promptverdict.runner.known_replay import KnownReplay
    from promptverdict.runner.replay_cache import ReplayCache


class KnownReplays:
    """Finds, adds and stores them; read when they are first asked for.

    is_cleared: whether those of earlier runs are passed over. worker: name of the worker of
    pytest-xdist that this process is; None where it is none.
    """

    def __init__(
        self, settings: Settings, root: Path, *, is_cleared: bool, worker: str | None
    ) -> None:
        self._settings, self._root = settings, root
        self._is_cleared, self._worker = is_cleared, worker

    def find(self, trial: Trial) -> KnownReplay | None:
        """Find what a replay of a trial would come to."""
        return self._cache.find(trial) if self._cache else None

    def add(self, trial: Trial, replay: KnownReplay) -> None:
        """Add what a recording came to that was played."""
        if self._cache:
            self._cache.add(trial, replay)

    def store(self) -> None:
        """Store what was added, for later runs."""
        if self._cache:
            self._cache.write()

    @cached_property
    def _cache(self) -> ReplayCache | None:
        if self._settings.record != "none" or self._settings.base:
            return None
        from promptverdict.runner.replay_cache import ReplayCache

        return ReplayCache(
            self._settings, self._root, is_cleared=self._is_cleared, worker=self._worker
        )
