"""`promptverdict try`: grade a hand-made tree or answer; the author's loop, without a model."""

from __future__ import annotations

import argparse
import shlex
import sys
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.paths import display_path
from promptverdict.core.strict_yaml import read_text
from promptverdict.core.text import escape_text
from promptverdict.settings import resolve

if TYPE_CHECKING:
    from promptverdict.scenarios.loading import LoadedScenario
    from promptverdict.scenarios.solution import Solution
    from promptverdict.trials.evidence import Evidence
    from promptverdict.trials.tree import Node


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "try",
        help="see how a scenario grades a tree and an answer that you give it",
        description="Set up the scenario's workspace, put your files over it, run the probes and"
        " print every grade with its reason. Without --tree and --answer: the untouched workspace"
        " and an empty answer, which nothing that is worth grading should pass. No model is asked.",
    )
    parser.add_argument("scenario", help="scenario file")
    parser.add_argument("--tree", help="folder that the workspace is made equal to")
    parser.add_argument("--answer", help="file with what the agent says at the end; - to type it")
    parser.add_argument(
        "--sandbox", help="bubblewrap (default), docker, podman, or none, which protects nothing"
    )


def run(asked: argparse.Namespace) -> int:
    """Print the grades. Raises InputError and SandboxError."""
    from promptverdict.graders.grading import grade_all
    from promptverdict.runner.solutions import find_break, try_solution
    from promptverdict.sandbox import open_sandbox

    settings = resolve(Path.cwd(), {"sandbox": asked.sandbox})
    scenario = _load(Path(asked.scenario))
    solution = _build_solution(scenario, asked)
    sandbox = open_sandbox(settings.sandbox, settings.sandbox_image)
    evidence = try_solution(scenario, solution, sandbox)
    if broken := find_break(evidence):
        found = f"this cannot be tried: {broken}"
        cure = "raise the scenario's limits, or try a smaller tree"
        raise InputError([Problem(display_path(scenario.path), found, cure)])
    grades = grade_all(scenario.scenario.grades, scenario.suite.checks, evidence)
    for line in _render_probes(evidence):
        print(escape_text(line))
    for grade in grades:
        print(escape_text(f"{grade.finding.outcome:8} {grade.behaviour}: {grade.finding.reason}"))
    return 0


def _load(path: Path) -> LoadedScenario:
    from promptverdict.scenarios.discovery import find_scenarios
    from promptverdict.scenarios.loading import load_scenario, load_suite

    scenarios = list(find_scenarios([path]))
    if len(scenarios) != 1:
        cure = "name one scenario file, such as evals/SUITE/SCENARIO.yaml"
        raise InputError([Problem(str(path), f"this is {len(scenarios)} scenarios", cure)])
    ((suite, scenario),) = scenarios
    return load_scenario(scenario, load_suite(suite))


def _build_solution(scenario: LoadedScenario, asked: argparse.Namespace) -> Solution:
    from promptverdict.scenarios.solution import Solution

    steps: list[dict[str, Any]] = []
    if asked.tree:
        steps = list(_list_steps(scenario, Path(asked.tree)))
    answer = _read_answer(asked.answer) if asked.answer else ""
    return Solution(kind="good", says="tried by hand", steps=tuple(steps), answer=answer)


def _read_answer(name: str) -> str:
    if name != "-":
        return read_text(Path(name))
    try:
        return sys.stdin.read()
    except UnicodeDecodeError as error:
        raise InputError([Problem(name, "is not UTF-8 text", "type text")]) from error


def _list_steps(scenario: LoadedScenario, folder: Path) -> Iterator[dict[str, Any]]:
    """List the calls that make the workspace equal to a folder.

    Raises InputError where the scenario does not offer them, or the folder is not there.
    """
    from promptverdict.scenarios.workspace_files import read_tree

    if not folder.is_dir():
        raise InputError([Problem(str(folder), "there is no such folder", "name the --tree")])
    before, after = scenario.workspace, read_tree(folder)
    gone = sorted(path for path in before if path not in after)
    written = sorted(path for path in after if before.get(path) != after[path])
    needed = [tool for tool, paths in (("Bash", gone), ("Write", written)) if paths]
    if lacking := [tool for tool in needed if tool not in scenario.scenario.tools]:
        found = f"the scenario offers no {' and no '.join(lacking)}, so no agent leaves this tree"
        raise InputError([Problem(display_path(scenario.path), found, "try it with --answer")])
    if gone:
        yield {"Bash": {"command": "rm -f -- " + shlex.join(gone)}}
    for path in written:
        yield {"Write": {"file_path": path, "content": _read_text(path, after)}}


def _read_text(path: str, tree: Mapping[str, Node]) -> str:
    node = tree[path]
    try:
        if node.kind == "file":
            return node.content.decode("utf-8")
    except UnicodeDecodeError:
        pass
    raise InputError(
        [Problem(path, "is no text file", "write a solution that makes it with a Bash step")]
    )


def _render_probes(evidence: Evidence) -> Iterator[str]:
    reports = evidence.outcome.probes if evidence.outcome else ()
    for report in reports:
        if report.fault:
            yield f"probe    {report.probe} after {report.after} calls: {report.fault}"
        for check in report.checks:
            detail = f": {check.detail}" if check.detail else ""
            yield f"probe    {report.probe}: {check.outcome} {check.name}{detail}"
