"""Which trials a session consists of, and what was decided about each before the first starts."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.core.errors import MissingRecording
from promptverdict.core.shards import parse_shard, select_shard
from promptverdict.core.text import format_count
from promptverdict.pytest_plugin.checks import check_promise
from promptverdict.runner.cells import Cell, Trial
from promptverdict.runner.invocation import WHOLE, Invocation
from promptverdict.settings import Settings

if TYPE_CHECKING:
    from promptverdict.comparison.run_plan import RunPlan
    from promptverdict.runner.decisions import Decision
    from promptverdict.runner.known_replay import KnownReplay


class PlannedTrials:
    """The cells of one session and, where it compares with a revision, their older selves.

    find_known: finds what a replay of a trial would come to, where it is known. invocation: of
    pytest, whose options cures repeat.
    """

    def __init__(
        self,
        settings: Settings,
        root: Path,
        find_known: Callable[[Trial], KnownReplay | None] = lambda _trial: None,
        invocation: Invocation = WHOLE,
    ) -> None:
        self._settings, self._root, self._find_known = settings, root, find_known
        self._invocation = invocation
        self._seed = secrets.randbelow(2**32)
        self._cells: dict[str, Cell] = {}
        self._trials: dict[str, list[Trial]] = {}
        self._decisions: dict[str, list[Decision]] = {}
        self._unchanged: frozenset[str] = frozenset()
        self.whole: list[Cell] = []
        """All cells of a plan of which this session runs one shard; empty where it is no shard."""
        self.older: list[Decision] = []
        """About trials of the revision that the run is compared with."""
        self.controls: list[Decision] = []
        """About control trials."""

    @property
    def cells(self) -> list[Cell]:
        """The cells of the run, in their order."""
        return list(self._cells.values())

    @property
    def apart(self) -> tuple[Decision, ...]:
        """The decisions about trials that are none of the run's own."""
        return (*self.older, *self.controls)

    @property
    def seed(self) -> int | None:
        """Of the order in which both sides are recorded; None where that is not done."""
        return self._seed if self._settings.base and self._settings.record != "none" else None

    def set_cells(self, cells: Iterable[Cell]) -> None:
        """Set which cells the run consists of, before any of them starts.

        Raises InputError if `--promise` names a behaviour that no suite has.
        """
        self._cells = {cell.id: cell for cell in cells}
        check_promise(self._settings.promise, self.whole or self._cells.values())

    def select_others(self, cells: Iterable[Cell]) -> frozenset[Path]:
        """Select the scenarios that run in other shards; none where this run is no shard.

        Keeps the whole plan in mind, which a shard writes down.
        """
        if self._settings.shard is None:
            return frozenset()
        self.whole = list(cells)
        places = {
            (cell.scenario.suite.id, cell.scenario.id): cell.scenario.path for cell in self.whole
        }
        shard = parse_shard(self._settings.shard)
        own = select_shard(places, shard)
        return frozenset(path for place, path in places.items() if place not in own)

    def decide_all(self) -> list[Decision]:
        """Decide about every trial that starts before it is waited for, in their order.

        Where nothing may be recorded, none does. Raises InputError for a revision that does not
        exist.
        """
        if self._settings.base:
            return self._decide_both_sides(self._settings.base)
        if self._settings.record == "none":
            # Cell by cell, as they are waited for: many recordings do not fit into memory.
            return []
        return [decision for cell in self._cells.values() for decision in self.decide(cell)]

    def decide(self, cell: Cell) -> list[Decision]:
        """Return the decisions about a cell's trials; they are made once."""
        if cell.id not in self._decisions:
            self._decisions[cell.id] = [
                self._decide_trial(trial) for trial in self._list_trials(cell)
            ]
        return self._decisions[cell.id]

    def drop_texts(self, cell: Cell) -> None:
        """Forget the texts of a cell's recordings, which were played."""
        self._decisions[cell.id] = [decision.drop_texts() for decision in self.decide(cell)]

    def _decide_trial(self, trial: Trial) -> Decision:
        from promptverdict.runner.decisions import Decision, decide

        if known := self._find_known(trial):
            return Decision(trial, "fresh", None, None, known=known)
        return decide(trial, self._settings.record, self._invocation)

    def replace_decisions(self, decisions: Iterable[Decision]) -> None:
        """Take other decisions about trials of the run, after a closer look at their recordings."""
        for decision in decisions:
            if decision.trial.cell.place is None:
                self._decisions[decision.trial.cell.id][decision.trial.number] = decision

    def is_idle(self, cell: Cell) -> bool:
        """Return whether a cell has nothing to add to a comparison, and nothing to show.

        Its variant is what it was at the revision that is compared with, and was never recorded.
        """
        decisions = self._decisions.get(cell.id, ())
        return cell.id in self._unchanged and all(
            isinstance(decision.error, MissingRecording) for decision in decisions
        )

    def list_recorded(self) -> Iterator[Decision]:
        """List the decisions to record something, of the run's own trials and of the others."""
        for decisions in self._decisions.values():
            yield from (decision for decision in decisions if decision.records)
        yield from self.apart

    def list_trials(self) -> list[Trial]:
        """List the trials of the run, in the order of the plan."""
        return [trial for cell in self._cells.values() for trial in self._list_trials(cell)]

    def describe_controls(self) -> str:
        """Write how many control trials will be made, or why none."""
        if not self.controls:
            return "no control trials: no older recording of the baseline is replayed in this run"
        trials = format_count(len(self.controls), "control trial")
        return f"{trials} among them: recorded trials of the baseline, made again"

    def build_run_plan(self, *, agents_by_hand: bool) -> RunPlan | None:
        """Build the plan that this session runs one shard of; None where it is no shard."""
        if not self._settings.shard:
            return None
        from promptverdict.comparison.run_plan import build_run_plan

        return build_run_plan(self.whole, self._settings, self._root, agents_by_hand=agents_by_hand)

    def _decide_both_sides(self, ref: str) -> list[Decision]:
        """Decide about the cells and their older selves, in the order in which they are recorded.

        Raises InputError for a revision that does not exist.
        """
        from promptverdict.comparison.both_sides import BothSides, arrange_blocks

        mode, cells = self._settings.record, self.cells
        decisions: list[Decision] = []
        with BothSides(ref, self._root, cells, self._settings, self._invocation) as sides:
            if mode == "none":
                return []
            for cell in cells:
                decided = sides.decide(cell, self._list_trials(cell), mode)
                self._decisions[cell.id] = [each for each in decided if each.trial.cell is cell]
                decisions += decided
            if count := self._settings.controls:
                recorded = {decision.trial.key for decision in decisions}
                self.controls = sides.decide_controls(cells, recorded, count)
            unchanged = (cell.id for cell in cells if not sides.is_changed(cell))
            self._unchanged = frozenset(unchanged)
        self.older = [decision for decision in decisions if decision.trial.cell.place is not None]
        return arrange_blocks([*decisions, *self.controls], self._seed)

    def _list_trials(self, cell: Cell) -> list[Trial]:
        """List the trials of a cell, each time the same: their keys are worked out once."""
        if cell.id not in self._trials:
            count = self._settings.trials or cell.scenario.suite.suite.trials
            self._trials[cell.id] = [cell.get_trial(number) for number in range(count)]
        return self._trials[cell.id]
