"""What one run over collected cells shares: agents, sandbox, runner, the run on disk."""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, wait
from pathlib import Path
from queue import SimpleQueue
from typing import TYPE_CHECKING

from promptverdict.agents.discovery import load_agents
from promptverdict.core.errors import InputError, MissingRecording, Problem
from promptverdict.core.ids import format_node_id
from promptverdict.core.paths import display_path
from promptverdict.core.text import escape_text
from promptverdict.pytest_plugin.cell_status import CellStatus
from promptverdict.runner.cells import Cell, Trial, list_cells
from promptverdict.scenarios.discovery import SUITE_FILE, check_namesake, list_scenarios
from promptverdict.scenarios.loading import LoadedSuite, load_scenario, load_suite
from promptverdict.settings import Settings

if TYPE_CHECKING:
    from promptverdict.agents.variant import Variant
    from promptverdict.comparison.conclusion import GateConclusion
    from promptverdict.comparison.verdicts import Comparisons
    from promptverdict.pytest_plugin.progress import Progress
    from promptverdict.runner.decisions import Decision
    from promptverdict.runner.runner import Runner
    from promptverdict.trials.record import TrialRecord
    from promptverdict.trials.store import Run

Tell = Callable[[str], object]
"""Says a line to whoever waits."""

_PATIENCE = 0.2
"""Seconds between two looks at what has ended meanwhile."""


class EvalSession:
    """The evaluations of one run, from collected scenarios to finished records.

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
        self._root, self._agents_by_hand, self._run_name = root, agents_by_hand, run_name
        self._suites: dict[Path, LoadedSuite] = {}
        self._agents: tuple[Variant, ...] | None = ()
        self._told: set[Problem] = set()
        self._cells: dict[str, Cell] = {}
        self._decisions: dict[str, list[Decision]] = {}
        self._recording: frozenset[str] = frozenset()
        self._older: list[Decision] = []
        self._older_keys: frozenset[str] = frozenset()
        self._unchanged: frozenset[str] = frozenset()
        self._records: dict[str, list[TrialRecord]] = {}
        self._kept: dict[str, TrialRecord] = {}
        self._compared: Comparisons | None = None
        self._seed = secrets.randbelow(2**32)
        self._ended: SimpleQueue[TrialRecord] = SimpleQueue()
        self._progress: Progress | None = None
        self._runner: Runner | None = None
        self._run: Run | None = None

    def cells(self, path: Path) -> list[Cell]:
        """Read one scenario and list its cells.

        Raises InputError; what is wrong with agents, suite or models is told once and not for every
        scenario.
        """
        try:
            return self._read_cells(path)
        except InputError as error:
            if not (new := [one for one in error.problems if one not in self._told]):
                return []
            self._told.update(new)
            raise InputError(new) from error

    def _read_cells(self, path: Path) -> list[Cell]:
        scenario = load_scenario(path, self._suite(path.parent))
        agents = self._load_agents()
        if agents is None:
            return []
        return list_cells(scenario, agents, self.settings, by_hand=self._agents_by_hand)

    def has_gate(self, folder: Path) -> bool:
        """Whether a suite has a gate, and something to compare with. Raises InputError."""
        suite = self._suite(folder).suite
        return bool(suite.gate and (suite.baseline or self.settings.base))

    def plan(self, wanted: Iterable[Cell]) -> None:
        """Say which cells the run consists of, before any of them starts.

        Raises InputError for a promise of a behaviour that nobody knows.
        """
        self._cells = {cell.id: cell for cell in wanted}
        self._check_promise()

    def start(self, tell: Tell) -> None:
        """Decide about every trial and start them all; tell first what will be recorded.

        Raises InputError for a price that is not known, a revision that is not there, and a key or
        an address that cannot be used.
        """
        if self.settings.base:
            decisions = self._decide_both_sides(self.settings.base)
        else:
            decisions = [one for cell in self._cells.values() for one in self._decide(cell)]
        self._refuse_unpriced(decisions)
        if self.settings.record == "stale":
            decisions = self._started().check(decisions)
            for decision in decisions:
                if decision.trial.cell.place is None:
                    known = self._decisions[decision.trial.cell.id]
                    known[decision.trial.number] = decision
        if recording := [decision.trial for decision in decisions if decision.records]:
            self._check_places(recording)
            self._announce(recording, tell)
        for decision in decisions:
            if decision.error is None:
                self._started().submit(decision)

    def status(self, cell: Cell, tell: Tell) -> CellStatus:
        """Wait for a cell's trials, and give what they come to.

        tell: hears, meanwhile, of every trial of the run that was recorded.
        """
        return CellStatus(cell, self._finished(cell, tell))

    def is_idle(self, cell: Cell) -> bool:
        """Return whether a cell has nothing to add to a comparison, and nothing to show.

        Its variant is what it was at the revision that is compared with, and was never recorded.
        """
        decisions = self._decisions.get(cell.id, ())
        return cell.id in self._unchanged and all(
            isinstance(decision.error, MissingRecording) for decision in decisions
        )

    def gate(self, folder: Path, tell: Tell) -> GateConclusion:
        """Wait for every trial of the run, and say what a suite's gate comes to.

        Raises InputError.
        """
        from promptverdict.comparison.conclusion import conclude_gate

        return conclude_gate(folder.name, self.compared(tell), self._cells.values())

    def compared(self, tell: Tell) -> Comparisons:
        """Wait for every trial of the run, compare them, and keep that beside the records.

        Raises InputError.
        """
        if self._compared is None:
            for decision in self._older:
                self._await(decision, tell)
            from promptverdict.comparison.conclusion import conclude
            from promptverdict.comparison.storage import write_comparisons

            records = [
                record for cell in self._cells.values() for record in self._finished(cell, tell)
            ]
            files = [file for folder in self._suites for file in list_scenarios(folder)]
            every = [cell for file in files for cell in self._read_cells(file)]
            cells = list(self._cells.values())
            expected = [cell.id for cell in every]
            run = self._opened_run()
            self._compared = conclude(cells, expected, records, self.settings, self._root, run.save)
            write_comparisons(run.folder, self._compared)
        return self._compared

    @property
    def is_compared(self) -> bool:
        """Whether the run ends in a comparison: a revision was asked for, or a gate has one."""
        return bool(self.settings.base or self._compared)

    def left_over(self) -> list[Decision]:
        """List what was decided of the trials that were to be recorded and are not."""
        kept = {record.key for record in self.records if not record.fault}
        kept |= {key for key in self._older_keys if key in self._kept and not self._kept[key].fault}
        decisions = [one for each in self._decisions.values() for one in each if one.records]
        decisions += self._older
        return [decision for decision in decisions if decision.trial.key not in kept]

    @property
    def nodes(self) -> dict[str, str]:
        """Give each cell's node id as seen from the working folder, by the cell's id."""
        return {
            cell.id: format_node_id(display_path(cell.scenario.path), cell.variant.id)
            for cell in self._cells.values()
        }

    @property
    def baselines(self) -> dict[str, str]:
        """Give the baseline of each suite that has one, by the suite's id."""
        suites = [cell.scenario.suite for cell in self._cells.values()]
        return {one.id: one.suite.baseline for one in suites if one.suite.baseline}

    @property
    def records(self) -> list[TrialRecord]:
        """What the finished trials left, in the order in which they were planned."""
        trials = [trial.key for cell in self._cells.values() for trial in self._trials(cell)]
        return [self._kept[key] for key in trials if key in self._kept]

    @property
    def older_records(self) -> list[TrialRecord]:
        """What this run recorded of the revision that it is compared with."""
        return [record for key, record in self._kept.items() if key in self._older_keys]

    @property
    def folder(self) -> Path | None:
        """Where the run is written; None before anything was."""
        return self._run.folder if self._run else None

    def close(self) -> None:
        """Cancel what still runs; what is finished is on disk already."""
        if self._runner:
            self._runner.close()

    def _suite(self, folder: Path) -> LoadedSuite:
        if folder not in self._suites:
            check_namesake(folder, self._suites)
            self._suites[folder] = load_suite(folder / SUITE_FILE)
        return self._suites[folder]

    def _finished(self, cell: Cell, tell: Tell) -> list[TrialRecord]:
        if cell.id not in self._records:
            self._records[cell.id] = [
                self._record(decision, tell) for decision in self._decide(cell)
            ]
        return self._records[cell.id]

    def _record(self, decision: Decision, tell: Tell) -> TrialRecord:
        if decision.error:
            from promptverdict.runner.records import record_absence

            record = record_absence(decision.trial, decision.error)
            self._keep(record)
            return record
        return self._await(decision, tell)

    def _await(self, decision: Decision, tell: Tell) -> TrialRecord:
        """Wait for a trial, and write a line for each that is recorded meanwhile."""
        future = self._started().submit(decision)
        for record in self._waiting(future):
            if self._progress and record.key in self._recording:
                older = record.key in self._older_keys
                side = f" @ {self.settings.base}" if older else ""
                tell(self._progress.line(record, side))
        return future.result()

    def _waiting(self, future: Future[TrialRecord]) -> Iterator[TrialRecord]:
        """Give what has ended while a trial is waited for."""
        done = False
        while not done:
            wait([future], timeout=_PATIENCE)
            done = future.done()
            while not self._ended.empty():
                yield self._ended.get()

    def _keep(self, record: TrialRecord) -> None:
        """Store a record; called in threads of the runner."""
        # What is recorded of an older revision is read back, graded and kept when it is compared.
        if record.key not in self._older_keys:
            self._opened_run().save(record)
        self._kept[record.key] = record
        self._ended.put(record)

    def _check_places(self, recording: Iterable[Trial]) -> None:
        """Check keys and addresses once, before any trial is asked with them."""
        from promptverdict.providers.places import check_places

        models: dict[str, None] = {}
        for cell in {trial.cell.id: trial.cell for trial in recording}.values():
            models[cell.model] = None
            if cell.task.user:
                models[cell.user_model] = None
            if judge := cell.asks:
                models[judge] = None
        check_places(models)

    def _announce(self, trials: list[Trial], tell: Tell) -> None:
        from promptverdict.pytest_plugin.progress import Progress
        from promptverdict.runner.estimate import estimate

        for variant in {trial.cell.variant.id: trial.cell.variant for trial in trials}.values():
            for odd in variant.diagnostics:
                tell(escape_text(f"{variant.path}:{odd.line}: {odd.text}"))
        tell(str(estimate(trials, self.settings.prices)))
        self._progress = Progress(len(trials))
        self._recording = frozenset(trial.key for trial in trials)

    def _check_promise(self) -> None:
        asked = set((self.settings.promise or "all").replace(" ", "").split(","))
        suites = [cell.scenario.suite.suite for cell in self._cells.values()]
        known = {name for suite in suites for name in suite.behaviours}
        if unknown := sorted(asked - known - {"all"}):
            cure = f"there are: {', '.join(sorted(known)) or 'none'}"
            raise InputError([Problem("--promise", f"no behaviour {', '.join(unknown)}", cure)])

    def _refuse_unpriced(self, decisions: Iterable[Decision]) -> None:
        if self.settings.max_cost is not None:
            from promptverdict.runner.estimate import refuse_unpriced

            recording = [decision.trial.cell for decision in decisions if decision.records]
            refuse_unpriced(recording, self.settings.prices)

    def _load_agents(self) -> tuple[Variant, ...] | None:
        """Read the agents the first time; give None where that has failed before."""
        if self._agents == ():
            self._agents = None
            self._agents = load_agents(self._root / self.settings.agents)
        return self._agents

    def _trials(self, cell: Cell) -> list[Trial]:
        number = self.settings.trials or cell.scenario.suite.suite.trials
        return [cell.get_trial(each) for each in range(number)]

    def _decide_both_sides(self, ref: str) -> list[Decision]:
        """Decide about the cells and their older selves, in the order in which they are recorded.

        Raises InputError for a revision that is not there.
        """
        from promptverdict.comparison.both_sides import BothSides, arrange_blocks

        mode, cells = self.settings.record, list(self._cells.values())
        decisions: list[Decision] = []
        with BothSides(ref, self._root, cells, self.settings) as sides:
            for cell in cells:
                decided = sides.decide(cell, self._trials(cell), mode)
                self._decisions[cell.id] = [one for one in decided if one.trial.cell is cell]
                decisions += decided
            if mode != "none":
                unchanged = (cell.id for cell in cells if not sides.is_changed(cell))
                self._unchanged = frozenset(unchanged)
        self._older = [one for one in decisions if one.trial.cell.place is not None]
        self._older_keys = frozenset(one.trial.key for one in self._older)
        return arrange_blocks(decisions, self._seed)

    def _decide(self, cell: Cell) -> list[Decision]:
        if cell.id not in self._decisions:
            from promptverdict.runner.decisions import decide

            self._decisions[cell.id] = [
                decide(trial, self.settings.record) for trial in self._trials(cell)
            ]
        return self._decisions[cell.id]

    def _started(self) -> Runner:
        if self._runner is None:
            from promptverdict.runner.resources import Resources
            from promptverdict.runner.runner import Runner

            self._opened_run()
            self._runner = Runner(
                Resources(self.settings).build_context(),
                self.settings.concurrency,
                self._keep,
                offline=self.settings.record == "none",
            )
        return self._runner

    def _opened_run(self) -> Run:
        if self._run is None:
            from promptverdict.trials.store import Run

            planned = [trial for cell in self._cells.values() for trial in self._trials(cell)]
            self._run = Run.create(
                self._root / self.settings.results,
                self.settings,
                {trial.id: trial.key for trial in planned},
                self._run_name,
                seed=self._seed if self.settings.base and self.settings.record != "none" else None,
            )
        return self._run
