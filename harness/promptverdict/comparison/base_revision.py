"""What an older revision holds of the cells that lie here: its agents, and its recordings.

Read from git objects, never checked out. The scenarios are those that lie here, so that one grader
judges both sides.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath

from promptverdict.agents.candidates import find_top
from promptverdict.agents.discovery import find_agents
from promptverdict.agents.variant import Variant
from promptverdict.comparison.git import Revision
from promptverdict.comparison.samples import Sample
from promptverdict.core.errors import EvidenceError, InputError, StaleRecording
from promptverdict.core.paths import display_path
from promptverdict.recording.digest import (
    UNDER_TEST,
    describe_parts,
    hash_part,
    list_changed_parts,
)
from promptverdict.recording.files import Location, open_sealed
from promptverdict.runner.cell_selection import list_cells
from promptverdict.runner.cells import Cell, Trial
from promptverdict.runner.decisions import check_place
from promptverdict.runner.readback import read_back
from promptverdict.runner.records import record_absence
from promptverdict.scenarios.discovery import SUITE_FILE
from promptverdict.settings import Settings
from promptverdict.trials.record import TrialRecord


@dataclass(frozen=True)
class BaseRevision:
    """What the older revision holds of some cells."""

    revision: Revision
    folder: Path
    """Where what is read of it is written to."""
    places: Sequence[Path]
    """Of the agents, as they lie; with wildcards, if they have any."""
    here: Sequence[Cell]
    settings: Settings
    keep: Callable[[TrialRecord], object]

    @cached_property
    def files(self) -> dict[str, str]:
        """What it holds of the agents and of the suites."""
        folders = {cell.scenario.suite.folder.parent for cell in self.here}
        tops = map(find_top, self.places)
        return self.revision.files(map(self.revision.inside, {*tops, *folders}))

    @cached_property
    def agents(self) -> dict[str, Variant]:
        """Its variants by id. Raises InputError."""
        agents = find_agents(list(self._write_places()))
        needed = {cell.variant.id for cell in self.here}
        broken = [p for name, own in agents.broken.items() if name in needed for p in own]
        if broken:
            raise InputError(broken)
        # Where they were written to is gone when somebody reads of them.
        return {
            variant.id: variant.model_copy(
                update={"path": f"{self.revision.ref}:{self._relative(variant.path)}"}
            )
            for variant in agents.variants
        }

    def _write_places(self) -> Iterator[Path]:
        """Write the agents to the folder, and find the places there that the revision has."""
        for place in self.places:
            top = find_top(place)
            inside = self.revision.inside(top)
            self.revision.write(self._below(inside), self.folder)
            if (self.folder / inside).exists():
                yield self.folder / inside / place.relative_to(top)

    def _relative(self, path: str) -> str:
        absolute = Path(path).resolve()
        folder = self.folder.resolve()
        return absolute.relative_to(folder).as_posix() if absolute.is_relative_to(folder) else path

    def cell(self, here: Cell) -> Cell:
        """Return a cell with the variant as it was there, and all else as it lies here.

        What is recorded of it here lies in a folder named after what the variant consists of:
        `agent.variant@1a2b3c4d`. So it serves every revision with that prompt, and never the
        edited one.
        """
        variant = self.agents[here.variant.id]
        (there,) = list_cells(here.scenario, [variant], self.settings, by_hand=True)
        if there.digest == here.digest:
            return there
        return replace(there, place=name_place(there))

    def holds_any(self, here: Iterable[Cell]) -> bool:
        """Return whether the revision holds any recording of some cells, of whatever it was."""
        return any(self._locate(cell) in self._recordings for cell in here)

    def recorded_trials(self, cell: Cell) -> list[Trial]:
        """List the trials of one of its cells that are recorded, by number.

        A recording that was made here of the older prompt comes before the one that the revision
        holds: it was made to be compared with.
        """
        place = self._locate(cell)
        numbers = _list_numbers(self._written.get(place, ()))
        folders = dict.fromkeys(numbers, self.folder / place)
        if cell.place:
            kept = cell.get_trial(0).location.folder
            here = _list_numbers(path.name for path in kept.glob("*.http.yaml"))
            folders |= dict.fromkeys(here, kept)
        return [
            Trial(cell, number, Location(folder, number))
            for number, folder in sorted(folders.items())
        ]

    def samples(self, cell: Cell) -> list[Sample]:
        """Sample all its trials that are recorded, and hand each whole record on."""
        samples = []
        for trial in self.recorded_trials(cell):
            record = self._record(trial)
            mine = {"revision": self.revision.commit, "key": self.key(record.key)}
            record = record.model_copy(update=mine)
            if not record.fault:
                self.keep(record)
            samples.append(Sample.of(record))
        return samples

    def control_samples(self, cell: Cell) -> list[Sample]:
        """Sample the control trials of one of its cells that are recorded here, usable or not.

        Their records go nowhere: they are evidence of neither side.
        """
        if not cell.place:
            return []
        control = locate_controls(cell)
        folder = control.get_trial(0).location.folder
        numbers = sorted(_list_numbers(path.name for path in folder.glob("*.http.yaml")))
        return [Sample.of(self._record(control.get_trial(number))) for number in numbers]

    def key(self, key: str) -> str:
        """Name a trial of there apart from the one of here, which may have been asked the same."""
        return hashlib.sha256(f"{self.revision.commit} {key}".encode()).hexdigest()[:16]

    def _record(self, trial: Trial) -> TrialRecord:
        try:
            sealed = open_sealed(trial.location)
            check_place(trial, sealed)
        except EvidenceError as error:
            return record_absence(trial, error)
        if parts := list_changed_parts(sealed.head.digest, trial.cell.digest):
            reason = f"recorded at {self.revision.ref} before {describe_parts(parts)} changed"
            return record_absence(trial, StaleRecording(reason, parts))
        return read_back(trial, sealed)

    def deleted_scenarios(self, suite: Path) -> Iterator[str]:
        """Name the scenarios of a suite that are only there."""
        place = PurePosixPath(self.revision.inside(suite))
        beside = (path for path in map(PurePosixPath, self.files) if path.parent == place)
        for path in beside:
            if path.suffix == ".yaml" and not (suite / path.name).is_file():
                yield path.stem

    def deleted_suites(self) -> Iterator[str]:
        """List whole suites that are only there."""
        for path in self.files:
            if PurePosixPath(path).name == SUITE_FILE:
                lay = self.revision.top / path
                if not lay.is_file():
                    yield f"{display_path(lay.parent)} was deleted since {self.revision.ref}"

    def _locate(self, cell: Cell) -> str:
        """Return the folder of the repository that holds a cell's recordings, if any does."""
        folder = replace(cell, place=None).get_trial(0).location.folder
        return self.revision.inside(folder)

    @cached_property
    def _recordings(self) -> dict[str, dict[str, str]]:
        """What it holds of the cells' recordings: folder -> name -> id of its content.

        Of whichever model: the older agent may name another than the one that lies here.
        """
        found: dict[str, dict[str, str]] = {}
        variants = {self._locate(cell).rpartition("/")[0] for cell in self.here}
        for path, content in self.files.items():
            folder, _, name = path.rpartition("/")
            if folder.rpartition("/")[0] in variants:
                found.setdefault(folder, {})[name] = content
        return found

    @cached_property
    def _written(self) -> dict[str, dict[str, str]]:
        """The recordings, and all of them written to the folder: git is started once for that."""
        held = self._recordings
        self.revision.write(
            {f"{folder}/{name}": held[folder][name] for folder in held for name in held[folder]},
            self.folder,
        )
        return held

    def _below(self, place: str) -> dict[str, str]:
        return {
            path: content
            for path, content in self.files.items()
            if place in (".", path) or path.startswith(f"{place}/")
        }


def _list_numbers(names: Iterable[str]) -> set[int]:
    """List the numbers of the cassettes among some files' names."""
    parts = (name.partition(".") for name in names)
    return {int(number) for number, _, rest in parts if number.isdecimal() and rest == "http.yaml"}


def locate_controls(cell: Cell) -> Cell:
    """Return an older cell whose recordings lie apart: made again beside the ones it has."""
    return replace(cell, place=f"{cell.place}.controls")


def name_place(cell: Cell) -> str:
    """Return the folder for recordings of a cell whose prompt is not the one that lies here."""
    under_test = {part: cell.digest.get(part) for part in sorted(UNDER_TEST)}
    return f"{cell.variant.id.replace('/', '.')}@{hash_part(under_test)[:8]}"
