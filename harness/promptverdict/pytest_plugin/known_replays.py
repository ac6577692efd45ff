"""The records of earlier replays, as one session uses them: only where nothing is recorded."""

from __future__ import annotations

from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.runner.cells import Trial
from promptverdict.settings import Settings

if TYPE_CHECKING:
    from promptverdict.runner.replay_cache import ReplayCache
    from promptverdict.trials.record import TrialRecord


class KnownReplays:
    """Finds, adds and stores them; read when they are first asked for.

    is_cleared: whether those of earlier runs are passed over. is_shared: whether other processes
    write the same run: then none of them stores what it alone knows.
    """

    def __init__(
        self, settings: Settings, root: Path, *, is_cleared: bool, is_shared: bool
    ) -> None:
        self._settings, self._root = settings, root
        self._is_cleared, self._is_shared = is_cleared, is_shared

    def find(self, trial: Trial) -> TrialRecord | None:
        """Find the record that a replay of a trial would make."""
        return self._cache.find(trial) if self._cache else None

    def add(self, trial: Trial, record: TrialRecord) -> None:
        """Add the record of a recording that was played."""
        if self._cache:
            self._cache.add(trial, record)

    def store(self) -> None:
        """Store what was added, for later runs."""
        if self._cache and not self._is_shared:
            self._cache.write()

    @cached_property
    def _cache(self) -> ReplayCache | None:
        if self._settings.record != "none" or self._settings.base:
            return None
        from promptverdict.runner.replay_cache import ReplayCache

        return ReplayCache(self._settings, self._root, is_cleared=self._is_cleared)
