"""Solutions are read whole or not at all, and every mistake is named where it is."""

from __future__ import annotations

from pathlib import Path

import pytest
from promptverdict.core.errors import InputError
from promptverdict.scenarios.loading import load_scenario, load_suite
from promptverdict.scenarios.solution import LoadedSolution, load_solutions

from tests.fakes import write

SUITE = "title: A suite\nbehaviours:\n  kind: {says: It is kind}\n"
SCENARIO = """\
title: A scenario
task: Say hello.
tools: [Read, Write, Bash]
behaviours: [kind]
grades:
  kind: {type: says, all_of: [hello]}
"""


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def load(root: Path, **solutions: str) -> tuple[LoadedSolution, ...]:
    files = {f"small/solutions/hello/{name}.yaml": text for name, text in solutions.items()}
    write(root, {"small/suite.yaml": SUITE, "small/hello.yaml": SCENARIO, **files})
    return load_solutions(
        load_scenario(root / "small/hello.yaml", load_suite(root / "small/suite.yaml"))
    )


def test_solutions_are_read_in_the_order_of_their_names(root: Path) -> None:
    rude = "kind: saboteur\nsays: It is rude.\nanswer: Go away.\nfails: [kind]\n"
    good = "kind: good\nsays: It greets.\nsteps:\n  - Bash: {command: ls}\nanswer: hello\n"
    first, second = load(root, rude=rude, good=good)
    assert (first.name, first.solution.kind) == ("good", "good")
    assert first.solution.steps == ({"Bash": {"command": "ls"}},)
    assert (second.name, second.solution.fails) == ("rude", ("kind",))


def test_evidence_is_no_solution(root: Path) -> None:
    good = "kind: good\nsays: It greets.\nanswer: hello\n"
    write(root, {"small/solutions/hello/good.evidence.yaml": "format: 1\n"})
    assert [loaded.name for loaded in load(root, good=good)] == ["good"]


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("kind: saboteur\nsays: x\n", "a saboteur names under fails the behaviours"),
        ("kind: good\nsays: x\nfails: [kind]\n", "a good solution passes everywhere"),
        ("kind: saboteur\nsays: x\nfails: [rude]\n", "the scenario has no grader for rude"),
        ("kind: good\nsays: x\nsteps: [{Grep: {pattern: x}}]\n", "does not offer Grep"),
        ("kind: good\nsays: x\nsteps: [{Grap: {}}]\n", "there is no tool Grap; did you mean Grep?"),
        ("kind: good\nsays: x\nsteps: [{Bash: {comand: ls}}]\n", "Bash: "),
        ("kind: good\nsays: x\nsteps: [{say: ''}]\n", "say needs some text"),
        ("kind: good\nsays: x\nsteps: [{say: a, Bash: {command: ls}}]\n", "a step is one call"),
        ("kind: better\nsays: x\n", "kind"),
    ],
)
def test_a_solution_that_cannot_be_run_is_refused(root: Path, text: str, found: str) -> None:
    with pytest.raises(InputError) as refused:
        load(root, odd=text)
    (problem,) = refused.value.problems
    assert problem.where.startswith("small/solutions/hello/odd.yaml")
    assert found in f"{problem.where}: {problem.found}"


def test_all_bad_solutions_are_listed_together(root: Path) -> None:
    with pytest.raises(InputError) as refused:
        load(root, one="kind: good\n", two="kind: saboteur\nsays: x\n")
    assert len(refused.value.problems) == 2
