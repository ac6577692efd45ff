"""What pytest collects: one item for each cell, and one for each suite's gate.

An agent that falls short is a failure of the test's call; broken machinery is an error of its
setup. Neither shows a traceback.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

import pytest

from promptverdict.core.errors import HarnessError, InputError, Problem
from promptverdict.core.ids import format_node_id
from promptverdict.core.paths import display_path
from promptverdict.core.text import escape_lines
from promptverdict.pytest_plugin.solution_items import collect_solutions
from promptverdict.scenarios.discovery import list_scenarios

if TYPE_CHECKING:
    from promptverdict.pytest_plugin.cell_status import CellStatus
    from promptverdict.pytest_plugin.session import EvalSession
    from promptverdict.runner.cells import Cell

STATUS = "promptverdict_status"
REASON = "promptverdict_reason"
GATE = "promptverdict_gate"
MEASURED = "measured"


class Evals(Protocol):
    """What an item needs of the evaluations of its pytest session."""

    def cells(self, path: Path) -> list[Cell]:
        """Return the cells of a scenario. Raises InputError."""
        ...

    def has_gate(self, folder: Path) -> bool:
        """Return whether a suite has a gate."""
        ...

    def session(self) -> EvalSession:
        """Return what the collected cells share. Raises InputError."""
        ...

    def tell(self, line: str) -> None:
        """Write a line between those of pytest."""
        ...


class FellShort(Exception):
    """An agent did not show a behaviour that is required of it."""


class ScenarioFile(pytest.File):
    """A scenario: one item for each solution, and for each variant it is run with."""

    def __init__(self, *, evals: Evals, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._evals = evals

    def collect(self) -> Iterable[pytest.Item]:
        """Read the scenario and make its items."""
        try:
            cells = self._evals.cells(self.path)
            solutions = list(collect_solutions(self, cells[0].scenario)) if cells else []
        except InputError as error:
            raise self.CollectError(escape_lines(str(error))) from error
        yield from solutions
        for cell in cells:
            yield CellItem.from_parent(self, name=cell.variant.id, cell=cell, evals=self._evals)


class UnusableFile(pytest.File):
    """A suite or a scenario that cannot be used and that pytest would pass over in silence."""

    def __init__(self, *, problem: Problem, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._problem = problem

    def collect(self) -> Iterable[pytest.Item]:
        """Report what is wrong with it."""
        raise self.CollectError(escape_lines(str(self._problem)))


class CellItem(pytest.Item):
    """One scenario with one variant."""

    def __init__(self, *, cell: Cell, evals: Evals, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cell, self._evals = cell, evals
        self._status: CellStatus | None = None
        for known in cell.scenario.suite.suite.known_failing:
            if known.cell == format_node_id(cell.scenario.id, cell.variant.id):
                # Only the agent's own failure is expected: broken machinery stays an error.
                mark = pytest.mark.xfail(strict=True, reason=known.reason, raises=FellShort)
                self.add_marker(mark)
        for tag in cell.scenario.scenario.tags:
            self.config.addinivalue_line("markers", f"{tag}: scenarios tagged {tag}")
            self.add_marker(tag)

    @property
    def seconds(self) -> float:
        """How long the cell's trials took, added up; 0 before they ended."""
        return self._status.seconds if self._status else 0.0

    def setup(self) -> None:
        """Wait for the cell's trials; broken machinery is an error, never a failure."""
        try:
            session = self._evals.session()
            self._status = session.status(self.cell, self._evals.tell)
            if session.is_idle(self.cell):
                pytest.skip(f"unchanged since {session.settings.base}, and never recorded")
            faults = self._status.faults()
        except HarnessError as error:
            faults = [str(error)]
        if not faults:
            return
        if self._status is None or self._status.has_evidence:
            self._note("ERROR", faults)
        else:
            # The summary says once, for all such cells, how to record them.
            self.user_properties.append((STATUS, "ERROR"))
            faults = [fault.partition("\n")[0] for fault in faults]
        pytest.fail(escape_lines("\n".join(dict.fromkeys(faults))), pytrace=False)

    def runtest(self) -> None:
        """Fail where the agent fell short; where nothing is required of it, it is measured."""
        if self._status is None:
            raise RuntimeError("the cell was not set up")
        for behaviour, rate in self._status.rates().items():
            self.user_properties.append((f"promptverdict:{behaviour}", rate))
        if shortcomings := self._status.shortcomings():
            self._note("FAILED", shortcomings)
            raise FellShort("\n".join(shortcomings))
        self.user_properties.append((STATUS, "passed" if self.cell.required else MEASURED))

    def _note(self, status: str, told: list[str]) -> None:
        """Leave the status and the reason, on one line, to reports and to JUnit's XML."""
        briefly = ["; ".join(line.strip() for line in one.split("\n")[:2]) for one in told]
        self.user_properties += [(STATUS, status), (REASON, " | ".join(briefly))]

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show what the agent fell short of, and no traceback."""
        if isinstance(excinfo.value, FellShort):
            return escape_lines(str(excinfo.value))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Name the cell as a person would."""
        return self.path, 0, f"{self.path.stem} with {self.name}"


class SuiteFile(pytest.File):
    """A suite: its gate, where it has one."""

    def __init__(self, *, evals: Evals, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._evals = evals

    def collect(self) -> Iterable[pytest.Item]:
        """Make the gate's item; pytest itself would pass over a scenario that is no file."""
        from promptverdict.scenarios.consistency import check_folders

        scenarios = list_scenarios(self.path.parent)
        problems = [
            Problem(display_path(path), "a scenario is a file, and this is none", "replace it")
            for path in scenarios
            if not path.is_file()
        ]
        problems += check_folders(self.path.parent, (path.stem for path in scenarios))
        if problems:
            raise self.CollectError(escape_lines("\n".join(map(str, problems))))
        if self._evals.has_gate(self.path.parent):
            yield GateItem.from_parent(self, name="gate", evals=self._evals)


class GateItem(pytest.Item):
    """What a suite's comparison must not show."""

    def __init__(self, *, evals: Evals, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._evals = evals
        self._blocking: tuple[str, ...] = ()

    def setup(self) -> None:
        """Wait for the run and compare; evidence that cannot be used is an error."""
        try:
            found = self._evals.session().gate(self.path.parent, self._evals.tell)
        except HarnessError as error:
            pytest.fail(escape_lines(str(error)), pytrace=False)
        status = {0: "passed", 7: "ERROR"}.get(found.exit_code, "FAILED")
        self.user_properties += [(STATUS, status), (GATE, " | ".join(found.reasons))]
        self.user_properties += [
            (f"promptverdict:{of}", said) for of, said in found.verdicts.items()
        ]
        if found.exit_code == 7:
            pytest.fail(escape_lines("\n".join(found.reasons)), pytrace=False)
        self._blocking = found.reasons if found.exit_code else ()

    def runtest(self) -> None:
        """Fail where the gate blocks."""
        if self._blocking:
            raise FellShort("\n".join(self._blocking))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show why it blocks, and no traceback."""
        if isinstance(excinfo.value, FellShort):
            return escape_lines(str(excinfo.value))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Name the gate as a person would."""
        return self.path, 0, f"gate of {self.path.parent.name}"
