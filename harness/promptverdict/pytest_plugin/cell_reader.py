"""Reads collected scenarios into cells: suites and agents once, each problem reported once."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from promptverdict.agents.discovery import AgentFiles, find_agents
from promptverdict.core.errors import InputError, Problem
from promptverdict.runner.cell_selection import (
    CellSelection,
    VariantSelection,
    build_cells,
    select_variants,
)
from promptverdict.runner.cells import Cell
from promptverdict.scenarios.discovery import SUITE_FILE, check_namesake, list_scenarios
from promptverdict.scenarios.loading import LoadedSuite, load_scenario, load_suite
from promptverdict.settings import Settings


class CellReader:
    """The suites and agents of one pytest session.

    root: the folder that the agents' place is relative to. agents_by_hand: the agents were named on
    the command line.
    """

    def __init__(self, settings: Settings, root: Path, *, agents_by_hand: bool) -> None:
        self._settings, self._root, self.agents_by_hand = settings, root, agents_by_hand
        self._suites: dict[Path, LoadedSuite] = {}
        self._variants: dict[Path, VariantSelection] = {}
        self._agents: AgentFiles | None = None
        self._has_read_agents = False
        self._reported: set[Problem] = set()
        self.refused: dict[Path, set[str]] = {}
        """Folder of a suite -> what of it was refused, variants and files that are none."""

    def select_cells(self, path: Path) -> CellSelection:
        """Read one scenario and select its cells.

        What is refused, or raised as InputError, was not reported before: the problems of agents,
        suites and models are the same for every scenario.
        """
        try:
            chosen = self._select_cells(path)
        except InputError as error:
            if new := self._keep_new(error.problems):
                raise InputError(new) from error
            return CellSelection()
        self.refused.setdefault(path.parent, set()).update(chosen.refused)
        refused = {name: self._keep_new(own) for name, own in chosen.refused.items()}
        return CellSelection(chosen.cells, {name: own for name, own in refused.items() if own})

    def list_all_cells(self) -> list[Cell]:
        """List the cells of all scenarios of the suites read so far, selected or not.

        Raises InputError.
        """
        files = [file for folder in self._suites for file in list_scenarios(folder)]
        return [cell for file in files for cell in self._select_cells(file).cells]

    def has_gate(self, folder: Path) -> bool:
        """Return whether a suite has a gate, and something to compare with. Raises InputError."""
        suite = self._read_suite(folder).suite
        return bool(suite.gate and (suite.baseline or self._settings.base))

    def _select_cells(self, path: Path) -> CellSelection:
        scenario = load_scenario(path, self._read_suite(path.parent))
        agents = self._read_agents()
        if agents is None:
            return CellSelection()
        if path.parent not in self._variants:
            self._variants[path.parent] = select_variants(
                scenario.suite, agents, self._settings, by_hand=self.agents_by_hand
            )
        chosen = build_cells(scenario, self._variants[path.parent], self._settings)
        unnamed = {problem.where: (problem,) for problem in agents.unnamed}
        return CellSelection(chosen.cells, {**unnamed, **chosen.refused})

    def _keep_new(self, problems: Iterable[Problem]) -> tuple[Problem, ...]:
        """Return the problems that were not reported before; from now on they are."""
        new = tuple(problem for problem in problems if problem not in self._reported)
        self._reported.update(new)
        return new

    def _read_suite(self, folder: Path) -> LoadedSuite:
        if folder not in self._suites:
            check_namesake(folder, self._suites)
            self._suites[folder] = load_suite(folder / SUITE_FILE)
        return self._suites[folder]

    def _read_agents(self) -> AgentFiles | None:
        """Read the agents the first time; None if there were none, which was reported."""
        if not self._has_read_agents:
            self._has_read_agents = True
            found = find_agents([self._root / place for place in self._settings.agent_places])
            if not found.variants:
                raise InputError(found.problems)
            self._agents = found
        return self._agents
