"""A run that was written before the package was renamed still loads, is shown and is reported."""

from __future__ import annotations

import shutil
from pathlib import Path

import promptverdict
import pytest
from promptverdict.cli import main
from promptverdict.comparison.storage import read_comparisons
from promptverdict.runner.cell_selection import list_cells
from promptverdict.scenarios.loading import load_scenarios
from promptverdict.settings import resolve
from promptverdict.trials.store import read_manifest
from promptverdict.trials.stored_records import read_record

from tests.repository.test_recordings import ROOT

RUN = Path(__file__).parents[1] / "data/run-before-the-move"
KEY = "383debaabedcd184"
CELL = "json-contract/tags-explain-first::backend-api-code-writer-agent/base"


@pytest.fixture
def run(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROMPTVERDICT_RESULTS", raising=False)
    shutil.copytree(RUN, tmp_path / "results" / "20261130T135142.908212Z")
    return tmp_path / "results" / "20261130T135142.908212Z"


def test_its_record_and_manifest_are_read(run: Path) -> None:
    record = read_record(run / f"trials/{KEY}.json")
    assert (record.key, record.id) == (KEY, f"{CELL}#0")
    assert [grade.behaviour for grade in record.grades] == [
        "only-json",
        "required-keys",
        "counts-agree",
        "code-as-string",
    ]
    assert {grade.finding.outcome for grade in record.grades} == {"fail"}
    manifest = read_manifest(run)
    assert manifest.harness == "0.1.0"
    assert manifest.planned[record.id] == KEY


def test_its_key_is_the_one_that_the_trial_has_today(monkeypatch: pytest.MonkeyPatch) -> None:
    from tests.agents.loaded import load_agents

    monkeypatch.chdir(ROOT)
    agents = load_agents(ROOT / "agents")
    (scenario,) = load_scenarios([ROOT / "evals/json-contract/tags-explain-first.yaml"])
    known = {
        cell.id: cell.get_trial(0).key
        for cell in list_cells(scenario, agents, resolve(ROOT, {}, environment={}), by_hand=False)
    }
    assert known[CELL] == KEY


def test_it_becomes_frames(run: Path) -> None:
    frames = promptverdict.load_run(run)
    assert frames.trials["status"].value_counts().to_dict() == {"absent": 7, "graded": 1}
    assert list(frames.grades["outcome"]) == ["fail"] * 4


def test_its_comparison_is_read(run: Path) -> None:
    compared = read_comparisons(run)
    assert compared is not None
    (comparison,) = compared.comparisons
    assert comparison.candidate.label == "backend-developer/structured"


def test_it_is_shown_listed_and_reported(run: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs"]) == 0
    assert capsys.readouterr().out.startswith(f"{run.name}  1 of 8 trials, 3 measured")
    assert main(["show", f"{CELL}#0"]) == 0
    assert "The contract comes from `spec/tags.md`" in capsys.readouterr().out
    assert main(["report"]) == 0
    assert "tags-explain-first" in (run / "report.html").read_text()
    assert "backend-api-code-writer-agent/base" in (run / "report.md").read_text()
