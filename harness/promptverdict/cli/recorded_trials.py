"""Finds the recorded trials that a verb works on."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from promptverdict.cli.agent_cells import CellReader
from promptverdict.core.errors import BrokenRecording, EvidenceError
from promptverdict.core.files import find_names

if TYPE_CHECKING:
    from promptverdict.recording.files import Sealed
    from promptverdict.runner.cells import Trial
    from promptverdict.scenarios.loading import LoadedScenario
    from promptverdict.settings import Settings


def list_recorded_trials(
    paths: list[Path], settings: Settings, is_wanted: Callable[[LoadedScenario], bool]
) -> Iterator[Trial]:
    """List the recorded trials of the wanted scenarios at or below some paths, lazily.

    What is left out because its agent cannot be used is printed. Raises InputError for a path
    without a suite, and for what cannot be read.
    """
    from promptverdict.scenarios.loading import load_scenarios

    reader = CellReader(settings)
    for cell in reader.select(filter(is_wanted, load_scenarios(paths))):
        # Numbers come from the files, not from the suite: more trials may be recorded than it asks
        # for now.
        names = find_names(cell.get_trial(0).location.folder, ".http.yaml")
        numbers = (name.partition(".")[0] for name in names)
        yield from map(cell.get_trial, sorted(int(n) for n in numbers if n.isdecimal()))
    reader.report()


T = TypeVar("T")
R = TypeVar("R")


def read_each(things: Iterable[T], read: Callable[[T], R | None]) -> list[R]:
    """List what is read of each thing, without what is None.

    Raises BrokenRecording with the words of all evidence that cannot be used.
    """
    results: list[R] = []
    broken: dict[str, None] = {}
    for thing in things:
        try:
            result = read(thing)
        except EvidenceError as error:
            broken[str(error)] = None
            continue
        if result is not None:
            results.append(result)
    if broken:
        raise BrokenRecording("\n".join(broken))
    return results


def open_current(trial: Trial) -> Sealed | None:
    """Open a trial's recording; a stale one is reported and skipped as None.

    Raises EvidenceError for one that is missing or broken.
    """
    from promptverdict.recording.digest import describe_parts, list_changed_parts
    from promptverdict.recording.files import open_sealed

    sealed = open_sealed(trial.location)
    if parts := list_changed_parts(sealed.head.digest, trial.cell.digest):
        print(f"{trial.id}: stale ({describe_parts(parts)} changed), skipped")
        return None
    return sealed
