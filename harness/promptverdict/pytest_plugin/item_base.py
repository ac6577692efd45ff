"""What the items of cells and gates share: how they reach the session, and how they fail.

An agent that falls short is a failure of the test's call; broken machinery is an error of its
setup. Neither shows a traceback.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from promptverdict.core.text import escape_lines

if TYPE_CHECKING:
    from promptverdict.pytest_plugin.session import EvalSession
    from promptverdict.runner.cell_selection import CellSelection
    from promptverdict.runner.cells import Cell

STATUS = "promptverdict_status"
REASON = "promptverdict_reason"
NEVER_RAN = "promptverdict_never_ran"
GATE = "promptverdict_gate"
"""Names of user properties, which reach workers' reports and JUnit's XML."""
MEASURED = "measured"
"""Status of a cell of which nothing is required."""


class Evals(Protocol):
    """What collectors and items need of the evaluations of their pytest session."""

    def select_cells(self, path: Path) -> CellSelection:
        """Select the cells of a scenario. Raises InputError."""
        ...

    def has_gate(self, folder: Path) -> bool:
        """Return whether a suite has a gate."""
        ...

    def select_others(self, cells: Iterable[Cell]) -> frozenset[Path]:
        """Select the scenarios that other shards run."""
        ...

    def get_session(self) -> EvalSession:
        """Return what the collected cells share. Raises InputError."""
        ...

    def write_line(self, line: str) -> None:
        """Write a line between those of pytest."""
        ...


class FellShort(Exception):
    """An agent did not show a behaviour that is required of it."""


class EvalItem(pytest.Item):
    """An item that fails with a reason and no traceback."""

    def __init__(self, *, evals: Evals, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.evals = evals

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show the reason; a traceback only for a bug."""
        if isinstance(excinfo.value, FellShort):
            return escape_lines(str(excinfo.value))
        return super().repr_failure(excinfo, style)
