"""A solution's calls are run once in the sandbox, kept, and graded from what was kept."""

from __future__ import annotations

from pathlib import Path

import pytest
from promptverdict.core.errors import StaleSolution
from promptverdict.runner.solutions import (
    grade_solution,
    list_misses,
    read_solution,
    run_solution,
    try_solution,
)
from promptverdict.sandbox import open_sandbox
from promptverdict.scenarios.loading import load_scenario, load_suite
from promptverdict.scenarios.solution import LoadedSolution, Solution, load_solutions

from tests.fakes import write

SUITE = "title: A suite\nbehaviours:\n  kind: {says: It is kind}\n  tidy: {says: It is tidy}\n"
SCENARIO = """\
title: A scenario
task: Say hello.
turns: [And now?]
tools: [Write, Bash]
probes:
  - {name: look, run: test -f hello.txt && echo PASS there || echo FAIL there}
behaviours: [kind, tidy]
grades:
  kind: {type: says, all_of: [hello], where: any}
  tidy: {type: files, only: [hello.txt]}
"""
GOOD = """\
kind: good
says: It writes and greets.
steps:
  - Write: {file_path: hello.txt, content: hello}
  - say: hello there
  - Bash: {command: cat hello.txt}
answer: Nothing more.
"""


@pytest.fixture(autouse=True)
def root(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write(
        tmp_path,
        {
            "small/suite.yaml": SUITE,
            "small/hello.yaml": SCENARIO,
            "small/files/hello/README.md": "# Hello\n",
            "small/solutions/hello/good.yaml": GOOD,
        },
    )


def load(root: Path, name: str = "good") -> LoadedSolution:
    scenario = load_scenario(root / "small/hello.yaml", load_suite(root / "small/suite.yaml"))
    return next(each for each in load_solutions(scenario) if each.name == name)


def outcomes(loaded: LoadedSolution) -> dict[str, str]:
    grades = grade_solution(loaded, read_solution(loaded))
    return {grade.behaviour: grade.finding.outcome for grade in grades}


def test_what_a_run_did_is_read_back_as_it_was(root: Path) -> None:
    loaded = load(root)
    evidence = run_solution(loaded, open_sandbox("none"))
    kinds = [event.type for event in evidence.events]
    assert kinds == [
        *("user", "call", "answered", "result"),
        *("say", "answered", "user"),
        *("call", "answered", "result"),
        *("say", "answered", "end"),
    ]
    assert [(check.name, check.outcome) for check in evidence.outcome.probes[0].checks] == [
        ("there", "pass")
    ]
    assert read_solution(load(root)) == evidence
    assert outcomes(load(root)) == {"kind": "pass", "tidy": "pass"}


@pytest.mark.parametrize(
    ("path", "old", "new", "why"),
    [
        ("small/solutions/hello/good.yaml", "hello there", "hello you", "changed since it was run"),
        ("small/hello.yaml", "Say hello", "Say hullo", "changed since it was run"),
        ("small/files/hello/README.md", "Hello", "Hullo", "changed since it was run"),
        ("small/hello.yaml", "echo FAIL there", "echo FAIL gone", "a probe changed"),
    ],
)
def test_evidence_of_something_else_is_stale(
    root: Path, path: str, old: str, new: str, why: str
) -> None:
    run_solution(load(root), open_sandbox("none"))
    file = root / path
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    with pytest.raises(StaleSolution, match=f"{why}.*\n.*promptverdict check small/hello.yaml"):
        read_solution(load(root))


@pytest.mark.parametrize(
    ("path", "old", "new"),
    [
        ("small/hello.yaml", "A scenario", "Another title"),
        ("small/hello.yaml", "only: [hello.txt]", 'only: ["*.txt"]'),
        ("small/solutions/hello/good.yaml", "It writes and greets", "It does both"),
    ],
)
def test_graders_and_words_may_change_without_another_run(
    root: Path, path: str, old: str, new: str
) -> None:
    run_solution(load(root), open_sandbox("none"))
    file = root / path
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    assert outcomes(load(root)) == {"kind": "pass", "tidy": "pass"}


def test_a_solution_that_never_ran_is_stale(root: Path) -> None:
    with pytest.raises(StaleSolution, match="it was never run"):
        read_solution(load(root))


@pytest.mark.parametrize("text", ["", "format: 1\n", "[", "\0", "digest: x\nenvironment: {}\n"])
def test_evidence_that_cannot_be_used_is_stale(root: Path, text: str) -> None:
    loaded = load(root)
    loaded.evidence_path.write_text(text, encoding="utf-8")
    with pytest.raises(StaleSolution):
        read_solution(loaded)


def test_misses_are_what_a_saboteur_got_away_with_and_what_others_are_blamed_for(
    root: Path,
) -> None:
    write(
        root,
        {
            "small/solutions/hello/quiet.yaml": (
                "kind: saboteur\nsays: It greets all the same.\nfails: [kind]\n"
                "steps:\n  - say: hello\nanswer: hello there\n"
            ),
            "small/solutions/hello/odd.yaml": (
                "kind: near-miss\nsays: It says nothing.\n"
                "steps:\n  - Bash: {command: touch other.txt}\nanswer: bye\n"
            ),
        },
    )
    sandbox = open_sandbox("none")

    def misses(name: str) -> list[str]:
        loaded = load(root, name)
        grades = grade_solution(loaded, run_solution(loaded, sandbox))
        return [str(miss) for miss in list_misses(loaded, grades)]

    assert misses("good") == []
    (missed,) = misses("quiet")
    assert missed.startswith("kind was not caught (pass): ")
    assert [miss.partition(":")[0] for miss in misses("odd")] == [
        "kind must pass and is fail",
        "tidy must pass and is fail",
    ]


def test_trying_stores_nothing(root: Path) -> None:
    loaded = load(root)
    solution = Solution(kind="good", says="By hand", answer="hello")
    evidence = try_solution(loaded.scenario, solution, open_sandbox("none"))
    assert evidence.outcome is not None
    assert not list(root.rglob("*.evidence.yaml"))


def test_stored_trees_that_no_workspace_can_hold_are_as_good_as_none(root: Path) -> None:
    run_solution(load(root), open_sandbox("none"))
    path = load(root).evidence_path
    text = path.read_text(encoding="utf-8")
    assert "path: hello.txt" in text
    path.write_text(text.replace("path: hello.txt", "path: ../hello.txt"), encoding="utf-8")
    with pytest.raises(StaleSolution, match="it was never run"):
        read_solution(load(root))
