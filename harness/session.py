"""What one run over collected cells shares: agents, sandbox, runner, the run on disk."""

from __future__ import annotations

import threading
from collections.abc import Iterable
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING

from harness.collecting import SUITE_FILE
from harness.errors import InputError, Problem, shown
from harness.grading import Standings, standings
from harness.loading import load_agents
from harness.loading.suites import LoadedSuite, load_scenario, load_suite
from harness.plan import Cell, cells
from harness.settings import Settings

if TYPE_CHECKING:
    from harness.agent import Variant
    from harness.records import TrialRecord
    from harness.runner import Decision, Runner
    from harness.sandbox import Sandbox
    from harness.store import Run


class EvalSession:
    """The evaluations of one run, from collected scenarios to finished records."""

    def __init__(self, settings: Settings, root: Path, *, agents_by_hand: bool) -> None:
        self.settings = settings
        self._root, self._agents_by_hand = root, agents_by_hand
        self._suites: dict[Path, LoadedSuite] = {}
        self._agents: tuple[Variant, ...] | None = ()
        self._decisions: dict[str, list[Decision]] = {}
        self._records: dict[str, list[TrialRecord]] = {}
        self._runner: Runner | None = None
        self._run: Run | None = None
        self._lock = threading.Lock()

    def cells(self, path: Path) -> list[Cell]:
        """Read one scenario and list its cells.

        Raises InputError; what is wrong with the agents is told once and not for every scenario.
        """
        folder = path.parent
        if folder not in self._suites:
            self._refuse_namesake(folder)
            self._suites[folder] = load_suite(folder / SUITE_FILE)
        scenario = load_scenario(path, self._suites[folder])
        agents = self._load_agents()
        if agents is None:
            return []
        return cells(scenario, agents, self.settings, by_hand=self._agents_by_hand)

    def start(self, wanted: Iterable[Cell]) -> str:
        """Decide about every trial and start them all; say what will be recorded.

        Raises InputError for a promise of a behaviour that nobody knows.
        """
        wanted = list(wanted)
        self._check_promise(wanted)
        decisions = [decision for cell in wanted for decision in self._decide(cell)]
        if self.settings.record == "stale":
            decisions = self._started().check(decisions)
            for decision in decisions:
                known = self._decisions[decision.trial.cell.id]
                known[decision.trial.number] = decision
        for decision in decisions:
            if decision.error is None:
                self._started().submit(decision)
        return _announced([decision for decision in decisions if decision.records])

    def faults(self, cell: Cell) -> list[str]:
        """Wait for a cell's trials; say what broke, if anything did."""
        records, faults = [], cell.lost_promises()
        for decision in self._decide(cell):
            if decision.error:
                faults.append(str(decision.error))
                continue
            record = self._started().submit(decision).result()
            records.append(record)
            if record.fault:
                faults.append(f"{decision.trial.id}: {record.fault.message}")
        self._records[cell.id] = records
        if not faults and not self.shortcomings(cell):
            undecided = self._told(cell, "undecided", "ungraded")
            faults = [f"undecided: {told}" for told in undecided]
        return faults

    def binds(self, cell: Cell) -> bool:
        """Whether anything is required of a cell."""
        return bool(cell.binding(self.settings.promise))

    def shortcomings(self, cell: Cell) -> list[str]:
        """Say of each behaviour that a finished cell must show and does not, why."""
        return self._told(cell, "short", "fail")

    def _told(self, cell: Cell, standing: str, outcome: str) -> list[str]:
        return [
            f"{one.behaviour}: {_counted(one)}\n{self._reasons(cell, one, outcome)}"
            for one in self._standings(cell)
            if one.standing == standing
        ]

    def _standings(self, cell: Cell) -> list[Standings]:
        trials = [record.grades for record in self._records.get(cell.id, ())]
        require = cell.scenario.suite.suite.require
        return [standings(name, trials, require) for name in cell.binding(self.settings.promise)]

    def _reasons(self, cell: Cell, one: Standings, outcome: str) -> str:
        lines = [
            f"  trial {record.trial}: {grade.finding.reason}"
            for record in self._records[cell.id]
            for grade in record.grades
            if grade.behaviour == one.behaviour and grade.finding.outcome == outcome
        ]
        node = f"{shown(cell.scenario.path)}::{cell.variant.id}"
        return "\n".join([*lines, f"  read it: promptverdict show '{node}'"])

    def seconds(self, cell: Cell) -> float:
        """How long a cell's trials took, added up."""
        return sum(record.seconds for record in self._records.get(cell.id, ()))

    def summary(self) -> str:
        """Show what was seen of each cell; empty before anything ran."""
        from harness.report.terminal import summary

        errors = [
            decision.error
            for decisions in self._decisions.values()
            for decision in decisions
            if decision.error
        ]
        run = self._run.folder if self._run else None
        return summary(self._records, errors, run)

    def close(self) -> None:
        """Cancel what still runs; what is finished is on disk already."""
        if self._runner:
            self._runner.close()
        if self._run:
            self._run.make_latest()

    def _check_promise(self, wanted: list[Cell]) -> None:
        asked = set((self.settings.promise or "all").replace(" ", "").split(","))
        known = {name for cell in wanted for name in cell.scenario.suite.suite.behaviours}
        if unknown := sorted(asked - known - {"all"}):
            cure = f"there are: {', '.join(sorted(known)) or 'none'}"
            raise InputError([Problem("--promise", f"no behaviour {', '.join(unknown)}", cure)])

    def _refuse_namesake(self, folder: Path) -> None:
        """A suite's id is its folder's name: two of one name would share trials and records."""
        for known in self._suites:
            if known.name == folder.name:
                where = shown(folder / SUITE_FILE)
                found = f"{shown(known)} has the same name, and a suite's name is its id"
                raise InputError([Problem(where, found, "rename one of the two folders")])

    def _load_agents(self) -> tuple[Variant, ...] | None:
        """Read the agents the first time; give None where that has failed before."""
        if self._agents == ():
            self._agents = None
            self._agents = load_agents(self._root / self.settings.agents)
        return self._agents

    def _decide(self, cell: Cell) -> list[Decision]:
        if cell.id not in self._decisions:
            from harness.runner import decide

            trials = self.settings.trials or cell.scenario.suite.suite.trials
            self._decisions[cell.id] = [
                decide(cell.trial(number), self.settings.record) for number in range(trials)
            ]
        return self._decisions[cell.id]

    def _started(self) -> Runner:
        if self._runner is None:
            import httpx2

            from harness.runner import Runner
            from harness.store import Run
            from harness.world.base import Session

            self._run = Run.create(self._root / self.settings.results, self.settings)
            session = Session(self._sandbox, httpx2.AsyncHTTPTransport, self.settings.relay)
            offline = self.settings.record == "none"
            self._runner = Runner(
                session, self.settings.concurrency, self._run.save, offline=offline
            )
        return self._runner

    def _sandbox(self) -> Sandbox:
        """Open the sandbox once; every trial that needs one waits for the same."""
        with self._lock:
            return self._opened

    @cached_property
    def _opened(self) -> Sandbox:
        from harness.sandbox import open_sandbox

        return open_sandbox(self.settings.sandbox)


def _counted(one: Standings) -> str:
    told = f"shown in {one.passed} of {one.trials} trials"
    return f"{told}, {one.ungraded} ungraded" if one.ungraded else told


def _announced(recording: list[Decision]) -> str:
    if not recording:
        return ""
    characters = sum(
        len(decision.trial.cell.variant.prompt) + len(decision.trial.cell.task.message)
        for decision in recording
    )
    models = ", ".join(sorted({decision.trial.cell.model for decision in recording}))
    return (
        f"recording {len(recording)} trials with {models}; their first requests alone are about"
        f" {characters // 4 + 1500 * len(recording):,} tokens, price unknown"
    )
