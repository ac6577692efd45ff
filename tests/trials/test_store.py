"""A run is written with its manifest, and keeps out of version control."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from promptverdict.core.errors import InputError, StorageError
from promptverdict.settings import Settings
from promptverdict.trials.store import Run, read_manifest

from tests.trials.conftest import NAMES


def test_a_run_says_when_it_began_and_ended_and_what_was_planned(results: Path) -> None:
    manifest = read_manifest(results / NAMES[0])
    assert manifest.started == "2026-01-01T00:00:00Z"
    assert manifest.finished is not None
    assert manifest.planned == {"s/c::a/b#0": "0" * 16}
    assert manifest.settings["record"] == "none"


def test_a_run_that_was_interrupted_has_no_end(results: Path) -> None:
    assert read_manifest(results / NAMES[1]).finished is None


@pytest.mark.parametrize("content", ["", "{}", "[]", "\xff", '{"schema_version": 1, "run": 3}'])
def test_a_manifest_that_is_none_is_told_by_its_name(results: Path, content: str) -> None:
    (results / NAMES[0] / "run.json").write_text(content, encoding="latin-1")
    with pytest.raises(InputError, match=r"run\.json: not a run's manifest: "):
        read_manifest(results / NAMES[0])


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


@pytest.mark.parametrize("what", ["file", "loop", "dangling"])
def test_results_that_are_no_folder_are_named_with_what_to_do(tmp_path: Path, what: str) -> None:
    results = tmp_path / "results"
    if what == "file":
        results.touch()
    else:
        results.symlink_to("results" if what == "loop" else "gone")
    with pytest.raises(StorageError, match="results is no folder, and no link to one\n  remove it"):
        Run.create(results, Settings(), {})
