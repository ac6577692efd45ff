"""Recording both sides of a comparison with an older revision, in one window of time.

Providers change within hours. Were only the edited prompt recorded, time and not the edit could be
what differs. So both sides are recorded together: in blocks of one scenario with both its sides,
the blocks in a random order that the run keeps.
"""

from __future__ import annotations

import random
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Self

from promptverdict.comparison.base_revision import BaseRevision, name_place
from promptverdict.comparison.git import merge_base
from promptverdict.core.errors import EvidenceError
from promptverdict.core.files import write_files
from promptverdict.recording.digest import list_changed_parts
from promptverdict.recording.files import Location, open_sealed
from promptverdict.runner.cells import Cell, Trial
from promptverdict.runner.decisions import Decision, decide
from promptverdict.settings import RecordMode, Settings


class BothSides:
    """The cells of a run beside those of an older revision; to be closed.

    Raises InputError where there is no such revision.
    """

    def __init__(self, ref: str, root: Path, here: Sequence[Cell], settings: Settings) -> None:
        revision = merge_base(root, ref)
        self._folder = TemporaryDirectory(prefix="promptverdict-")
        self._base = BaseRevision(
            revision,
            Path(self._folder.name),
            root / settings.agents,
            here,
            settings,
            lambda _: None,
        )
        self._older = {
            cell.id: older
            for cell in here
            if cell.variant.id in self._base.agents
            and (older := self._base.cell(cell)).digest != cell.digest
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._folder.cleanup()

    def is_changed(self, cell: Cell) -> bool:
        """Return whether a cell's variant differs from what it was, or is new."""
        return cell.variant.id not in self._base.agents or cell.id in self._older

    def decide(self, cell: Cell, trials: Iterable[Trial], mode: RecordMode) -> list[Decision]:
        """Decide about a cell's own trials and about those of its older self.

        A prompt that was edited is what the comparison is about: recordings of the one before do
        not stand in its way, so that `once` records what is stale too. The older side is recorded
        where nothing fits it, and with `both` in any case.
        """
        own_mode: RecordMode = "stale" if mode in ("once", "both") else mode
        if not self.is_changed(cell):
            own_mode = "none"
        if mode in ("once", "both"):
            trials = list(trials)
            for trial in trials:
                _bring_back(trial)
        own = [decide(trial, own_mode) for trial in trials]
        older = self._older.get(cell.id)
        if older is None or mode not in ("once", "stale", "both", "all"):
            return own
        anew = mode in ("both", "all")
        fitting = set() if anew else {trial.number for trial in self._list_fresh(older)}
        return own + [
            decide(older.get_trial(decision.trial.number), "all")
            for decision in own
            if decision.trial.number not in fitting
        ]

    def _list_fresh(self, older: Cell) -> Iterator[Trial]:
        """List the trials of an older cell whose recordings are evidence of it."""
        for trial in self._base.recorded_trials(older):
            if _fits(trial.location, older):
                yield trial


def _bring_back(trial: Trial) -> None:
    """Put a recording of this very prompt in place that was made when it was the older one.

    An edit that is taken back, or made again in another branch, needs no model.
    """
    kept = replace(trial.cell, place=name_place(trial.cell)).get_trial(trial.number).location
    if _fits(trial.location, trial.cell) or not _fits(kept, trial.cell):
        return
    texts = {
        getattr(trial.location, kind): path.read_text(encoding="utf-8")
        for kind in ("http", "world", "probes", "judge")
        if (path := getattr(kept, kind)).is_file()
    }
    write_files(texts)


def _fits(location: Location, cell: Cell) -> bool:
    try:
        return not list_changed_parts(open_sealed(location).head.digest, cell.digest)
    except EvidenceError:
        return False


def arrange_blocks(decisions: Sequence[Decision], seed: int) -> list[Decision]:
    """Put decisions into blocks of one scenario and one number, both in a random order.

    Everything within a block is one scenario's trials of one number, of every side and variant.
    """
    draw = random.Random(seed)  # noqa: S311 (an order that can be drawn again, and no secret)
    blocks: dict[tuple[str, str, int], list[Decision]] = {}
    for decision in decisions:
        scenario = decision.trial.cell.scenario
        key = (scenario.suite.id, scenario.id, decision.trial.number)
        blocks.setdefault(key, []).append(decision)
    order = list(blocks.values())
    draw.shuffle(order)
    for block in order:
        draw.shuffle(block)
    return [decision for block in order for decision in block]
