"""From an agent file to a verdict: init, an edit, one command, the reports; and back again."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

import pytest
from promptverdict.cli import main
from promptverdict.trials.store import find_run

from tests.fakes import Blocks, provider, run, say, turn_of, use, write
from tests.repositories import Repository
from tests.starter.test_promised import BY_THE_BOOK, REFUSAL

pytestmark = pytest.mark.e2e

CAREFUL = "You are careful: you look, you do what is asked for, and you test it.\n"
CURT = "You would rather not.\n"
CONFIGURED = """\
[tool.promptverdict]
agents = ".claude/agents"
sandbox = "none"

[tool.promptverdict.models]
default = "relay/scripted"
"""
GATE = "gate: {mode: no_regression}\n"


def answer(body: dict[str, Any]) -> Blocks:
    """Answer by the book where the prompt is careful, and refuse where it is not."""
    asked = str(body["messages"][0])
    commands, end = next(steps for named, steps in BY_THE_BOOK.items() if named in asked)
    if "careful" not in str(body["system"]):
        return [say(REFUSAL)]
    turn = turn_of(body)
    return [use("Bash", command=commands[turn])] if turn < len(commands) else [say(end)]


@pytest.fixture
def begun(pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch) -> Repository:
    """Stand in a repository with one agent, whose suite `init` wrote, committed as main."""
    monkeypatch.chdir(pytester.path)
    for name in ("CI", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        monkeypatch.delenv(name, raising=False)
    write(
        Path(pytester.path),
        {
            "pyproject.toml": CONFIGURED,
            ".gitignore": "results/\n__pycache__/\n",
            ".claude/agents/builder.md": f"---\nname: builder\n---\n{CURT}",
        },
    )
    made = Repository(pytester.path)
    made.git("init", "--quiet", "--initial-branch", "main")
    assert main(["init"]) == 0
    suite = pytester.path / "evals/first-look/suite.yaml"
    suite.write_text(suite.read_text(encoding="utf-8") + GATE, encoding="utf-8")
    made.commit("A first suite")
    return made


def edit(repository: Repository, branch: str, prompt: str) -> None:
    repository.git("checkout", "--quiet", "-b", branch)
    path = repository.folder / ".claude/agents/builder.md"
    path.write_text(f"---\nname: builder\n---\n{prompt}", encoding="utf-8")


@pytest.mark.e2e
def test_an_edit_is_improved_in_every_output_and_its_reversal_regressed(
    begun: Repository,
    pytester: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    with provider(answer) as server:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", server.url)
        edit(begun, "better", CAREFUL)
        better = run(
            pytester, "evals", "--base", "main", "--record", "once", "--junitxml", "junit.xml"
        )
        assert len({json.dumps(body["system"]) for body in server.requests}) == 2
    assert better.ret == 0
    check_outputs(begun.folder, better.stdout.str(), "improved", capsys)

    begun.commit("A careful agent")
    begun.git("branch", "--force", "main", "better")
    with provider(answer) as server:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", server.url)
        edit(begun, "worse", CURT)
        worse = run(
            pytester, "evals", "--base", "main", "--record", "once", "--junitxml", "junit.xml"
        )
    assert worse.ret == pytest.ExitCode.TESTS_FAILED
    worse.stdout.fnmatch_lines(["*FAILED evals/first-look/suite.yaml::gate*"])
    check_outputs(begun.folder, worse.stdout.str(), "regressed", capsys)


def check_outputs(
    folder: Path, terminal: str, word: str, capsys: pytest.CaptureFixture[str]
) -> None:
    """Check that terminal, `compare`, page, comment, JSON and JUnit use the same word."""
    sentence = f"{word.capitalize()}: builder shows good-work"
    assert sentence in terminal
    capsys.readouterr()
    assert main(["compare"]) == (1 if word == "regressed" else 0)
    assert sentence in capsys.readouterr().out
    assert main(["report"]) == 0
    results = find_run(folder / "results")
    assert word in (results / "report.html").read_text(encoding="utf-8").lower()
    assert word in (results / "report.md").read_text(encoding="utf-8").lower()
    stored = json.loads((results / "derived/comparison.json").read_bytes())
    assert [each["word"] for each in stored["comparisons"]] == [word]
    properties = ET.parse(folder / "junit.xml").iter("property")
    values = [f"{each.get('name')}={each.get('value')}" for each in properties]
    assert any(word in value.lower() for value in values)
