"""What pytest collects from a scenario: one item for each cell, and one for each solution."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from promptverdict.core.errors import HarnessError, InputError, Problem
from promptverdict.core.files import refuse_unreadable
from promptverdict.core.ids import format_node_id
from promptverdict.core.text import escape_lines, escape_text
from promptverdict.pytest_plugin.item_base import (
    MEASURED,
    NEVER_RAN,
    REASON,
    STATUS,
    EvalItem,
    Evals,
    FellShort,
)
from promptverdict.pytest_plugin.solution_items import collect_solutions

if TYPE_CHECKING:
    from promptverdict.pytest_plugin.cell_status import CellStatus
    from promptverdict.runner.cells import Cell


class ScenarioFile(pytest.File):
    """A scenario: one item for each solution, and for each variant it runs with."""

    def __init__(self, *, evals: Evals, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._evals = evals

    def collect(self) -> Iterable[pytest.Item]:
        """Read the scenario and make its items."""
        try:
            with refuse_unreadable():
                chosen = self._evals.select_cells(self.path)
                cells = chosen.cells
                solutions = list(collect_solutions(self, cells[0].scenario)) if cells else []
        except InputError as error:
            raise self.CollectError(escape_lines(str(error))) from error
        yield from solutions
        for cell in cells:
            yield CellItem.from_parent(self, name=cell.variant.id, cell=cell, evals=self._evals)
        for name, problems in chosen.refused.items():
            yield RefusedItem.from_parent(self, name=name, problems=problems, evals=self._evals)


class RefusedItem(EvalItem):
    """A cell that cannot run: an error that keeps no other cell from running."""

    def __init__(self, *, problems: tuple[Problem, ...], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._problems = problems

    @property
    def reason(self) -> str:
        """Why it cannot run, in one line."""
        problems = (f"{problem.where}: {problem.found}" for problem in self._problems)
        return escape_text(" | ".join(problems))

    def setup(self) -> None:
        """Report why it cannot run."""
        self.user_properties += [(STATUS, "ERROR"), (REASON, self.reason), (NEVER_RAN, True)]
        pytest.fail(escape_lines("\n".join(map(str, self._problems))), pytrace=False)

    def runtest(self) -> None:
        """Never reached: the setup fails."""
        raise AssertionError

    def reportinfo(self) -> tuple[Path, int, str]:
        """Name the cell as a person would."""
        return self.path, 0, f"{self.path.stem} with {self.name}"


class UnusableFile(pytest.File):
    """A suite or a scenario that cannot be used, and that pytest would pass over in silence."""

    def __init__(self, *, problem: Problem, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._problem = problem

    def collect(self) -> Iterable[pytest.Item]:
        """Report what is wrong with it."""
        raise self.CollectError(escape_lines(str(self._problem)))


class CellItem(EvalItem):
    """One scenario with one variant."""

    def __init__(self, *, cell: Cell, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.cell = cell
        self._status: CellStatus | None = None
        for known in cell.scenario.suite.suite.known_failing:
            if known.cell == format_node_id(cell.scenario.id, cell.variant.id):
                # Only the agent's own failure is expected: broken machinery stays an error.
                mark = pytest.mark.xfail(strict=True, reason=known.reason, raises=FellShort)
                self.add_marker(mark)
        for tag in cell.scenario.scenario.tags:
            # Registered here, since --strict-markers refuses markers that no configuration names.
            self.config.addinivalue_line("markers", f"{tag}: scenarios tagged {tag}")
            self.add_marker(tag)

    @property
    def seconds(self) -> float:
        """How long the cell's trials took, added up; 0 before they ended."""
        return self._status.seconds if self._status else 0.0

    def setup(self) -> None:
        """Wait for the cell's trials; broken machinery is an error, never a failure."""
        try:
            session = self.evals.get_session()
            self._status = session.finish_cell(self.cell, self.evals.write_line)
            if session.planned.is_idle(self.cell):
                pytest.skip(f"unchanged since {session.settings.base}, and never recorded")
            faults = self._status.list_faults()
        except HarnessError as error:
            faults = [str(error)]
        if not faults:
            return
        if self._status is None or self._status.has_evidence:
            self._add_status("ERROR", faults)
        else:
            # The summary says once, for all such cells, how to record them.
            self.user_properties.append((STATUS, "ERROR"))
            faults = [fault.partition("\n")[0] for fault in faults]
        pytest.fail(escape_lines("\n".join(dict.fromkeys(faults))), pytrace=False)

    def runtest(self) -> None:
        """Fail if the agent fell short; a cell of which nothing is required is measured."""
        if self._status is None:
            raise RuntimeError("the cell was not set up")
        for behaviour, rate in self._status.format_rates().items():
            self.user_properties.append((f"promptverdict:{behaviour}", rate))
        if shortcomings := self._status.list_shortcomings():
            self._add_status("FAILED", shortcomings)
            raise FellShort(escape_lines("\n".join(shortcomings)))
        self.user_properties.append((STATUS, "passed" if self.cell.required else MEASURED))

    def reportinfo(self) -> tuple[Path, int, str]:
        """Name the cell as a person would."""
        return self.path, 0, f"{self.path.stem} with {self.name}"

    def _add_status(self, status: str, reasons: list[str]) -> None:
        """Add the status and the reasons, shortened to one line, to the user properties.

        They are escaped: they stand in JUnit's XML too, which others show.
        """
        short = ["; ".join(line.strip() for line in text.split("\n")[:2]) for text in reasons]
        self.user_properties += [(STATUS, status), (REASON, escape_text(" | ".join(short)))]
