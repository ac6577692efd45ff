"""`promptverdict report` writes a page and a comment, and says where."""

from __future__ import annotations

import webbrowser
from pathlib import Path

import pytest
from promptverdict.cli import main
from promptverdict.comparison.storage import FILE, write_comparisons
from promptverdict.comparison.verdicts import Comparisons
from promptverdict.settings import Settings
from promptverdict.trials.store import Run

from tests.report.compared import comparison, run

NAME = "20260101T000000.000000Z"


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv("PROMPTVERDICT_RESULTS", raising=False)
    made = Run.create(tmp_path / "results", Settings(), {}, NAME)
    for record in run():
        made.save(record)
    made.finish(whole=True)
    return made.folder


def test_both_forms_are_written_beside_the_records_and_named(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report"]) == 0
    told = capsys.readouterr().out.splitlines()
    assert told == [f"results/{NAME}/report.html", f"results/{NAME}/report.md"]
    assert "Not compared" in (folder / "report.html").read_text(encoding="utf-8")
    assert (folder / "report.md").read_text(encoding="utf-8").startswith("<!-- promptverdict -->\n")


def test_a_comparison_of_the_run_is_shown(folder: Path) -> None:
    write_comparisons(folder, Comparisons(comparisons=(comparison(run()),)))
    assert main(["report", NAME]) == 0
    assert "▼</span> Regressed" in (folder / "report.html").read_text(encoding="utf-8")
    assert "## ▼ Regressed" in (folder / "report.md").read_text(encoding="utf-8")


def test_both_are_written_where_they_are_wanted(folder: Path, tmp_path: Path) -> None:
    assert main(["report", "2026", "--output", "out/page.html", "--markdown", "out/note.md"]) == 0
    assert (tmp_path / "out/page.html").is_file()
    assert (tmp_path / "out/note.md").is_file()
    assert not (folder / "report.html").exists()


def test_the_page_is_opened_on_demand(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    opened: list[str] = []
    monkeypatch.setattr(webbrowser, "open", opened.append)
    assert main(["report"]) == 0
    assert not opened
    assert main(["report", "--open"]) == 0
    assert opened == [(folder / "report.html").as_uri()]


def test_one_file_for_both_forms_is_refused(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["report", "--output", "a.md", "--markdown", "./a.md"]) == 2
    assert "--markdown: the page would be written there too" in capsys.readouterr().err


def test_a_run_that_is_not_there_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["report", "1999"]) == 2
    assert "there is no such run" in capsys.readouterr().err


def test_a_run_without_records_is_told(folder: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for path in (folder / "trials").iterdir():
        path.unlink()
    assert main(["report"]) == 2
    assert "holds no records" in capsys.readouterr().err


def test_a_comparison_that_cannot_be_read_is_told_and_nothing_is_written(
    folder: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (folder / FILE).parent.mkdir()
    (folder / FILE).write_text("{}")
    assert main(["report"]) == 2
    assert "comparison.json" in capsys.readouterr().err
    assert not (folder / "report.html").exists()
