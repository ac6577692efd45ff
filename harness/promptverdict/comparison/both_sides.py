"""Recording both sides of a comparison with an older revision, in one window of time.

Providers change within hours. Were only the edited prompt recorded, time and not the edit could be
what differs. So both sides are recorded together: in blocks of one scenario with both its sides,
the blocks in a random order that the run keeps.
"""

from __future__ import annotations

import random
from collections.abc import Collection, Iterable, Iterator, Sequence
from contextlib import ExitStack, suppress
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Self

from promptverdict.comparison.base_revision import BaseRevision, locate_controls, name_place
from promptverdict.comparison.drift import Place, draw_controls
from promptverdict.comparison.git import merge_base
from promptverdict.core.errors import EvidenceError, InputError
from promptverdict.core.files import write_files
from promptverdict.core.locked_folders import open_scratch_folder
from promptverdict.recording.digest import list_changed_parts
from promptverdict.recording.files import open_sealed
from promptverdict.runner.cells import Cell, Trial
from promptverdict.runner.decisions import Decision, check_place, decide
from promptverdict.runner.invocation import WHOLE, Invocation
from promptverdict.settings import RecordMode, Settings

_OWN_MODES: dict[RecordMode, RecordMode] = {"once": "stale", "both": "all"}
"""What a mode means for the side that lies here, where its prompt was edited."""


class BothSides:
    """The cells of a run beside those of an older revision; to be closed.

    invocation: of the run, whose options cures repeat. Raises InputError where there is no such
    revision.
    """

    def __init__(
        self,
        ref: str,
        root: Path,
        here: Sequence[Cell],
        settings: Settings,
        invocation: Invocation = WHOLE,
    ) -> None:
        revision = merge_base(root, ref)
        self._decide = partial(decide, invocation=invocation)
        self._stack = ExitStack()
        folder = self._stack.enter_context(open_scratch_folder())
        self._base = BaseRevision(
            revision,
            folder,
            [root / place for place in settings.agent_places],
            here,
            settings,
            lambda _: None,
        )
        self._older: dict[str, Cell] = {}
        for cell in here:
            if cell.variant.id in self._base.agents:
                # What an older agent's model means may be gone: its comparison says so.
                with suppress(InputError):
                    older = self._base.cell(cell)
                    if older.digest != cell.digest:
                        self._older[cell.id] = older
        self._same = {
            cell.id
            for cell in here
            if cell.variant.id in self._base.agents
            and cell.id not in self._older
            and self._base.agents[cell.variant.id].prompt == cell.variant.prompt
        }

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *exc: object) -> None:
        self._stack.close()

    def is_changed(self, cell: Cell) -> bool:
        """Return whether a cell's variant differs from what it was, or is new."""
        return cell.id not in self._same

    def decide(self, cell: Cell, trials: Iterable[Trial], mode: RecordMode) -> list[Decision]:
        """Decide about a cell's own trials and about those of its older self.

        A prompt that was edited is what the comparison is about: recordings of the one before do
        not stand in its way, so that `once` records what is stale too. The older side is recorded
        where nothing fits it, and with `both` both sides in any case: a fresh baseline beside an
        old candidate would be as far apart as before. A variant that did not change is not recorded
        for the first time here.
        """
        planned = list(trials)
        own_mode = _OWN_MODES.get(mode, mode)
        if not self.is_changed(cell):
            own = [self._decide(trial, "stale" if mode == "both" else mode) for trial in planned]
            return [
                self._decide(decision.trial, "none") if decision.state == "missing" else decision
                for decision in own
            ]
        if mode in ("once", "stale"):
            for trial in planned:
                _bring_back(trial)
        own = [self._decide(trial, own_mode) for trial in planned]
        older = self._older.get(cell.id)
        if older is None or mode not in ("once", "stale", "both", "all"):
            return own
        anew = mode in ("both", "all")
        fitting = set() if anew else {trial.number for trial in self._list_fresh(older)}
        return own + [
            self._decide(older.get_trial(decision.trial.number), "all")
            for decision in own
            if decision.trial.number not in fitting
        ]

    def decide_controls(
        self, cells: Iterable[Cell], recorded: Collection[str], count: int
    ) -> list[Decision]:
        """Decide to make a number of each variant's older trials again, drawn from all it has.

        recorded: keys of trials that are recorded in this run, and need no control.
        """
        known: dict[str, dict[Place, Cell]] = {}
        for cell in cells:
            if (older := self._older.get(cell.id)) is None:
                continue
            places = known.setdefault(cell.variant.id, {})
            for trial in self._list_fresh(older):
                if trial.key not in recorded:
                    places[older.task.suite, older.task.scenario, trial.number] = older
        return [
            self._decide(locate_controls(places[place]).get_trial(place[2]), "all")
            for variant, places in known.items()
            for place in draw_controls(places, variant, count)
        ]

    def _list_fresh(self, older: Cell) -> Iterator[Trial]:
        """List the trials of an older cell whose recordings are evidence of it."""
        for trial in self._base.recorded_trials(older):
            if _fits(trial):
                yield trial


def _bring_back(trial: Trial) -> None:
    """Put a recording of this very prompt in place that was made when it was the older one.

    An edit that is taken back, or made again in another branch, needs no model.
    """
    kept = replace(trial.cell, place=name_place(trial.cell)).get_trial(trial.number)
    if _fits(trial) or not _fits(kept):
        return
    texts = {
        getattr(trial.location, kind): path.read_text(encoding="utf-8")
        for kind in ("http", "world", "probes", "judge")
        if (path := getattr(kept.location, kind)).is_file()
    }
    write_files(texts)


def _fits(trial: Trial) -> bool:
    """Return whether what lies in a trial's place is a recording of that very trial."""
    try:
        sealed = open_sealed(trial.location)
        check_place(trial, sealed)
    except EvidenceError:
        return False
    return not list_changed_parts(sealed.head.digest, trial.cell.digest)


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
