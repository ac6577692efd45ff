"""Runs on disk can be listed, found, read back and pruned, and nothing else is touched."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from promptverdict.core.errors import InputError
from promptverdict.settings import Settings
from promptverdict.trials.store import (
    Run,
    find_run,
    list_runs,
    prune,
    read_manifest,
    read_record,
    read_records,
)

from tests.report.made import record

NAMES = ["20260101T000000.000000Z", "20260102T000000.000000Z", "20260203T000000.000000Z"]


@pytest.fixture
def results(tmp_path: Path) -> Path:
    for name in NAMES:
        run = Run.create(tmp_path, Settings(), {"s/c::a/b#0": "0" * 16}, name)
        run.save(record())
        run.finish(whole=name != NAMES[1])
    return tmp_path


def told(results: Path, name: str) -> str:
    with pytest.raises(InputError) as caught:
        find_run(results, name)
    return str(caught.value)


def test_a_run_says_when_it_began_and_ended_and_what_was_planned(results: Path) -> None:
    manifest = read_manifest(results / NAMES[0])
    assert manifest.started == "2026-01-01T00:00:00Z"
    assert manifest.finished is not None
    assert manifest.planned == {"s/c::a/b#0": "0" * 16}
    assert manifest.settings["record"] == "none"


def test_a_run_that_was_interrupted_has_no_end(results: Path) -> None:
    assert read_manifest(results / NAMES[1]).finished is None


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


def test_what_is_saved_is_read_back(results: Path) -> None:
    assert list(read_records(results / NAMES[0])) == [record()]


@pytest.mark.parametrize("content", ["", "{}", "[]", "\xff", '{"schema_version": 1, "run": 3}'])
def test_a_manifest_that_is_none_is_told_by_its_name(results: Path, content: str) -> None:
    (results / NAMES[0] / "run.json").write_text(content, encoding="latin-1")
    with pytest.raises(InputError, match=r"run\.json: not a run's manifest: "):
        read_manifest(results / NAMES[0])


def test_a_record_of_a_newer_version_asks_for_an_update(results: Path) -> None:
    (path,) = (results / NAMES[0]).glob("trials/*.json")
    path.write_text(json.dumps({"schema_version": 99}))
    with pytest.raises(InputError, match="written by a newer promptverdict"):
        read_record(path)


def test_a_newer_manifest_is_read_for_what_is_known_of_it(results: Path) -> None:
    path = results / NAMES[0] / "run.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"more": 1}))
    assert read_manifest(results / NAMES[0]).run == NAMES[0]


def test_a_results_folder_that_a_run_makes_is_left_out_of_version_control(tmp_path: Path) -> None:
    Run.create(tmp_path / "results", Settings(), {})
    assert (tmp_path / "results/.gitignore").read_text(encoding="utf-8") == "*\n"


def test_a_results_folder_of_ones_own_is_left_as_it_is(tmp_path: Path) -> None:
    (tmp_path / "results").mkdir()
    Run.create(tmp_path / "results", Settings(), {})
    assert not (tmp_path / "results/.gitignore").exists()
