"""A suite tests its own graders: solutions are items of `pytest evals/`."""

from __future__ import annotations

import pytest
from promptverdict.cli.entry import main

from tests.fakes import project, run

SCENARIO = """\
title: A scenario
task: Say hello, then write hello.txt.
tools: [Read, Write, Bash]
behaviours: [kind]
grades:
  kind: {type: files, only: [hello.txt]}
"""
GOOD = "kind: good\nsays: It greets.\nsteps: [{Bash: {command: touch hello.txt}}]\n"
MESSY = "kind: saboteur\nsays: It is messy.\nsteps: [{Bash: {command: touch x}}]\nfails: [kind]\n"


@pytest.fixture
def solved(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> pytest.Pytester:
    monkeypatch.delenv("CI", raising=False)
    project(
        pytester.path,
        **{
            "evals/small/hello.yaml": SCENARIO,
            "evals/small/solutions/hello/good.yaml": GOOD,
            "evals/small/solutions/hello/messy.yaml": MESSY,
        },
    )
    monkeypatch.chdir(pytester.path)
    return pytester


def test_a_solution_that_never_ran_is_an_error_with_the_command_that_runs_it(
    solved: pytest.Pytester,
) -> None:
    ended = run(solved, "evals", "-k", "solution")
    ended.assert_outcomes(errors=2, deselected=2)
    ended.stdout.fnmatch_lines(["*run it in the sandbox: promptverdict check evals/small/hello*"])
    ended.stdout.no_fnmatch_line("*Traceback*")


def test_solutions_are_graded_from_what_they_did(solved: pytest.Pytester) -> None:
    assert main(["check"]) == 0
    ended = run(solved, "evals", "-k", "solution")
    ended.assert_outcomes(passed=2, deselected=2)


def test_a_grader_that_misses_a_saboteur_fails_its_item(solved: pytest.Pytester) -> None:
    assert main(["check"]) == 0
    path = solved.path / "evals/small/hello.yaml"
    path.write_text(path.read_text(encoding="utf-8").replace("[hello.txt]", '["*"]'), "utf-8")
    ended = run(solved, "evals", "-k", "solution")
    ended.assert_outcomes(passed=1, failed=1, deselected=2)
    ended.stdout.fnmatch_lines(
        ["*saboteur: It is messy.*", "*kind was not caught (pass): what changed may change: x*"]
    )


def test_a_bad_solution_is_an_error_of_collection(solved: pytest.Pytester) -> None:
    (solved.path / "evals/small/solutions/hello/odd.yaml").write_text("kind: x\n", "utf-8")
    ended = run(solved, "evals")
    assert ended.ret == pytest.ExitCode.INTERRUPTED
    ended.stdout.fnmatch_lines(["*solutions/hello/odd.yaml*"])


def test_a_misspelt_folder_is_an_error_of_collection(solved: pytest.Pytester) -> None:
    (solved.path / "evals/small/files/helo").mkdir()
    ended = run(solved, "evals")
    assert ended.ret == pytest.ExitCode.INTERRUPTED
    ended.stdout.fnmatch_lines(["*evals/small/files/helo: there is no scenario helo*"])
