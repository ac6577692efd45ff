"""From an agent file to a verdict: init, an edit, one command, the reports; and back again."""

from __future__ import annotations

import json
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from promptverdict.cli import main
from promptverdict.trials.runs import find_run

from tests.fakes import run
from tests.repositories import Repository
from tests.starter.agents import CURT
from tests.starter.conftest import FirstRun, write_agent

pytestmark = pytest.mark.e2e


def test_an_edit_is_improved_in_every_output_and_its_reversal_regressed(
    first_run: FirstRun,
    recorded_starter: Repository,
    pytester: pytest.Pytester,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert first_run.prompts == 2
    assert first_run.exit_code == 0
    check_outputs(recorded_starter.folder, first_run.terminal, "improved", capsys)

    recorded_starter.commit("A careful agent")
    recorded_starter.git("branch", "--force", "main", "better")
    recorded_starter.git("checkout", "--quiet", "-b", "worse")
    write_agent(recorded_starter.folder, CURT)
    # Nothing is asked: the first run has recorded both prompts.
    worse = run(pytester, "evals", "--base", "main", "--record", "once", "--junitxml", "junit.xml")
    assert worse.ret == pytest.ExitCode.TESTS_FAILED
    worse.stdout.fnmatch_lines(["*FAILED evals/first-look/suite.yaml::gate*"])
    check_outputs(recorded_starter.folder, worse.stdout.str(), "regressed", capsys)
    check_records_are_looked_at(recorded_starter.folder, capsys)


def check_records_are_looked_at(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    """Check that `compare` repeats no verdict whose records were edited."""
    for side in ("trials", "base"):
        path = sorted((find_run(folder / "results") / side).glob("*.json"))[0]
        content = path.read_bytes()
        path.write_bytes(content.replace(b"builder", b"bungler"))
        assert main(["compare"]) == 2
        assert "it was changed after it was written" in capsys.readouterr().err
        path.write_bytes(content)


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
