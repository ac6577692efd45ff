"""What a test run writes, and text that no code reads, is no change of code."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from promptverdict.graders.reading.code_view import find_no_code
from promptverdict.graders.tdd import SmallSteps
from promptverdict.trials.evidence import Evidence

from tests.cases import try_cases
from tests.graders.projects import PROJECTS, run
from tests.graders.saboteurs import Act, edit, node, play
from tests.graders.test_claims import BEGIN, GREEN, NEW, OLD, PROJECT, TOTAL, outcomes
from tests.graders.test_runners import Stages, told

NODES = (node(NEW), node(OLD), node(TOTAL))
PASS = ("pass", "pass", "pass")


def written(path: str, command: str, *, empty: bool = False, text: str = "3 passed\n") -> Act:
    """Let pytest write a file; empty: the shell had made it when the tests began."""
    where: str | dict[str, str] = {path: ""} if empty else "before"
    return Act(files={path: text}, reports=((where, NODES),), command=command)


OUTPUTS = {
    "junit": written("report.xml", "python -m pytest --junitxml=report.xml", text="<testsuite/>"),
    "junit elsewhere": written(
        "out/r.xml", "cd app && pytest --junitxml ../out/r.xml", text="<t/>"
    ),
    "tee": written("test-output", "python -m pytest -q 2>&1 | tee test-output", empty=True),
    "redirected": written(
        "test-output", "pytest -q > test-output 2>&1; tail test-output", empty=True
    ),
    "html": written("report.html", "pytest --html=report.html", text="<html>"),
    "coverage": written("coverage.xml", "pip list && pytest --cov --cov-report=xml", text="<c/>"),
    "by the tests": written("made.bin", "cd /workspace && pytest | tail -3", text="x"),
}


@try_cases("last", OUTPUTS.values(), ids=OUTPUTS)
def test_what_a_test_run_writes_is_no_code(last: Act) -> None:
    given = told(PROJECT, [*BEGIN, last])
    assert outcomes(given) == PASS
    small = SmallSteps(max_added_lines=3, symbols=("slug",))
    assert small.grade(given).outcome == "pass", small.grade(given).reason


def test_outputs_of_another_runner_are_none_either() -> None:
    project = PROJECTS["npm"]
    stages = Stages(project)
    last = replace(
        run("node-20.20.2/green-npm"),
        command="npm test | tee results.tap",
        files={"results.tap": "TAP version 13\n"},
    )
    assert outcomes(told(project, [stages.test, stages.red, stages.code, last])) == PASS


def changed_later(path: str, text: str, start: dict[str, str] | None = None) -> Evidence:
    project = replace(PROJECT, start={**PROJECT.start, **(start or {})})
    return told(project, [*BEGIN, GREEN, Act(files={path: text}, command="")])


@try_cases("path", ["NOTES", "summary.out", "data/rates.csv", "notes.org", "a b.text"])
def test_text_that_no_code_reads_is_no_code(path: str) -> None:
    assert outcomes(changed_later(path, "19\n")) == PASS


@try_cases(
    ("path", "reader"),
    [
        ("rates.csv", "RATES = open('rates.csv')"),
        ("data/rates.csv", "RATES = Path('data').glob('*.csv')"),
        ("data/rates", "RATES = DATA / 'data' / name"),
        ("tool", "#!/bin/sh"),
    ],
)
def test_what_code_reads_is_code(path: str, reader: str) -> None:
    start = {"app/rates.py": reader} if path != "tool" else {}
    text = reader if path == "tool" else "19\n"
    assert outcomes(changed_later(path, text, start))[2] == "fail"


@try_cases("path", ["app/more.py", "web/index.html", "schema.sql", "pyproject.toml"])
def test_sources_and_configuration_are_code_whatever_reads_them(path: str) -> None:
    assert outcomes(changed_later(path, "1"))[2] == "fail"


def test_a_source_that_a_command_with_tests_wrote_is_code() -> None:
    command = "cat > app/more.py <<'E'\nX = 1\nE\npython -m pytest -q"
    last = Act(files={"app/more.py": "X = 1\n"}, reports=(("after", NODES),), command=command)
    given = told(PROJECT, [*BEGIN, GREEN, last])
    assert find_no_code(given) == frozenset()
    assert outcomes(given) == PASS


def no_code(start: dict[str, str], acts: Sequence[Act]) -> frozenset[str]:
    return find_no_code(play(start, acts))


def test_only_changed_files_are_asked_about() -> None:
    assert no_code({"NOTES": "a", "app.py": "1"}, [edit(app="2")]) == frozenset()
    assert no_code({"NOTES": "a"}, [Act(files={"NOTES": "b"})]) == {"NOTES"}
