"""The evaluations of one pytest session, from their first trial to their comparison."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.core.ids import format_node_id
from promptverdict.core.paths import display_path
from promptverdict.core.text import escape_text
from promptverdict.pytest_plugin.cell_reader import CellReader
from promptverdict.pytest_plugin.cell_status import CellStatus
from promptverdict.pytest_plugin.checks import check_recording, describe_models
from promptverdict.pytest_plugin.known_replays import KnownReplays
from promptverdict.pytest_plugin.planned_trials import PlannedTrials
from promptverdict.pytest_plugin.trial_run import TrialRun, WriteLine
from promptverdict.runner.cells import Cell, Trial
from promptverdict.runner.invocation import WHOLE, Invocation
from promptverdict.runner.recording_locks import RecordingLocks
from promptverdict.settings import Settings
from promptverdict.trials.store import LOST

if TYPE_CHECKING:
    from promptverdict.comparison.conclusion import GateConclusion
    from promptverdict.comparison.verdicts import Comparisons
    from promptverdict.runner.decisions import Decision
    from promptverdict.trials.record import TrialRecord
    from promptverdict.trials.store import Run
    from promptverdict.trials.summary import TrialSummary


class EvalSession:
    """What the collected cells of one session share.

    run_name: the run that several processes share, or None for one of its own. worker: name of the
    worker of pytest-xdist that this process is. is_cache_cleared: whether records of earlier
    replays are passed over. invocation: of pytest, which cures repeat.
    """

    def __init__(
        self,
        settings: Settings,
        root: Path,
        *,
        agents_by_hand: bool,
        run_name: str | None = None,
        worker: str | None = None,
        is_cache_cleared: bool = False,
        invocation: Invocation | None = None,
    ) -> None:
        self.settings = settings
        self.reader = CellReader(settings, root, agents_by_hand=agents_by_hand)
        self._root, self._run_name, self._invocation = root, run_name, invocation
        self._known = KnownReplays(settings, root, is_cleared=is_cache_cleared, worker=worker)
        self._trials = TrialRun(settings, self._create_run, self._known.add)
        self.planned = PlannedTrials(settings, root, self._known.find, invocation or WHOLE)
        self._locks = RecordingLocks()
        self._finished: dict[str, list[TrialSummary]] = {}
        self._comparisons: Comparisons | None = None

    def start(self, write_line: WriteLine) -> None:
        """Decide about every trial, write what will be recorded, and start them all.

        Raises InputError for a revision that does not exist, for a price, a key or an address that
        cannot be used, and for scenarios that another run is recording; SandboxError and DiskError
        where nothing could be recorded here.
        """
        if self.settings.record != "none":
            self._trials.sweep()
            self._locks.take({cell.scenario.path for cell in self.planned.cells})
        decisions = self.planned.decide_all()
        apart = frozenset(decision.trial.key for decision in self.planned.apart)
        self._trials.note_older(apart)
        if self.settings.record == "stale":
            # Before the recordings are replayed, which takes long and begins a run.
            self._check_recording(decisions)
            decisions = self._trials.check(decisions)
            self.planned.replace_decisions(decisions)
        recording = self._check_recording(decisions)
        self._sweep(decisions)
        self._locks.keep({trial.cell.scenario.path for trial in recording})
        if recording:
            for line in describe_models(recording):
                write_line(escape_text(line))
            self._trials.announce(recording, write_line)
        if self.settings.shard:
            # Also where nothing is left for this shard: a merge must see that it ran.
            self._trials.open()
        if self.settings.controls:
            write_line(self.planned.describe_controls())
        for decision in decisions:
            if decision.error is None:
                self._trials.submit(decision)

    def finish_cell(self, cell: Cell, write_line: WriteLine) -> CellStatus:
        """Wait for a cell's trials, and return what they come to.

        write_line: gets a line for every trial of the run that is recorded meanwhile.
        """
        trials = self._finish_trials(cell, write_line)
        return CellStatus(cell, trials, self._trials.read_record)

    def conclude_gate(self, folder: Path, write_line: WriteLine) -> GateConclusion:
        """Wait for every trial of the run, and return what a suite's gate comes to.

        Raises InputError.
        """
        from promptverdict.comparison.conclusion import conclude_gate

        comparisons = self.compare(write_line)
        refused = sorted(self.reader.refused.get(folder, ()))
        return conclude_gate(folder.name, comparisons, self.planned.cells, refused)

    def compare(self, write_line: WriteLine) -> Comparisons:
        """Wait for every trial of the run, compare them once, and store the result with the run.

        Raises InputError.
        """
        if self._comparisons is None:
            from promptverdict.comparison.against_revision import OlderRecords
            from promptverdict.comparison.conclusion import conclude
            from promptverdict.comparison.storage import write_comparisons

            for decision in self.planned.apart:
                self._trials.wait_for(decision, write_line)
            cells = self.planned.cells
            trials = [trial for cell in cells for trial in self._finish_trials(cell, write_line)]
            # A gate needs all cells of its suite, also those that this run did not select.
            expected = [cell.id for cell in self.reader.list_all_cells()]
            run = self._trials.open()
            self._comparisons = conclude(
                cells,
                expected,
                (self._trials.read_record(trial.key) for trial in trials),
                self.settings,
                self._root,
                OlderRecords(
                    run.save,
                    self._list_lost(self.planned.older),
                    self._list_lost(self.planned.controls),
                ),
                self._invocation,
            )
            write_comparisons(run.folder, self._comparisons)
        return self._comparisons

    @property
    def has_shard(self) -> bool:
        """Whether this session runs one part of a plan, of which something was collected."""
        return self.settings.shard is not None and bool(self.planned.whole)

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

        for decision in self.planned.older:
            self._trials.wait_for(decision, write_line)
        run = self._trials.open()
        store_older_side(
            self.settings.base, self._root, self.planned.cells, self.settings, run.save
        )
        for record in self._list_lost(self.planned.older):
            run.save(record, LOST)

    def list_unrecorded(self) -> list[Decision]:
        """List the decisions about trials that were to be recorded and were not."""
        return [
            decision
            for decision in self.planned.list_recorded()
            if (trial := self._trials.get_summary(decision.trial.key)) is None or trial.fault
        ]

    @property
    def nodes(self) -> dict[str, str]:
        """Cell's id -> its node id, as seen from the working folder."""
        return {
            cell.id: format_node_id(display_path(cell.scenario.path), cell.variant.id)
            for cell in self.planned.cells
        }

    @property
    def baselines(self) -> dict[str, str]:
        """Suite's id -> its baseline, for suites that have one."""
        suites = [cell.scenario.suite for cell in self.planned.cells]
        return {loaded.id: loaded.suite.baseline for loaded in suites if loaded.suite.baseline}

    @property
    def trials(self) -> list[TrialSummary]:
        """The finished trials, in the order of the plan."""
        keys = [trial.key for trial in self.planned.list_trials()]
        return [trial for key in keys if (trial := self._trials.get_summary(key))]

    @property
    def older_trials(self) -> list[TrialSummary]:
        """What this run recorded of the revision that it is compared with."""
        return self._list_trials(self.planned.older)

    @property
    def control_trials(self) -> list[TrialSummary]:
        """The control trials of this run."""
        return self._list_trials(self.planned.controls)

    @property
    def folder(self) -> Path | None:
        """Where the run is written; None before anything was."""
        return self._trials.folder

    def close(self) -> None:
        """Cancel the trials that still run; finished ones are stored already."""
        self._trials.close()
        self._known.store()
        self._locks.close()

    def _check_recording(self, decisions: Iterable[Decision]) -> list[Trial]:
        """List the trials to record, once everything that recording them needs was checked."""
        recording = [decision.trial for decision in decisions if decision.records]
        if recording:
            check_recording(recording, self.settings)
            self._trials.check_sandbox()
        return recording

    def _sweep(self, decisions: Iterable[Decision]) -> None:
        """Remove what killed runs have left beside the recordings that this run alone may write."""
        from promptverdict.recording.files import remove_unfinished

        broken = {
            decision.trial.cell.scenario.path
            for decision in decisions
            if decision.state == "broken"
        }
        scenarios = {cell.scenario.path: cell.scenario for cell in self.planned.cells}
        for path, scenario in scenarios.items():
            # What lies beside a broken recording may still tell somebody what broke it.
            if self._locks.has(path) and path not in broken:
                remove_unfinished(scenario.cassettes)

    def _list_trials(self, decisions: Iterable[Decision]) -> list[TrialSummary]:
        keys = dict.fromkeys(decision.trial.key for decision in decisions)
        return [trial for key in keys if (trial := self._trials.get_summary(key))]

    def _list_lost(self, decisions: Iterable[Decision]) -> list[TrialRecord]:
        keys = dict.fromkeys(decision.trial.key for decision in decisions)
        return [record for key in keys if (record := self._trials.get_lost(key))]

    def _finish_trials(self, cell: Cell, write_line: WriteLine) -> list[TrialSummary]:
        if cell.id not in self._finished:
            self._finished[cell.id] = [
                self._trials.finish(decision, write_line) for decision in self.planned.decide(cell)
            ]
            self.planned.drop_texts(cell)
        return self._finished[cell.id]

    def _create_run(self) -> Run:
        from promptverdict.trials.store import Run

        plan = self.planned.build_run_plan(agents_by_hand=self.reader.agents_by_hand)
        run = Run.create(
            self._root / self.settings.results,
            self.settings,
            {trial.id: trial.key for trial in self.planned.list_trials()},
            self._run_name,
            seed=self.planned.seed,
            shard=self.settings.shard,
            plan=plan.digest if plan else None,
        )
        if plan:
            from promptverdict.comparison.run_plan import write_run_plan

            write_run_plan(run.folder, plan)
        return run
