"""Shards that compare with an older revision: both sides of a scenario lie in one of them."""

from __future__ import annotations

import os
import shutil
from typing import Any

import pytest
from promptverdict.cli import main
from promptverdict.comparison import compare, older_side
from promptverdict.core.errors import StorageError
from promptverdict.runner import trial
from promptverdict.trials.runs import find_run
from promptverdict.trials.store import BASE, LOST

from tests.fakes import Blocks, Provider, provider, run
from tests.repositories import CURT, SCENARIOS, Repository, answers
from tests.sharded import read_folder, run_shards

EDITED = "agents/helper/base.md"


@pytest.fixture
def still(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let trials take no time, and nothing be created."""
    monkeypatch.setattr(compare, "format_now", lambda: "2026-01-31T12:00:00Z")

    class Still:
        monotonic = staticmethod(lambda: 0.0)

    monkeypatch.setattr(trial, "time", Still)


@pytest.fixture
def edited(repository: Repository) -> Repository:
    """Commit a project of which nothing is recorded, and edit one prompt in a branch."""
    repository.commit("Nothing recorded")
    repository.git("checkout", "--quiet", "-b", "work")
    (repository.folder / EDITED).write_text(CURT, encoding="utf-8")
    os.chdir(repository.folder)
    return repository


def test_merged_shards_say_what_one_run_against_the_same_revision_says(
    edited: Repository,
    pytester: pytest.Pytester,
    kind_server: Provider,
    still: None,
    capsys: pytest.CaptureFixture[str],
) -> None:
    shards = run_shards(edited.folder, 3, base="main", record="once")
    assert len(kind_server.requests) == 2 * SCENARIOS
    assert all((shard / BASE).is_dir() for shard in shards)
    assert not list(edited.folder.rglob("comparison.json"))
    replayed = run_shards(edited.folder, 3, base="main")
    (edited.folder / "results/.merge-left/trials").mkdir(parents=True)
    assert main(["merge", *map(str, replayed), "--into", "merged"]) == 0
    assert not list(edited.folder.glob("results/.merge-*"))
    assert "Regressed: helper/base shows kind less often than" in capsys.readouterr().out
    run(pytester, "evals", "--base", "main")
    whole = find_run(edited.folder / "results")
    assert whole.name != "merged"
    merged = read_folder(edited.folder / "results/merged")
    assert merged == read_folder(whole)
    assert sum(name.startswith(f"{BASE}/") for name in merged) == SCENARIOS
    assert len(kind_server.requests) == 2 * SCENARIOS


def test_trials_of_the_older_side_that_shards_could_not_record_are_noted(
    edited: Repository, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def answer(body: dict[str, Any]) -> Blocks | tuple[int, Any]:
        is_older, asks = "kind" in str(body["system"]), str(body["messages"])
        return (400, {"error": "no"}) if is_older and "request 3" in asks else answers(body)

    with provider(answer) as server:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", server.url)
        shards = run_shards(edited.folder, 2, base="main", record="once")
    assert len([path for shard in shards for path in (shard / LOST).glob("*.json")]) == 1
    assert main(["merge", *map(str, shards)]) == 1
    told = " ".join(capsys.readouterr().out.split())
    assert "1 trial of helper/base @ main could not be recorded; the first: " in told


def test_what_shards_recorded_of_the_older_side_must_be_there(
    edited: Repository, kind_server: Provider, capsys: pytest.CaptureFixture[str]
) -> None:
    shards = run_shards(edited.folder, 2, base="main", record="once")
    older = next((edited.folder / "evals/manners/cassettes").glob("request-3/*@*"))
    shutil.rmtree(older)
    assert main(["merge", *map(str, shards)]) == 7
    told = capsys.readouterr().err
    assert "1 recording of the older side not found here; the first: manners/request-3::" in told
    assert "bring the cassettes/ folders that the shards wrote" in told


def test_a_shard_that_cannot_store_the_older_side_is_not_ready_to_be_merged(
    edited: Repository,
    pytester: pytest.Pytester,
    kind_server: Provider,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def refuse(*_: object) -> None:
        raise StorageError("the disk is full")

    monkeypatch.setattr(older_side, "store_older_side", refuse)
    ended = run(pytester, "evals", "--base", "main", "--record", "once", "--shard", "1/1")
    assert ended.ret == 1
    ended.stdout.fnmatch_lines(["not ready to be merged: the disk is full"])
    assert main(["merge", "latest"]) == 7
    assert "did not end by itself" in capsys.readouterr().err
