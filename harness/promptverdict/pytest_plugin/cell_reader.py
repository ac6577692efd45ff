"""Reads collected scenarios into cells: suites and agents once, each problem reported once."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.agents.discovery import load_agents
from promptverdict.core.errors import InputError, Problem
from promptverdict.runner.cell_selection import list_cells
from promptverdict.runner.cells import Cell
from promptverdict.scenarios.discovery import SUITE_FILE, check_namesake, list_scenarios
from promptverdict.scenarios.loading import LoadedSuite, load_scenario, load_suite
from promptverdict.settings import Settings

if TYPE_CHECKING:
    from promptverdict.agents.variant import Variant


class CellReader:
    """The suites and agents of one pytest session.

    root: the folder that the agents' place is relative to. agents_by_hand: the agents were named on
    the command line.
    """

    def __init__(self, settings: Settings, root: Path, *, agents_by_hand: bool) -> None:
        self._settings, self._root, self._agents_by_hand = settings, root, agents_by_hand
        self._suites: dict[Path, LoadedSuite] = {}
        self._agents: tuple[Variant, ...] | None = ()
        self._reported: set[Problem] = set()

    def list_cells(self, path: Path) -> list[Cell]:
        """Read one scenario and list its cells.

        Raises InputError with the problems that were not reported before: those of agents, suites
        and models are the same for every scenario.
        """
        try:
            return self._read_cells(path)
        except InputError as error:
            new = [problem for problem in error.problems if problem not in self._reported]
            if not new:
                return []
            self._reported.update(new)
            raise InputError(new) from error

    def list_all_cells(self) -> list[Cell]:
        """List the cells of all scenarios of the suites read so far, selected or not.

        Raises InputError.
        """
        files = [file for folder in self._suites for file in list_scenarios(folder)]
        return [cell for file in files for cell in self._read_cells(file)]

    def has_gate(self, folder: Path) -> bool:
        """Return whether a suite has a gate, and something to compare with. Raises InputError."""
        suite = self._read_suite(folder).suite
        return bool(suite.gate and (suite.baseline or self._settings.base))

    def _read_cells(self, path: Path) -> list[Cell]:
        scenario = load_scenario(path, self._read_suite(path.parent))
        agents = self._read_agents()
        if agents is None:
            return []
        return list_cells(scenario, agents, self._settings, by_hand=self._agents_by_hand)

    def _read_suite(self, folder: Path) -> LoadedSuite:
        if folder not in self._suites:
            check_namesake(folder, self._suites)
            self._suites[folder] = load_suite(folder / SUITE_FILE)
        return self._suites[folder]

    def _read_agents(self) -> tuple[Variant, ...] | None:
        """Read the agents the first time; None if that failed before, and was reported."""
        if self._agents == ():
            self._agents = None
            self._agents = load_agents(self._root / self._settings.agents)
        return self._agents
