"""Runs solutions: the tool loop with a script in the model's place, in the real sandbox.

What a solution's calls did is stored beside it, with what probes found on its trees. From then on
its grades need no sandbox, until the solution, the scenario or its workspace changes.
"""

from __future__ import annotations

import asyncio
import os
import platform
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import Field, ValidationError

from promptverdict.agents.variant import Variant
from promptverdict.core.errors import BrokenRecording, StaleSolution
from promptverdict.core.files import write_file
from promptverdict.core.model import Frozen
from promptverdict.core.paths import display_path
from promptverdict.graders.extracted_claims import needs_judge
from promptverdict.graders.grading import grade_all
from promptverdict.recording import yaml_format
from promptverdict.recording.digest import hash_part, hash_workspace
from promptverdict.recording.expansion import check_trees
from promptverdict.recording.files import World
from promptverdict.recording.secrets import refuse_machine, refuse_secrets
from promptverdict.runner.cells import Cell
from promptverdict.runner.loop import run_loop
from promptverdict.runner.probe_runner import probe_trees
from promptverdict.runner.probes import hash_probes
from promptverdict.runner.users import ScriptedUser
from promptverdict.runner.world.recorder import RecordingTools
from promptverdict.runner.world.replayed import ReplayedTools
from promptverdict.sandbox import (
    Sandbox,
    describe_sandbox,
)
from promptverdict.scenarios.loading import LoadedScenario
from promptverdict.scenarios.solution import SAY, LoadedSolution, Solution
from promptverdict.trials.evidence import Evidence, FinalState, ProbeReport, Task
from promptverdict.trials.grade import Grade
from promptverdict.trials.protocols import Tools
from promptverdict.trials.toolset import VERSION
from promptverdict.trials.transcript import Answered, Block, Call, End, Event, Say, Transcript

_FORMAT = 1
_MODEL = "relay/solution"
"""Nobody is asked; a cell needs a name here."""


class SolutionEvidence(Frozen):
    """What the calls of one solution did, and what probes found."""

    format: int = _FORMAT
    digest: str
    """Of the solution, and of what its scenario asks and lays out."""
    environment: dict[str, str]
    """The sandbox, and the Python and pytest in it."""
    world: World = World()
    probed: dict[str, str] = Field(default_factory=dict)
    """Probe -> digest of what it was when it ran."""
    probes: tuple[ProbeReport, ...] = ()


def run_solution(loaded: LoadedSolution, sandbox: Sandbox) -> Evidence:
    """Run a solution's steps in the sandbox and store what they did. Blocking.

    Raises SandboxError, and StorageError where a result holds a secret or names this machine.
    """
    stored = _run(loaded.scenario, loaded.solution, sandbox)
    store_evidence(loaded, stored)
    return _build_evidence(loaded.scenario, loaded.solution, stored)


def store_evidence(loaded: LoadedSolution, stored: SolutionEvidence) -> None:
    """Write the evidence file of a solution.

    Raises StorageError where it holds a secret or names this machine.
    """
    text = yaml_format.dump(stored.model_dump(mode="json", exclude_defaults=True))
    refuse_secrets(text, os.environ)
    refuse_machine(text, platform.node(), str(Path.home()))
    write_file(loaded.evidence_path, text)


def try_solution(scenario: LoadedScenario, solution: Solution, sandbox: Sandbox) -> Evidence:
    """Run steps that nobody stored, and store nothing of them. Blocking. Raises SandboxError."""
    return _build_evidence(scenario, solution, _run(scenario, solution, sandbox))


def read_solution(loaded: LoadedSolution) -> Evidence:
    """Read the evidence of a solution's last run.

    Raises StaleSolution where there is none, or where solution, scenario or a probe changed since.
    """
    stored = read_stored(loaded)
    if stored is None:
        raise build_stale_error(loaded, "it was never run")
    if stored.digest != _digest_solution(loaded.scenario, loaded.solution):
        raise build_stale_error(
            loaded, "it, its scenario or the workspace changed since it was run"
        )
    if stored.probed != hash_probes(loaded.scenario):
        raise build_stale_error(loaded, "a probe changed since it was run")
    if fault := next((report.fault for report in stored.probes if report.fault), None):
        # Nobody knows whether it would happen again: machinery that broke is no evidence.
        raise build_stale_error(loaded, f"a probe could not tell when it was run: {fault}")
    try:
        return _build_evidence(loaded.scenario, loaded.solution, stored)
    except BrokenRecording as error:
        raise build_stale_error(loaded, str(error).partition("\n")[0]) from error


def grade_solution(loaded: LoadedSolution, evidence: Evidence) -> tuple[Grade, ...]:
    """Grade the evidence of a solution as its scenario says now."""
    scenario = loaded.scenario
    return grade_all(scenario.scenario.grades, scenario.suite.checks, evidence)


def find_break(evidence: Evidence) -> str | None:
    """Return why a run proves nothing: a probe that could not tell, or steps that were cut off."""
    reports = evidence.outcome.probes if evidence.outcome else ()
    for report in reports:
        if report.fault:
            return f"the probe {report.probe} could not tell: {report.fault}"
    end = evidence.events[-1]
    if isinstance(end, End) and end.reason != "done":
        return f"its steps were cut off: {end.reason} {end.detail}".rstrip()
    return None


class Miss(NamedTuple):
    """A behaviour of which a grader did not say what it must, or of which nothing is proved."""

    behaviour: str
    words: str
    """What goes on from the behaviour's name to a sentence."""

    def __str__(self) -> str:
        return f"{self.behaviour} {self.words}"


def list_misses(loaded: LoadedSolution, grades: tuple[Grade, ...]) -> list[Miss]:
    """List where graders did not say of a solution what they must.

    A behaviour that a judge tells is left out: nobody asks a judge about a solution.
    """
    solution, graders = loaded.solution, loaded.scenario.scenario.grades
    judged = {name for name, grader in graders.items() if needs_judge([grader])}
    misses = []
    for grade in grades:
        outcome, reason = grade.finding.outcome, grade.finding.reason
        if grade.behaviour in judged:
            continue
        if grade.behaviour in solution.fails:
            if outcome != "fail":
                misses.append(Miss(grade.behaviour, f"was not caught ({outcome}): {reason}"))
        elif solution.kind != "saboteur" and outcome != "pass":
            misses.append(Miss(grade.behaviour, f"must pass and is {outcome}: {reason}"))
    return misses


def _run(scenario: LoadedScenario, solution: Solution, sandbox: Sandbox) -> SolutionEvidence:
    cell = build_stand_in(scenario)
    tools = RecordingTools(cell.get_trial(0), sandbox)
    try:
        tools.set_up()
        asyncio.run(_play(cell.task, solution, tools))
        world = tools.build_world()
    finally:
        tools.close()
    stored = SolutionEvidence(
        digest=_digest_solution(scenario, solution),
        environment=describe_sandbox(sandbox),
        world=world,
    )
    evidence = _build_evidence(scenario, solution, stored)
    return stored.model_copy(
        update={
            "probes": probe_trees(scenario, evidence, sandbox),
            "probed": hash_probes(scenario),
        }
    )


def build_stand_in(scenario: LoadedScenario, model: str = _MODEL) -> Cell:
    """Build the cell that a solution runs in: offered whatever the scenario offers."""
    nobody = Variant(
        agent="solution",
        variant=None,
        path=display_path(scenario.path),
        dialect="plain",
        name=None,
        description=None,
        model=None,
        tools=None,
        unknown_tools=(),
        prompt="",
        metadata={},
        diagnostics=(),
    )
    return Cell(scenario, nobody, model)


async def _play(task: Task, solution: Solution, tools: Tools) -> Transcript:
    transcript = Transcript()
    await run_loop(task, _Script(solution), tools, ScriptedUser(task.turns), transcript)
    return transcript


class _Script:
    """Answers with the next step, then with the solution's answer, then with nothing."""

    def __init__(self, solution: Solution) -> None:
        self._steps = (
            [*solution.steps, {SAY: solution.answer}] if solution.answer else [*solution.steps]
        )
        self._number = 0

    async def answer(self, events: tuple[Event, ...]) -> tuple[tuple[Block, ...], Answered]:  # noqa: ARG002
        if self._number == len(self._steps):
            return (), Answered(model="solution", stop="done")
        ((name, value),) = self._steps[self._number].items()
        self._number += 1
        if name == SAY:
            return (Say(text=value),), Answered(model="solution", stop="done")
        call = Call(id=f"step-{self._number}", tool=name, args=value)
        return (call,), Answered(model="solution", stop="calls")


def _build_evidence(
    scenario: LoadedScenario, solution: Solution, stored: SolutionEvidence
) -> Evidence:
    """Play the steps over what they did. Raises BrokenRecording where the two do not fit."""
    task = build_stand_in(scenario).task
    tools = ReplayedTools(stored.world, f"the evidence of {scenario.id}")
    transcript = asyncio.run(_play(task, solution, tools))
    tools.check_all_played()
    outcome = FinalState(start=stored.world.start, probes=stored.probes, notes=stored.world.notes)
    return Evidence(task=task, events=transcript.events, outcome=outcome)


def _digest_solution(scenario: LoadedScenario, solution: Solution) -> str:
    asked = scenario.scenario.model_dump(
        mode="json",
        include={"task", "turns", "tools", "limits", "setup", "script"},
        # A field that a later version adds must leave the digests of today alone.
        exclude_defaults=True,
    )
    steps: Mapping[str, Any] = {"steps": solution.steps, "answer": solution.answer}
    return hash_part([VERSION, steps, asked, hash_workspace(scenario.workspace)])


def read_stored(loaded: LoadedSolution) -> SolutionEvidence | None:
    """Read the evidence file of a solution; None where there is none that can be read."""
    path = loaded.evidence_path
    if not path.is_file():
        return None
    try:
        where = display_path(path)
        text = yaml_format.read(path, where)
        stored = SolutionEvidence.model_validate(yaml_format.load(text, where))
        check_trees(stored.world.steps, where)
    except (OSError, UnicodeDecodeError, ValidationError, BrokenRecording):
        # It is made again at no cost: what cannot be read is as good as none.
        return None
    return stored


def build_stale_error(loaded: LoadedSolution, why: str) -> StaleSolution:
    """Build the error of a solution whose evidence does not serve, with the command that cures."""
    return StaleSolution(
        f"{display_path(loaded.path)}: {why}\n"
        f"  run it in the sandbox: promptverdict check {display_path(loaded.scenario.path)}"
    )
