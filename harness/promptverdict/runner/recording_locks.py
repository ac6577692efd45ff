"""Keeps two runs from recording the same scenario: both would pay for it."""

from __future__ import annotations

import os
from collections.abc import Iterable
from pathlib import Path

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.file_locks import find_lock_holder, lock_file
from promptverdict.core.paths import display_path


class RecordingLocks:
    """The scenarios that one run may record, until it is closed."""

    def __init__(self) -> None:
        self._held: dict[Path, int] = {}
        self._refused: dict[Path, int | None] = {}

    def take(self, scenarios: Iterable[Path]) -> None:
        """Lock scenarios, before it is decided what of them is recorded: what is there then stays.

        Raises InputError where too few files may be open.
        """
        for path in scenarios:
            try:
                descriptor = lock_file(path)
            except OSError as error:
                self.close()
                where, cure = display_path(path), "record where it can be read, or raise ulimit -n"
                raise InputError([Problem(where, f"cannot be locked: {error}", cure)]) from error
            if descriptor is None:
                self._refused[path] = find_lock_holder(path)
            else:
                self._held[path] = descriptor

    def has(self, scenario: Path) -> bool:
        """Return whether this run alone may record a scenario."""
        return scenario in self._held

    def keep(self, recorded: Iterable[Path]) -> None:
        """Keep the locks of scenarios that are recorded, and release the others.

        Raises InputError for those that another run has.
        """
        wanted = set(recorded)
        for path in [path for path in self._held if path not in wanted]:
            _release(self._held.pop(path))
        if lost := [path for path in self._refused if path in wanted]:
            self.close()
            raise InputError([_build_problem(lost, self._refused[lost[0]])])

    def close(self) -> None:
        """Release all locks."""
        for descriptor in self._held.values():
            _release(descriptor)
        self._held.clear()


def _release(descriptor: int) -> None:
    if descriptor >= 0:
        os.close(descriptor)


def _build_problem(lost: list[Path], holder: int | None) -> Problem:
    process = f"process {holder}" if holder else "another process"
    more = f" and {len(lost) - 1} more" if len(lost) > 1 else ""
    found = f"{process} is recording or judging it{more}; both would pay for the same answers"
    stop = f", or stop it: kill {holder}" if holder else ""
    return Problem(display_path(lost[0]), found, f"wait for its end{stop}")
