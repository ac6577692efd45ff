"""The cells that a verb works on, and what it leaves out because something is wrong with it."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.text import escape_lines

if TYPE_CHECKING:
    from promptverdict.runner.cells import Cell
    from promptverdict.scenarios.loading import LoadedScenario
    from promptverdict.settings import Settings

LEFT_OUT = 2
"""Exit code of a verb that did all but what it had to leave out."""


class CellReader:
    """Selects the cells of scenarios, and says what it left out."""

    def __init__(self, settings: Settings) -> None:
        """Read the agents. Raises InputError where there is none that can be used."""
        from promptverdict.agents.discovery import find_agents

        self._settings = settings
        self._agents = find_agents([Path(place) for place in settings.agent_places])
        if not self._agents.variants:
            raise InputError(self._agents.problems)
        self._has_cells = False
        self.left_out: dict[Problem, None] = dict.fromkeys(self._agents.unnamed)

    def select(self, scenarios: Iterable[LoadedScenario]) -> Iterator[Cell]:
        """Select the cells of some scenarios. Raises InputError, also where none is left."""
        from promptverdict.runner.cell_selection import select_cells

        for scenario in scenarios:
            chosen = select_cells(scenario, self._agents, self._settings, by_hand=False)
            self.left_out |= dict.fromkeys(chosen.problems)
            self._has_cells = self._has_cells or bool(chosen.cells)
            yield from chosen.cells
        if self.left_out and not self._has_cells:
            raise InputError(self.left_out)

    def report(self) -> int:
        """Print what was left out; return the exit code for that, 0 where it was nothing."""
        for problem in self.left_out:
            print(f"left out: {escape_lines(str(problem))}", file=sys.stderr)
        return LEFT_OUT if self.left_out else 0
