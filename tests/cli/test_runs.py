"""Runs are listed and pruned, and written out for other programs."""

from __future__ import annotations

import csv
import json
import subprocess
import sys
from pathlib import Path

import pytest
from promptverdict.cli import main
from promptverdict.settings import Settings
from promptverdict.trials.grade import Grade, failed, ungraded
from promptverdict.trials.store import MANIFEST, Run

from tests.report.made import record

NAMES = ["20260101T000000.000000Z", "20260102T000000.000000Z"]


@pytest.fixture(autouse=True)
def results(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROMPTVERDICT_RESULTS", raising=False)
    grades = (
        Grade(behaviour="kind", grader="says", finding=failed("=cmd|' /C calc'!A0")),
        Grade(behaviour="brief", grader="says", finding=ungraded("\uff1d1")),
    )
    for name in NAMES:
        planned = {"manners/hello::helper/base#0": "0" * 16, "manners/bye::helper/base#0": "1"}
        run = Run.create(tmp_path / "results", Settings(), planned, name)
        run.save(record(grades=grades))
        run.finish(whole=name == NAMES[0], ended={"passed": 1, "error": 1})
    return tmp_path / "results"


def set_pid(results: Path, name: str, pid: int) -> None:
    path = results / name / MANIFEST
    manifest = json.loads(path.read_bytes())
    path.write_text(json.dumps(manifest | {"pid": pid}), encoding="utf-8")


def test_a_run_that_goes_on_says_so(results: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["runs"]) == 0
    assert ", running, --record none" in capsys.readouterr().out.splitlines()[1]


def test_each_run_is_a_line_with_what_came_of_what_was_planned(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    ended = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True,
        check=True,
        text=True,
    )
    set_pid(results, NAMES[1], int(ended.stdout))
    assert main(["runs"]) == 0
    first, second = capsys.readouterr().out.splitlines()
    assert first.startswith(f"{NAMES[0]}  1 of 2 trials, 1 error, 1 passed, ended 20")
    assert second == f"{NAMES[1]}  1 of 2 trials, did not end by itself, --record none"


def test_old_runs_are_deleted_and_the_newest_are_kept(
    results: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", "--keep", "1"]) == 0
    assert capsys.readouterr().out == "1 run deleted below results\n"
    assert not (results / NAMES[0]).exists()
    assert (results / NAMES[1]).is_dir()


@pytest.mark.parametrize("number", ["0", "-1"])
def test_deleting_every_run_is_refused(
    results: Path, number: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["runs", "--keep", number]) == 2
    assert "would delete every run\n  keep at least one" in capsys.readouterr().err
    assert (results / NAMES[0]).is_dir()


def test_a_run_is_written_as_csv_that_no_spreadsheet_runs(tmp_path: Path) -> None:
    assert main(["export", "out"]) == 0
    with (tmp_path / "out/grades.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["reason"] for row in rows] == ["'=cmd|' /C calc'!A0", "'\uff1d1"]
    assert [row["passed"] for row in rows] == ["0.0", ""]
    assert (tmp_path / "out/trials.csv").is_file()
    assert (tmp_path / "out/events.csv").is_file()


def test_a_run_is_written_as_json_with_null_for_what_is_unknown(tmp_path: Path) -> None:
    assert main(["export", "out", "--format", "json", "--run", NAMES[0]]) == 0
    rows = json.loads((tmp_path / "out/grades.json").read_text())
    assert [row["passed"] for row in rows] == [0.0, None]
    assert rows[0]["reason"] == "=cmd|' /C calc'!A0"
    trials = json.loads((tmp_path / "out/trials.json").read_text())
    assert [row["status"] for row in trials] == ["graded", "absent"]
    assert trials[0]["recorded"].startswith("2026-01-01T12:00:00")


def test_a_run_that_is_not_there_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["export", "out", "--run", "2020"]) == 2
    assert "there is no such run" in capsys.readouterr().err
