"""Shards of one plan, merged: what one process would have made of the same recordings."""

from __future__ import annotations

import contextlib
import json
import os
import random
import shutil
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from promptverdict.cli import main
from promptverdict.comparison import compare
from promptverdict.core.errors import InputError
from promptverdict.report import writing
from promptverdict.runner import trial
from promptverdict.settings import resolve
from promptverdict.trials.runs import list_runs
from promptverdict.trials.store import MANIFEST, Run, read_manifest

from tests.fakes import PYPROJECT, run, write
from tests.recorded import record_project
from tests.repositories import CURT, KIND, SCENARIO, answers
from tests.sharded import read_folder, run_shard, run_shards

SHARDS, MANY = 16, 19
SUITE = """\
title: Manners
variants: [helper/base, helper/other]
baseline: helper/base
behaviours:
  kind: {says: It is kind}
gate: {}
"""
FILES = {
    "pyproject.toml": PYPROJECT,
    "agents/helper/base.md": KIND,
    "agents/helper/other.md": CURT,
    "evals/manners/suite.yaml": SUITE,
    **{
        f"evals/manners/request-{number}.yaml": SCENARIO.replace("NUMBER", str(number))
        for number in range(MANY)
    },
}


@pytest.fixture(scope="module")
def made(imported: None, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Record a project once; its run is thrown away."""
    folder = write(tmp_path_factory.mktemp("made"), FILES)
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(folder):
        patch.delenv("CI", raising=False)
        record_project(folder, answers)
        shutil.rmtree(folder / "results")
    return folder


@pytest.fixture
def many(made: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Copy the recorded project, where a trial takes no time and nothing is ever created."""
    monkeypatch.delenv("CI", raising=False)
    monkeypatch.setattr(compare, "format_now", lambda: "2026-01-31T12:00:00Z")

    class Still:
        monotonic = staticmethod(lambda: 0.0)

    monkeypatch.setattr(trial, "time", Still)
    folder = tmp_path / "many"
    shutil.copytree(made, folder)
    monkeypatch.chdir(folder)
    return folder


def test_sixteen_shards_merged_are_what_one_run_is(
    many: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    shards = run_shards(many, SHARDS)
    assert len(shards) == SHARDS
    random.Random(1).shuffle(shards)
    assert main(["merge", *map(str, [*shards, *shards[:3]]), "--into", "merged"]) == 1
    told = capsys.readouterr().out
    assert "gate of manners: failed: helper/other: kind: regressed" in told
    assert f"results/merged: {SHARDS} shards, {2 * MANY} trials; 1 failed, " in told
    merged = many / "results/merged"
    assert (many / "results/latest").resolve() == merged

    monkeypatch.setattr(sys, "path", list(sys.path))
    assert pytest.main(["-q", "-p", "no:randomly", "-p", "no:asyncio", "evals"]) == 1
    one = (many / "results/latest").resolve()
    assert one != merged
    assert read_folder(merged) == read_folder(one)
    assert len(read_folder(one)) == 2 * MANY + 1
    mine, theirs = read_manifest(merged), read_manifest(one)
    assert (mine.planned, mine.ended, mine.settings) == (
        theirs.planned,
        theirs.ended,
        theirs.settings,
    )
    assert list(mine.planned) == list(theirs.planned)
    assert [each.shard for each in mine.shards] == [f"{k}/{SHARDS}" for k in range(1, SHARDS + 1)]

    # Times, the run's name and the list of shards aside, the reports are the same.
    update = {"started": theirs.started, "finished": theirs.finished, "run": theirs.run}
    Run(merged).write_manifest(mine.model_copy(update={**update, "shards": ()}))
    monkeypatch.setattr(writing, "datetime", Frozen)
    monkeypatch.setattr("promptverdict.report.trend.read_trend", lambda _: None)
    assert [main(["report", str(folder)]) for folder in (merged, one)] == [0, 0]
    for name in ("report.html", "report.md"):
        assert (merged / name).read_bytes() == (one / name).read_bytes()


class Frozen:
    """A clock that stands still."""

    @staticmethod
    def now(zone: object) -> object:
        from datetime import UTC, datetime

        return datetime(2026, 1, 31, 12, tzinfo=UTC)


def test_merging_again_and_in_another_order_gives_the_same(many: Path) -> None:
    shards = run_shards(many, 4)
    assert main(["merge", *map(str, shards)]) == 1
    (merged,) = [f for f in list_runs(many / "results") if f not in shards]
    first = read_folder(merged), (merged / MANIFEST).read_bytes()
    assert main(["merge", *map(str, reversed(shards))]) == 1
    assert (read_folder(merged), (merged / MANIFEST).read_bytes()) == first
    assert len(list_runs(many / "results")) == 5
    assert not list((many / "results").glob(".merge-*"))


def test_a_merged_run_is_a_run_like_any_other(
    many: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["merge", *map(str, run_shards(many, 2)), "--into", "merged"]) == 1
    assert main(["compare"]) == 1
    assert main(["show", "request-3::helper/base"]) == 0
    assert main(["runs"]) == 0
    told = capsys.readouterr().out
    assert "Regressed: helper/other shows kind less often than helper/base." in told
    assert f"merged  {2 * MANY} of {2 * MANY} trials, 1 failed" in told


def test_the_merged_report_says_of_what_it_was_merged(many: Path) -> None:
    main(["merge", *map(str, run_shards(many, 2)), "--into", "merged"])
    assert main(["report"]) == 0
    page = (many / "results/merged/report.html").read_text("utf-8")
    assert "merged from 2 shards" in page


@pytest.fixture
def evals(many: Path, pytester: pytest.Pytester) -> pytest.Pytester:
    """Copy the recorded project to where pytest runs in this process."""
    shutil.copytree(many, pytester.path, dirs_exist_ok=True)
    os.chdir(pytester.path)
    return pytester


def test_a_shard_judges_no_gate_and_says_who_does(evals: pytest.Pytester) -> None:
    result = run(evals, "evals", "--shard", "1/4", "-rs")
    result.stdout.fnmatch_lines(["*shard 1/4: gates are judged when all shards are merged*"])
    assert result.ret == 0
    assert result.parseoutcomes() == {"measured": 10, "skipped": 1, "deselected": 28}
    assert not list((evals.path / "results").rglob("comparison.json"))


def test_every_scenario_is_in_one_shard_with_all_its_sides(many: Path) -> None:
    planned = [read_manifest(folder).planned for folder in run_shards(many, 4)]
    every = [trial for shard in planned for trial in shard]
    assert len(every) == len(set(every)) == 2 * MANY
    places = [{name.partition("::")[0] for name in shard} for shard in planned]
    assert sorted(map(len, places)) == [4, 5, 5, 5]
    assert sum(map(len, places)) == len(set().union(*places)) == MANY


def test_a_shard_without_a_scenario_passes_and_is_merged(
    evals: pytest.Pytester, capsys: pytest.CaptureFixture[str]
) -> None:
    many = evals.path
    for path in (many / "evals/manners").glob("request-*.yaml"):
        if path.stem not in ("request-0", "request-1"):
            path.unlink()
            shutil.rmtree(path.with_suffix("").parent / "cassettes" / path.stem)
    suite = many / "evals/manners/suite.yaml"
    suite.write_text(SUITE.replace("gate: {}\n", ""))
    shards = run_shards(many, 2 + 1)[:2]
    assert run(evals, "evals", "--shard", "3/3").ret == 0
    shards.append((many / "results/latest").resolve())
    assert [len(read_manifest(folder).planned) for folder in shards] == [2, 2, 0]
    assert main(["merge", *map(str, shards)]) == 0
    assert "3 shards, 4 trials; 4 measured" in capsys.readouterr().out


def test_a_missing_shard_is_named(many: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shards = run_shards(many, 5)
    assert main(["merge", *map(str, [*shards[:1], *shards[2:4]])]) == 7
    assert "missing: shard 2/5, 5/5" in capsys.readouterr().err
    assert list_runs(many / "results") == shards
    assert not list((many / "results").glob(".merge-*"))


def test_a_missing_trial_is_named_with_its_shard(
    many: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shards = run_shards(many, 2)
    name, key = next(iter(read_manifest(shards[1]).planned.items()))
    (shards[1] / f"trials/{key}.json").unlink()
    assert main(["merge", *map(str, shards)]) == 7
    told = capsys.readouterr().err
    assert f"shard 2/2 (results/{shards[1].name}): 1 trial without a record: {name}" in told
    assert "run it again: --shard 2/2" in told


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        (lambda own, _: own[:100], "not a trial's record"),
        (lambda _, other: other, "the record of manners/request-"),
    ],
)
def test_a_record_that_is_damaged_or_of_another_trial_is_refused(
    many: Path,
    capsys: pytest.CaptureFixture[str],
    damage: Callable[[bytes, bytes], bytes],
    why: str,
) -> None:
    shards = run_shards(many, 2)
    own, other = sorted((shards[1] / "trials").glob("*.json"))[:2]
    own.write_bytes(damage(own.read_bytes(), other.read_bytes()))
    assert main(["merge", *map(str, shards), "--into", "merged"]) == 2
    told = capsys.readouterr().err
    assert f"{shards[1].name}/trials/{own.name}: {why}" in told
    assert "run the shard again: --shard 2/2" in told
    assert list_runs(many / "results") == shards
    assert not list((many / "results").glob(".merge-*"))


def test_an_interrupted_shard_is_named(many: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shards = run_shards(many, 2)
    manifest = read_manifest(shards[0])
    Run(shards[0]).write_manifest(manifest.model_copy(update={"finished": None}))
    assert main(["merge", *map(str, shards)]) == 7
    assert f"({Path('results', shards[0].name)}): did not end by itself" in capsys.readouterr().err


def test_of_two_runs_of_one_shard_the_newer_counts(
    many: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shards = run_shards(many, 2)
    run_shard(many, "1/2")
    again = list_runs(many / "results")
    assert main(["merge", *map(str, again), "--into", "merged"]) == 1
    assert "1 run left out: of each shard the newest run counts" in capsys.readouterr().out
    merged = {each.run for each in read_manifest(many / "results/merged").shards}
    assert merged == {folder.name for folder in again} - {shards[0].name}


@pytest.mark.parametrize(
    ("more", "why"),
    [
        ({"trials": 2}, "manners: trials changed"),
        ({"leave_out": "request-3"}, "cell gone: manners/request-3::helper/base"),
        ({"promise": "kind"}, "promise is kind and not None"),
        ({"model": "anthropic/other"}, "asked differently: manners/request-0::helper/base"),
    ],
)
def test_a_shard_of_another_plan_is_refused_and_what_differs_is_named(
    many: Path, capsys: pytest.CaptureFixture[str], more: dict[str, Any], why: str
) -> None:
    shards = run_shards(many, 3)
    foreign = run_shard(many, "1/3", **more)
    assert main(["merge", str(foreign), *map(str, shards)]) == 2
    told = capsys.readouterr().err
    assert f"results/{foreign.name}: of another plan than results/{shards[0].name}: " in told
    assert why in told


def test_shards_are_refused_where_the_suites_changed_since(
    many: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shards = run_shards(many, 2)
    place = many / "evals/manners/request-4.yaml"
    place.write_text(place.read_text().replace("welcome", "goodbye"))
    assert main(["merge", *map(str, shards)]) == 2
    assert "graded differently: manners/request-4" in capsys.readouterr().err


def test_what_is_no_shard_and_another_number_of_shards_are_refused(
    many: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shards = run_shards(many, 2)
    other = run_shard(many, "1/3")
    assert main(["merge", str(other), *map(str, shards)]) == 2
    assert f"results/{other.name}: shard 1/3, where " in capsys.readouterr().err
    whole = Run.create(many / "results", resolve(many, {}), {}).folder
    assert main(["merge", *map(str, shards), str(whole)]) == 2
    assert "this run is no shard of another" in capsys.readouterr().err


def test_an_edited_plan_is_refused(many: Path, capsys: pytest.CaptureFixture[str]) -> None:
    shards = run_shards(many, 2)
    plan = json.loads((shards[0] / "plan.json").read_text())
    plan["options"]["promise"] = "kind"
    (shards[0] / "plan.json").write_text(json.dumps(plan))
    assert main(["merge", *map(str, shards)]) == 2
    assert "its plan was edited after it ran" in capsys.readouterr().err


def test_nothing_but_an_earlier_merge_is_replaced(
    many: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    shards = run_shards(many, 2)
    (many / "results/mine").mkdir()
    whole = Run.create(many / "results", resolve(many, {}), {}).folder
    for name in ("mine", whole.name):
        assert main(["merge", *map(str, shards), "--into", name]) == 2
        assert "something else lies there" in capsys.readouterr().err
    for name in ("../mine", shards[0].name, "latest", ""):
        assert main(["merge", *map(str, shards), "--into", name]) == 2
        assert "is not a name of a run" in capsys.readouterr().err


def test_a_shard_is_not_compared(many: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (shard, _) = run_shards(many, 2)
    assert main(["compare", str(shard)]) == 2
    assert "shard 1/2 of a plan" in capsys.readouterr().err


@pytest.mark.parametrize("given", ["0/4", "5/4", "3", "a/b", "1/0", "01/4", "1/10001"])
def test_what_is_no_shard_is_refused(tmp_path: Path, given: str) -> None:
    with pytest.raises(InputError, match=f"--shard: `{given}` is not a shard"):
        resolve(tmp_path, {"shard": given})


def test_shards_have_no_controls(tmp_path: Path) -> None:
    more = {"base": "main", "record": "once", "controls": 3}
    with pytest.raises(InputError, match="controls are drawn from all scenarios"):
        resolve(tmp_path, {"shard": "1/2", **more})


def test_shards_have_no_workers(evals: pytest.Pytester) -> None:
    quiet = ("-p", "no:randomly", "-p", "no:asyncio")
    result = evals.runpytest_inprocess("evals", "--shard", "1/2", "-n", "1", *quiet)
    result.stdout.fnmatch_lines(["*--shard: cannot be combined with -n*"])
