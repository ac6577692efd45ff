"""One pytest item for each solution of a scenario: a suite that tests its own graders."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from promptverdict.core.errors import StaleSolution
from promptverdict.core.text import escape_lines

if TYPE_CHECKING:
    from promptverdict.scenarios.loading import LoadedScenario
    from promptverdict.scenarios.solution import LoadedSolution
    from promptverdict.trials.evidence import Evidence


class WronglyGraded(Exception):
    """A grader said something else of a solution than it must."""


def collect_solutions(parent: pytest.File, scenario: LoadedScenario) -> Iterator[SolutionItem]:
    """Build the items of a scenario's solutions. Raises InputError."""
    if not (scenario.suite.folder / "solutions" / scenario.id).is_dir():
        return
    from promptverdict.scenarios.solution import load_solutions

    for loaded in load_solutions(scenario):
        yield SolutionItem.from_parent(parent, name=f"solution[{loaded.name}]", loaded=loaded)


class SolutionItem(pytest.Item):
    """One solution: what it did when it was run, graded as the scenario says now."""

    def __init__(self, *, loaded: LoadedSolution, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self._loaded = loaded
        self._evidence: Evidence | None = None

    def setup(self) -> None:
        """Read what the solution did; evidence that does not serve is an error, never a failure."""
        from promptverdict.runner.audit.attempts import read_attempt
        from promptverdict.runner.solutions import find_break

        try:
            self._evidence = read_attempt(self._loaded)
            why = find_break(self._evidence)
        except StaleSolution as error:
            why = str(error)
        if why:
            pytest.fail(escape_lines(why), pytrace=False)

    def runtest(self) -> None:
        """Fail where a grader misses a saboteur, or blames a good solution or a near miss."""
        from promptverdict.runner.audit.attempts import list_attempt_misses

        if self._evidence is None:
            raise RuntimeError("the solution was not set up")
        if misses := list_attempt_misses(self._loaded, self._evidence):
            says = f"{self._loaded.solution.kind}: {self._loaded.solution.says}"
            raise WronglyGraded("\n".join([says, *(f"  {miss}" for miss in misses)]))

    def repr_failure(self, excinfo: pytest.ExceptionInfo[BaseException], style: Any = None) -> Any:
        """Show what was graded wrongly, and no traceback."""
        if isinstance(excinfo.value, WronglyGraded):
            return escape_lines(str(excinfo.value))
        return super().repr_failure(excinfo, style)

    def reportinfo(self) -> tuple[Path, int, str]:
        """Name the solution as a person would."""
        return self.path, 0, f"{self.path.stem} with {self.name}"
