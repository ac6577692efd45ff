"""The evaluations of one pytest session, from selected cells to their comparison."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.core.errors import MissingRecording
from promptverdict.core.ids import format_node_id
from promptverdict.core.paths import display_path
from promptverdict.core.shards import parse_shard, select_shard
from promptverdict.core.text import escape_text, format_count
from promptverdict.pytest_plugin.cell_reader import CellReader
from promptverdict.pytest_plugin.cell_status import CellStatus
from promptverdict.pytest_plugin.checks import check_promise, check_recording, describe_models
from promptverdict.pytest_plugin.trial_run import TrialRun, WriteLine
from promptverdict.runner.cells import Cell, Trial
from promptverdict.settings import Settings
from promptverdict.trials.store import LOST

if TYPE_CHECKING:
    from promptverdict.comparison.conclusion import GateConclusion
    from promptverdict.comparison.run_plan import RunPlan
    from promptverdict.comparison.verdicts import Comparisons
    from promptverdict.runner.decisions import Decision
    from promptverdict.trials.record import TrialRecord
    from promptverdict.trials.store import Run


class EvalSession:
    """What the collected cells of one session share.

    run_name: the run that several processes share, or None for one of its own.
    """

    def __init__(
        self,
        settings: Settings,
        root: Path,
        *,
        agents_by_hand: bool,
        run_name: str | None = None,
    ) -> None:
        self.settings = settings
        self.reader = CellReader(settings, root, agents_by_hand=agents_by_hand)
        self._root, self._run_name = root, run_name
        self._trials = TrialRun(settings, self._create_run)
        self._seed = secrets.randbelow(2**32)
        self._cells: dict[str, Cell] = {}
        self._whole: list[Cell] = []
        self._decisions: dict[str, list[Decision]] = {}
        self._older: list[Decision] = []
        self._controls: list[Decision] = []
        self._unchanged: frozenset[str] = frozenset()
        self._finished: dict[str, list[TrialRecord]] = {}
        self._comparisons: Comparisons | None = None

    def plan(self, cells: Iterable[Cell]) -> None:
        """Set which cells the run consists of, before any of them starts.

        Raises InputError if `--promise` names a behaviour that no suite has.
        """
        self._cells = {cell.id: cell for cell in cells}
        check_promise(self.settings.promise, self._whole or self._cells.values())

    def select_others(self, cells: Iterable[Cell]) -> frozenset[Path]:
        """Select the scenarios that run in other shards; none where this run is no shard.

        Keeps the whole plan in mind, which a shard writes down.
        """
        if self.settings.shard is None:
            return frozenset()
        self._whole = list(cells)
        places = {
            (cell.scenario.suite.id, cell.scenario.id): cell.scenario.path for cell in self._whole
        }
        shard = parse_shard(self.settings.shard)
        own = select_shard(places, shard)
        return frozenset(path for place, path in places.items() if place not in own)

    def start(self, write_line: WriteLine) -> None:
        """Decide about every trial, write what will be recorded, and start them all.

        Raises InputError for a revision that does not exist, and for a price, a key or an address
        that cannot be used.
        """
        if self.settings.base:
            decisions = self._decide_both_sides(self.settings.base)
        else:
            decisions = [
                decision for cell in self._cells.values() for decision in self._decide(cell)
            ]
        if self.settings.record == "stale":
            decisions = self._trials.check(decisions)
            for decision in decisions:
                if decision.trial.cell.place is None:
                    known = self._decisions[decision.trial.cell.id]
                    known[decision.trial.number] = decision
        if recording := [decision.trial for decision in decisions if decision.records]:
            check_recording(recording, self.settings)
            for line in describe_models(recording):
                write_line(escape_text(line))
            self._trials.announce(recording, write_line)
        if self.settings.shard:
            # Also where nothing is left for this shard: a merge must see that it ran.
            self._trials.open()
        if self.settings.controls:
            write_line(self._describe_controls())
        for decision in decisions:
            if decision.error is None:
                self._trials.submit(decision)

    def finish_cell(self, cell: Cell, write_line: WriteLine) -> CellStatus:
        """Wait for a cell's trials, and return what they come to.

        write_line: gets a line for every trial of the run that is recorded meanwhile.
        """
        return CellStatus(cell, self._finish_trials(cell, write_line))

    def is_idle(self, cell: Cell) -> bool:
        """Return whether a cell has nothing to add to a comparison, and nothing to show.

        Its variant is what it was at the revision that is compared with, and was never recorded.
        """
        decisions = self._decisions.get(cell.id, ())
        return cell.id in self._unchanged and all(
            isinstance(decision.error, MissingRecording) for decision in decisions
        )

    def conclude_gate(self, folder: Path, write_line: WriteLine) -> GateConclusion:
        """Wait for every trial of the run, and return what a suite's gate comes to.

        Raises InputError.
        """
        from promptverdict.comparison.conclusion import conclude_gate

        comparisons = self.compare(write_line)
        return conclude_gate(folder.name, comparisons, self._cells.values())

    def compare(self, write_line: WriteLine) -> Comparisons:
        """Wait for every trial of the run, compare them once, and store the result with the run.

        Raises InputError.
        """
        if self._comparisons is None:
            from promptverdict.comparison.against_revision import OlderRecords
            from promptverdict.comparison.conclusion import conclude
            from promptverdict.comparison.storage import write_comparisons

            for decision in (*self._older, *self._controls):
                self._trials.wait_for(decision, write_line)
            cells = list(self._cells.values())
            records = [record for cell in cells for record in self._finish_trials(cell, write_line)]
            # A gate needs all cells of its suite, also those that this run did not select.
            expected = [cell.id for cell in self.reader.list_all_cells()]
            run = self._trials.open()
            self._comparisons = conclude(
                cells,
                expected,
                records,
                self.settings,
                self._root,
                OlderRecords(
                    run.save,
                    [record for record in self.older_records if record.fault],
                    [record for record in self.control_records if record.fault],
                ),
            )
            write_comparisons(run.folder, self._comparisons)
        return self._comparisons

    @property
    def has_shard(self) -> bool:
        """Whether this session runs one part of a plan, of which something was collected."""
        return self.settings.shard is not None and bool(self._whole)

    @property
    def is_compared(self) -> bool:
        """Whether the run ends in a comparison: with `--base`, or since a gate needed one.

        A shard never does: it is compared when all are merged.
        """
        return bool(self.settings.base or self._comparisons) and not self.settings.shard

    def finish_shard(self, write_line: WriteLine) -> None:
        """Store what a shard knows of the older revision, for the merge to be compared with.

        Raises InputError.
        """
        if not self.settings.base:
            return
        from promptverdict.comparison.older_side import store_older_side

        for decision in self._older:
            self._trials.wait_for(decision, write_line)
        run = self._trials.open()
        store_older_side(
            self.settings.base, self._root, list(self._cells.values()), self.settings, run.save
        )
        for record in self.older_records:
            if record.fault:
                run.save(record, LOST)

    def list_unrecorded(self) -> list[Decision]:
        """List the decisions about trials that were to be recorded and were not."""
        decisions = [
            decision
            for decided in self._decisions.values()
            for decision in decided
            if decision.records
        ]
        return [
            decision
            for decision in (*decisions, *self._older, *self._controls)
            if (record := self._trials.get_record(decision.trial.key)) is None or record.fault
        ]

    @property
    def nodes(self) -> dict[str, str]:
        """Cell's id -> its node id, as seen from the working folder."""
        return {
            cell.id: format_node_id(display_path(cell.scenario.path), cell.variant.id)
            for cell in self._cells.values()
        }

    @property
    def baselines(self) -> dict[str, str]:
        """Suite's id -> its baseline, for suites that have one."""
        suites = [cell.scenario.suite for cell in self._cells.values()]
        return {loaded.id: loaded.suite.baseline for loaded in suites if loaded.suite.baseline}

    @property
    def records(self) -> list[TrialRecord]:
        """Records of the finished trials, in the order of the plan."""
        keys = [trial.key for trial in self._list_planned()]
        return [record for key in keys if (record := self._trials.get_record(key))]

    @property
    def older_records(self) -> list[TrialRecord]:
        """Records of what this run recorded of the revision that it is compared with."""
        return self._list_records(self._older)

    @property
    def control_records(self) -> list[TrialRecord]:
        """Records of the control trials of this run."""
        return self._list_records(self._controls)

    @property
    def folder(self) -> Path | None:
        """Where the run is written; None before anything was."""
        return self._trials.folder

    def close(self) -> None:
        """Cancel the trials that still run; finished ones are stored already."""
        self._trials.close()

    def _describe_controls(self) -> str:
        if not self._controls:
            return "no control trials: no older recording of the baseline is replayed in this run"
        trials = format_count(len(self._controls), "control trial")
        return f"{trials} among them: recorded trials of the baseline, made again"

    def _list_records(self, decisions: Iterable[Decision]) -> list[TrialRecord]:
        keys = dict.fromkeys(decision.trial.key for decision in decisions)
        return [record for key in keys if (record := self._trials.get_record(key))]

    def _finish_trials(self, cell: Cell, write_line: WriteLine) -> list[TrialRecord]:
        if cell.id not in self._finished:
            self._finished[cell.id] = [
                self._trials.finish(decision, write_line) for decision in self._decide(cell)
            ]
        return self._finished[cell.id]

    def _decide_both_sides(self, ref: str) -> list[Decision]:
        """Decide about the cells and their older selves, in the order in which they are recorded.

        Raises InputError for a revision that does not exist.
        """
        from promptverdict.comparison.both_sides import BothSides, arrange_blocks

        mode, cells = self.settings.record, list(self._cells.values())
        decisions: list[Decision] = []
        with BothSides(ref, self._root, cells, self.settings) as sides:
            for cell in cells:
                decided = sides.decide(cell, self._list_trials(cell), mode)
                self._decisions[cell.id] = [each for each in decided if each.trial.cell is cell]
                decisions += decided
            if count := self.settings.controls:
                recorded = {decision.trial.key for decision in decisions}
                self._controls = sides.decide_controls(cells, recorded, count)
            if mode != "none":
                unchanged = (cell.id for cell in cells if not sides.is_changed(cell))
                self._unchanged = frozenset(unchanged)
        self._older = [decision for decision in decisions if decision.trial.cell.place is not None]
        apart = (*self._older, *self._controls)
        self._trials.note_older(frozenset(decision.trial.key for decision in apart))
        return arrange_blocks([*decisions, *self._controls], self._seed)

    def _decide(self, cell: Cell) -> list[Decision]:
        if cell.id not in self._decisions:
            from promptverdict.runner.decisions import decide

            self._decisions[cell.id] = [
                decide(trial, self.settings.record) for trial in self._list_trials(cell)
            ]
        return self._decisions[cell.id]

    def _list_trials(self, cell: Cell) -> list[Trial]:
        count = self.settings.trials or cell.scenario.suite.suite.trials
        return [cell.get_trial(number) for number in range(count)]

    def _list_planned(self) -> list[Trial]:
        return [trial for cell in self._cells.values() for trial in self._list_trials(cell)]

    def _create_run(self) -> Run:
        from promptverdict.trials.store import Run

        plan = self._plan_shards() if self.settings.shard else None
        run = Run.create(
            self._root / self.settings.results,
            self.settings,
            {trial.id: trial.key for trial in self._list_planned()},
            self._run_name,
            seed=self._seed if self.settings.base and self.settings.record != "none" else None,
            shard=self.settings.shard,
            plan=plan.digest if plan else None,
        )
        if plan:
            from promptverdict.comparison.run_plan import write_run_plan

            write_run_plan(run.folder, plan)
        return run

    def _plan_shards(self) -> RunPlan:
        from promptverdict.comparison.run_plan import build_run_plan

        by_hand = self.reader.agents_by_hand
        return build_run_plan(self._whole, self.settings, self._root, agents_by_hand=by_hand)
