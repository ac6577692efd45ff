"""Runs on disk can be listed, found and pruned, and nothing else is touched."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import pytest
from promptverdict.core.errors import InputError
from promptverdict.settings import Settings
from promptverdict.trials.runs import find_run, list_runs, prune, remove_unfinished
from promptverdict.trials.store import Run

from tests.trials.conftest import NAMES


def told(results: Path, name: str) -> str:
    with pytest.raises(InputError) as caught:
        find_run(results, name)
    return str(caught.value)


def test_runs_are_listed_oldest_first_and_nothing_else_is(results: Path) -> None:
    (results / "notes").mkdir()
    (results / "README.md").touch()
    assert [one.name for one in list_runs(results)] == NAMES
    assert list_runs(results / "nowhere") == []


def test_latest_is_the_run_that_ended_last_also_without_the_link(results: Path) -> None:
    assert find_run(results).name == NAMES[-1]
    (results / "latest").unlink()
    assert find_run(results).name == NAMES[-1]


def test_a_link_to_a_run_that_is_gone_leads_to_the_newest(results: Path) -> None:
    (results / "latest").unlink()
    (results / "latest").symlink_to("gone")
    assert find_run(results).name == NAMES[-1]


def test_the_beginning_of_a_name_is_enough(results: Path) -> None:
    assert find_run(results, "202602").name == NAMES[2]


@pytest.mark.parametrize("path", [NAMES[0], f"{NAMES[0]}/", "latest", "202602"])
def test_a_run_is_found_by_its_path_too(
    results: Path, monkeypatch: pytest.MonkeyPatch, path: str
) -> None:
    monkeypatch.chdir(results.parent)
    found = find_run(Path(results.name), f"{results.name}/{path}")
    assert found.name == (NAMES[0] if path.startswith(NAMES[0]) else NAMES[2])
    assert find_run(results / "elsewhere", str(results / path)).name == found.name


def test_a_path_to_no_run_is_told_with_the_runs_beside_it(results: Path) -> None:
    text = told(results / "elsewhere", str(results / "2025"))
    assert text.startswith(f"{results}: 2025: there is no such run\n  the newest are: 20260203")


def test_a_run_that_is_not_there_is_told_with_those_that_are(results: Path) -> None:
    assert "there is no such run\n  the newest are: 20260203" in told(results, "2025")
    assert "fits several runs" in told(results, "202601")
    assert told(results / "x", "latest").endswith("run first: pytest evals/")


def test_pruning_keeps_the_newest_and_whatever_is_no_run(results: Path) -> None:
    (results / "notes").mkdir()
    assert [one.name for one in prune(results, 1)] == NAMES[:2]
    assert [one.name for one in list_runs(results)] == NAMES[2:]
    assert (results / "notes").is_dir()
    assert find_run(results).name == NAMES[2]
    assert prune(results, 1) == []


def test_pruning_never_follows_a_link_out_of_the_results(results: Path, tmp_path: Path) -> None:
    other = tmp_path / "elsewhere"
    Run.create(other, Settings(), {}, NAMES[0])
    (results / "20250101T000000.000000Z").symlink_to(other / NAMES[0])
    prune(results, 1)
    assert (other / NAMES[0] / "run.json").is_file()


def test_what_killed_processes_left_in_a_folder_of_results_goes_when_nobody_writes_it(
    results: Path,
) -> None:
    folder = results / NAMES[0]
    (folder / "trials").mkdir(exist_ok=True)
    begun = results / "20260301T000000.000000Z"
    begun.mkdir()
    left = [
        results / ".plan.json.a1_b2c3d",
        folder / ".run.json.abcdefgh",
        folder / ".report.html.12345678",
        folder / "trials/.key.json.4711",
        begun / ".run.json.abcdefgh",
    ]
    others = [results / ".gitignore", results / "notes/.x.json.12345678", folder / ".hidden"]
    for path in (*left, *others):
        path.parent.mkdir(exist_ok=True)
        path.touch()
    remove_unfinished(results)
    assert all(path.exists() for path in (*left, *others)), "another machine may write them"
    for path in (*left, *others, begun):
        os.utime(path, (0, 0))
    remove_unfinished(results)
    assert [path for path in (*left, begun) if path.exists()] == []
    assert all(path.exists() for path in others)
    shutil.rmtree(results)
    remove_unfinished(results)
