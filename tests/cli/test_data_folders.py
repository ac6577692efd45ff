"""No verb imports or executes anything that lies in a suite's data folders."""

from __future__ import annotations

import importlib.util
import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from promptverdict.cli import main
from promptverdict.cli.entry import VERBS

from tests.canaries import CODE, LOG, list_executed, write_project
from tests.recorded import record_project

CASES: dict[str, list[tuple[int, list[str]]]] = {
    "agents": [(0, ["agents"]), (2, ["agents", "evals/small/files"])],
    "audit": [
        (1, ["audit", "evals/small"]),
        (2, ["audit", "evals/small/solutions/hello"]),
        (2, ["audit", "evals/small/files/hello/inner.yaml"]),
    ],
    "check": [(0, ["check"]), (0, ["check", "."]), (2, ["check", "evals/small/solutions/hello"])],
    "compare": [(7, ["compare"]), (2, ["compare", "--evals", "evals/small/files"])],
    "export": [(0, ["export", "out"])],
    "init": [(0, ["init"])],
    "judge": [
        (0, ["judge", "--model", "relay/judge"]),
        (0, ["judge", "--model", "relay/judge", "."]),
        (0, ["judge", "--model", "relay/judge", "evals/small/hello.yaml"]),
        (2, ["judge", "--model", "relay/judge", "evals/small/files"]),
        (2, ["judge", "--model", "relay/judge", "evals/small/files/hello/inner.yaml"]),
    ],
    "merge": [(2, ["merge", "latest"]), (2, ["merge", "evals/small/files"])],
    "new": [(0, ["new", "small/other", "--from", "small/hello"]), (0, ["new", "other/hello"])],
    "plan": [(0, ["plan"]), (2, ["plan", "evals/small/files"])],
    "probe": [
        (0, ["probe"]),
        (0, ["probe", "--all"]),
        (0, ["probe", "."]),
        (2, ["probe", "evals/small/solutions/hello"]),
        (2, ["probe", "evals/small/probes/inner.yaml"]),
    ],
    "record": [(4, ["record", "--on", "auto", "evals/small/files"])],
    "regrade": [
        (0, ["regrade"]),
        (0, ["regrade", "--evals", "."]),
        (2, ["regrade", "--evals", "evals/small/cassettes"]),
    ],
    "relay": [(4, ["relay", "take", "--wait", "0", "--url", "http://127.0.0.1:9"])],
    "report": [(0, ["report"])],
    "runs": [(0, ["runs"])],
    "schema": [(0, ["schema"])],
    "show": [(0, ["show", "--failed"])],
    "try": [
        (0, ["try", "evals/small/hello.yaml"]),
        (2, ["try", "evals/small/files/hello/inner.yaml"]),
    ],
}
"""Verb -> its exit code and arguments, such that it does its work or refuses a path into data."""


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = write_project(tmp_path_factory.mktemp("canaries").resolve())
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(root)
        record_project(root)
    return root


@pytest.fixture
def root(recorded: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Path]:
    monkeypatch.chdir(recorded)
    (recorded / LOG).unlink(missing_ok=True)
    yield recorded
    (recorded / LOG).unlink(missing_ok=True)


def test_every_verb_has_a_case() -> None:
    assert sorted(CASES) == sorted(VERBS)
    assert all(arguments[0] == verb for verb, each in CASES.items() for _, arguments in each)


def test_a_canary_that_runs_is_noticed(root: Path) -> None:
    path = root / "evals/small/files/hello/checks.py"
    exec(compile(path.read_text(), str(path), "exec"), {"__file__": str(path)})
    assert list_executed(root) == ["evals/small/files/hello/checks.py"]
    assert CODE.format(log=str(root / LOG)) == path.read_text()


@pytest.mark.parametrize(
    ("code", "arguments"),
    [pytest.param(*case, id=" ".join(case[1])) for each in CASES.values() for case in each],
)
def test_a_verb_leaves_what_lies_in_data_folders_alone(
    root: Path,
    code: int,
    arguments: list[str],
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    # `record` becomes another program, which would be the end of this one.
    monkeypatch.setattr(os, "execv", lambda _, command: sys.exit(subprocess.call(command)))
    # Ray need not be there: the path is refused before a cluster is asked for.
    find = importlib.util.find_spec
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: name == "ray" or find(name))
    try:
        ended = main(arguments)
    except SystemExit as become:
        ended = become.code
    assert list_executed(root) == []
    assert ended == code, capsys.readouterr()
