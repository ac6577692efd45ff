"""Scripted attempts at a scenario, which prove its graders without a model.

A solution lies in `solutions/<scenario>/<name>.yaml` beside the suite. It is a list of tool calls
and an answer, or a trial and the edits that are made to it: a good one that every grader must pass,
a saboteur that breaks a behaviour and must be caught, or a near miss that looks odd and must pass
all the same.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import AfterValidator, Field, ValidationError, model_validator

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import find_names
from promptverdict.core.model import Frozen
from promptverdict.core.paths import display_path
from promptverdict.core.strict_yaml import parse, read_text
from promptverdict.graders.extracted_claims import needs_judge
from promptverdict.scenarios.edits import EditedTrial
from promptverdict.scenarios.loading import LoadedScenario
from promptverdict.scenarios.scenario import Identifier
from promptverdict.scenarios.validation import validate_document
from promptverdict.trials.tool_arguments import ARGUMENTS
from promptverdict.trials.toolset import NAMES, find_nearest

SAY = "say"
"""The step that is no call: words that end a turn, after which the scenario's user speaks."""

FOLDER = "solutions"
EVIDENCE = ".evidence.yaml"
"""Ending of the file that holds what a solution's calls did when they were run."""


def _check_step(step: dict[str, Any]) -> dict[str, Any]:
    """Raise ValueError for a step that is neither `say` nor one call that its tool would take."""
    if len(step) != 1:
        raise ValueError("a step is one call, such as `Bash: {command: pytest -q}`, or `say: text`")
    ((name, arguments),) = step.items()
    if name == SAY:
        if not isinstance(arguments, str) or not arguments.strip():
            raise ValueError("say needs some text")
        return step
    if name.startswith("mcp__") and isinstance(arguments, dict):
        return step
    if name not in ARGUMENTS:
        meant = find_nearest(name)
        hint = f"did you mean {meant}?" if meant else f"known are {', '.join(NAMES)} and {SAY}"
        raise ValueError(f"there is no tool {name}; {hint}")
    try:
        ARGUMENTS[name].model_validate(arguments)
    except ValidationError as error:
        wrong = error.errors()[0]
        key = ".".join(str(part) for part in wrong["loc"])
        raise ValueError(f"{name}: {key}: {wrong['msg'].lower()}") from error
    return step


Step = Annotated[dict[str, Any], AfterValidator(_check_step)]


class Solution(Frozen):
    """One scripted attempt, and what the graders must say of it."""

    kind: Literal["good", "saboteur", "near-miss"] = Field(
        description="good and near-miss: every grader must pass; saboteur: `fails` must fail"
    )
    says: str = Field(min_length=1, description="What it does, and why that is right or wrong")
    steps: tuple[Step, ...] = Field(
        default=(), description="Calls in their order, each `Tool: {arguments}`, or `say: text`"
    )
    answer: str = Field(default="", description="What it says at the end")
    edits: EditedTrial | None = Field(
        default=None, description="Instead of steps and answer: a trial, and what is edited in it"
    )
    fails: tuple[Identifier, ...] = Field(
        default=(), description="Behaviours that a saboteur must be caught at"
    )

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if self.kind == "saboteur" and not self.fails:
            raise ValueError("a saboteur names under fails the behaviours it must be caught at")
        if self.kind != "saboteur" and self.fails:
            raise ValueError(f"a {self.kind} solution passes everywhere; only a saboteur fails")
        if self.edits and (self.steps or self.answer):
            raise ValueError("write steps and answer, or edits: not both")
        return self


@dataclass(frozen=True)
class LoadedSolution:
    """A solution of a scenario, and the file it was read from."""

    scenario: LoadedScenario
    path: Path
    solution: Solution

    @property
    def name(self) -> str:
        """Stem of the file."""
        return self.path.stem

    @property
    def evidence_path(self) -> Path:
        """Where the evidence of its last run lies."""
        return self.path.with_name(f"{self.name}{EVIDENCE}")


def load_solutions(scenario: LoadedScenario) -> tuple[LoadedSolution, ...]:
    """Read the solutions of a scenario, sorted by name.

    Raises InputError with all problems of all files.
    """
    folder = scenario.suite.folder / FOLDER / scenario.id
    loaded: list[LoadedSolution] = []
    problems: list[Problem] = []
    for path in sorted(map(folder.joinpath, find_names(folder, ".yaml"))):
        if path.name.endswith(EVIDENCE):
            continue
        try:
            loaded.append(_load_solution(path, scenario))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    return tuple(loaded)


def _load_solution(path: Path, scenario: LoadedScenario) -> LoadedSolution:
    where = display_path(path)
    solution = validate_document(Solution, parse(read_text(path), where), where)
    problems = [
        Problem(
            f"{where}: fails",
            f"the scenario has no grader for {behaviour}",
            f"name some of {', '.join(scenario.scenario.grades) or 'none: write grades'}",
        )
        for behaviour in solution.fails
        if behaviour not in scenario.scenario.grades
    ]
    problems += [
        Problem(
            f"{where}: fails",
            f"only a judge tells {behaviour}, and nobody asks one about a solution",
            "name behaviours that code tells",
        )
        for behaviour in solution.fails
        if behaviour in scenario.scenario.grades
        and needs_judge([scenario.scenario.grades[behaviour]])
    ]
    offered = scenario.scenario.tools
    problems += [
        Problem(
            f"{where}: steps[{number}]",
            f"the scenario does not offer {name}",
            f"it offers {', '.join(offered) or 'no tools'}",
        )
        for number, step in enumerate(solution.steps)
        for name in step
        if name != SAY and name not in offered
    ]
    if problems:
        raise InputError(problems)
    return LoadedSolution(scenario, path, solution)
