"""The agents as they lie against those of an older revision: each variant with itself.

The base's agents and recordings are read from git objects and graded by the scenarios that lie
here, so that one grader judges both sides. Only what was recorded of the very scenario that lies
here pairs; the rest is told by name.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory
from types import MappingProxyType

from promptverdict.agents.discovery import load_agents
from promptverdict.agents.variant import Variant
from promptverdict.comparison.compare import compare_arms, uncompared
from promptverdict.comparison.git import Revision, merge_base
from promptverdict.comparison.samples import Sample
from promptverdict.comparison.sides import Arm
from promptverdict.comparison.verdicts import Comparison, Comparisons, Unpaired
from promptverdict.core.errors import (
    BrokenRecording,
    EvidenceError,
    MissingRecording,
    StaleRecording,
)
from promptverdict.core.paths import display_path
from promptverdict.recording.digest import changed_parts, describe_parts
from promptverdict.recording.files import Location, open_sealed
from promptverdict.runner.cells import Cell, Trial, cells
from promptverdict.runner.estimate import estimate
from promptverdict.runner.readback import recall
from promptverdict.runner.records import record_absence
from promptverdict.scenarios.discovery import SUITE_FILE
from promptverdict.settings import Settings
from promptverdict.trials.record import TrialRecord

_NOTHING = frozenset({MissingRecording.__name__, StaleRecording.__name__})
"""Faults of trials that can be recorded."""

_UNUSABLE = _NOTHING | {BrokenRecording.__name__}
"""Faults of trials whose evidence was once there, or never was."""


def against(
    ref: str,
    root: Path,
    here: Sequence[Cell],
    samples: Sequence[Sample],
    settings: Settings,
    *,
    refused: Mapping[str, str] = MappingProxyType({}),
    keep: Callable[[TrialRecord], object] = lambda _: None,
) -> Comparisons:
    """Compare each variant of some cells with itself at the merge-base of HEAD and a revision.

    root: the folder that `settings.agents` is seen from. samples: of the cells as they lie here.
    refused: as for `compare_arms`. keep: hears of each record that was read of the older revision.
    Raises InputError where there is no such revision, and where its agents cannot be read.
    """
    revision = merge_base(root, ref)
    variants: dict[str, list[Cell]] = {}
    for cell in here:
        variants.setdefault(cell.variant.id, []).append(cell)
    with TemporaryDirectory(prefix="promptverdict-") as folder:
        base = _Base(revision, Path(folder), root / settings.agents, here, settings, keep)
        found = [
            comparison
            for name, own in sorted(variants.items())
            if (comparison := _compare(base, own, _of(samples, name), refused))
        ]
        new = sorted(variants.keys() - base.agents.keys())
        notes = [f"{name} is new since {ref}" for name in new]
        return Comparisons(comparisons=tuple(found), notes=(*notes, *base.deleted_suites()))


def _of(samples: Iterable[Sample], variant: str) -> list[Sample]:
    return [one for one in samples if one.variant == variant]


def _compare(
    base: _Base, here: list[Cell], samples: list[Sample], refused: Mapping[str, str]
) -> Comparison | None:
    """Compare one variant with itself as it was; None where it was not."""
    variant = here[0].variant
    if variant.id not in base.agents:
        return None
    ref = base.revision.ref
    there = [base.cell(cell) for cell in here]
    prompt, label = there[0].variant.prompt, f"{variant.id} @ {ref}"
    before = Arm(label, variant.id, [], prompt, base.revision.commit)
    after = Arm(variant.id, variant.id, samples, variant.prompt)
    wanted = [one for one in samples if one.fault and one.fault.kind in _NOTHING]
    price = _price(here, wanted, base.settings) if wanted else ()
    same = all(old.digest == new.digest for old, new in zip(there, here, strict=True))
    never = same and all(one.fault.kind == MissingRecording.__name__ for one in wanted if one.fault)
    if wanted and not never and not any(one.provenance for one in samples):
        return uncompared("stale", before, after, *price)
    if same:
        lost = _lost(base, here, there, samples)
        return uncompared(
            "stale" if lost else "unchanged", before, after, *lost, *(price if lost else ())
        )
    older: list[Sample] = []
    unpaired: list[Unpaired] = []
    for cell in there:
        found = base.samples(cell)
        if why := _unusable(found, ref):
            place = {"suite": cell.scenario.suite.id, "scenario": cell.scenario.id}
            unpaired.append(Unpaired(**place, why=why))
        older += [] if why else found
    out = {(one.suite, one.scenario) for one in unpaired}
    for suite in {cell.scenario.suite.id: cell.scenario.suite for cell in here}.values():
        unpaired += [
            Unpaired(suite=suite.id, scenario=name, why=f"deleted since {ref}")
            for name in base.deleted_scenarios(suite.folder)
        ]
    newer = [one for one in samples if (one.suite, one.scenario) not in out]
    told = compare_arms(
        replace(before, samples=older),
        replace(after, samples=newer),
        {cell.scenario.suite.id: cell.scenario.suite.suite for cell in here},
        refused=refused,
    )
    notes = (*told.notes, *_played_twice(base, older, newer), *price)
    return told.model_copy(update={"unpaired": (*unpaired, *told.unpaired), "notes": notes})


def _lost(
    base: _Base, here: Sequence[Cell], there: Sequence[Cell], samples: Iterable[Sample]
) -> list[str]:
    """Tell of evidence that the older revision has and that cannot be used any more here."""
    broken = {one.cell: one.fault for one in samples if one.fault and one.fault.kind in _UNUSABLE}
    return [
        f"{cell.id}: {fault.message.partition(chr(10))[0]}"
        for cell, older in zip(here, there, strict=True)
        if (fault := broken.get(cell.id)) and any(not one.fault for one in base.samples(older))
    ]


def _played_twice(base: _Base, older: Iterable[Sample], newer: Sequence[Sample]) -> Iterator[str]:
    """Tell how many trials are one piece of evidence: nothing that they were asked has changed."""
    known = {one.key: one.provenance for one in older if one.provenance}
    played = [one for one in newer if one.provenance]
    if twice := sum(known.get(base.key(one.key)) == one.provenance for one in played):
        yield f"{twice} of {len(newer)} trials play the same recording on both sides"


def _price(here: Iterable[Cell], wanted: Sequence[Sample], settings: Settings) -> tuple[str, str]:
    """Tell what the evidence that is not there would take, and how to get it."""
    known = {(cell.scenario.suite.id, cell.scenario.id): cell for cell in here}
    trials = [known[one.suite, one.scenario].trial(one.trial) for one in wanted]
    return str(estimate(trials, settings.prices)), "record: pytest evals --record stale"


def _unusable(found: Sequence[Sample], ref: str) -> str:
    """Say why a scenario's recordings of the older revision cannot be used, if so."""
    if not found:
        return f"nothing is recorded of it at {ref}"
    stale = [one.fault for one in found if one.fault and one.fault.kind == StaleRecording.__name__]
    return stale[0].message if len(stale) == len(found) else ""


@dataclass(frozen=True)
class _Base:
    """What the older revision holds of some cells."""

    revision: Revision
    folder: Path
    """Where what is read of it is written to."""
    where: Path
    """Of the agents, as they lie."""
    here: Sequence[Cell]
    settings: Settings
    keep: Callable[[TrialRecord], object]

    @cached_property
    def files(self) -> dict[str, str]:
        """What it holds of the agents and of the suites."""
        folders = {cell.scenario.suite.folder.parent for cell in self.here}
        return self.revision.files(map(self.revision.inside, {self.where, *folders}))

    @cached_property
    def agents(self) -> dict[str, Variant]:
        """Its variants by id. Raises InputError."""
        place = self.revision.inside(self.where)
        self.revision.write(self._below(place), self.folder)
        path = self.folder / place
        return {one.id: one for one in load_agents(path)} if path.exists() else {}

    def cell(self, here: Cell) -> Cell:
        """Give a cell with the variant as it was there, and all else as it lies here."""
        variant = self.agents[here.variant.id]
        (there,) = cells(here.scenario, [variant], self.settings, by_hand=True)
        return there

    def samples(self, cell: Cell) -> list[Sample]:
        """Sample all its trials that are recorded there, and hand each whole record on."""
        place = self.revision.inside(cell.trial(0).location.folder)
        files = self._below(place)
        self.revision.write(files, self.folder)
        names = (PurePosixPath(path).name.partition(".") for path in files)
        numbers = sorted({int(n) for n, _, rest in names if n.isdecimal() and rest == "http.yaml"})
        found = []
        for number in numbers:
            record = self._record(Trial(cell, number, Location(self.folder / place, number)))
            mine = {"revision": self.revision.commit, "key": self.key(record.key)}
            record = record.model_copy(update=mine)
            if not record.fault:
                self.keep(record)
            found.append(Sample.of(record))
        return found

    def key(self, key: str) -> str:
        """Name a trial of there apart from the one of here, which may have been asked the same."""
        return hashlib.sha256(f"{self.revision.commit} {key}".encode()).hexdigest()[:16]

    def _record(self, trial: Trial) -> TrialRecord:
        try:
            sealed = open_sealed(trial.location)
        except EvidenceError as error:
            return record_absence(trial, error)
        if parts := changed_parts(sealed.head.digest, trial.cell.digest):
            told = f"recorded at {self.revision.ref} before {describe_parts(parts)} changed"
            return record_absence(trial, StaleRecording(told, parts))
        return recall(trial, sealed)

    def deleted_scenarios(self, suite: Path) -> Iterator[str]:
        """Name the scenarios of a suite that are only there."""
        place = PurePosixPath(self.revision.inside(suite))
        beside = (path for path in map(PurePosixPath, self.files) if path.parent == place)
        for path in beside:
            if path.suffix == ".yaml" and not (suite / path.name).is_file():
                yield path.stem

    def deleted_suites(self) -> Iterator[str]:
        """Tell of whole suites that are only there."""
        for path in self.files:
            if PurePosixPath(path).name == SUITE_FILE:
                lay = self.revision.top / path
                if not lay.is_file():
                    yield f"{display_path(lay.parent)} was deleted since {self.revision.ref}"

    def _below(self, place: str) -> dict[str, str]:
        return {
            path: content
            for path, content in self.files.items()
            if place in (".", path) or path.startswith(f"{place}/")
        }
