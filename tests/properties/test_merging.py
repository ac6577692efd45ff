"""Merged shards are one run: in whatever order they are named, how often, and merged again."""

from __future__ import annotations

import tempfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from promptverdict.comparison.merging import MergedRun
from promptverdict.comparison.plan import Plan
from promptverdict.comparison.run_plan import RunPlan, write_run_plan
from promptverdict.comparison.shard_runs import (
    check_complete,
    choose_newest,
    count_ended,
    read_shards,
)
from promptverdict.core.errors import EvidenceError
from promptverdict.core.shards import Shard, select_shard
from promptverdict.settings import Settings
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.store import Run

from tests.properties.profile import PROFILE
from tests.report.made import record

__all__ = ["PROFILE"]


def make_shard(results: Path, shard: Shard, trials: list[TrialRecord], moment: int) -> Path:
    """Write the run of one shard that began at a second of the minute."""
    plan = RunPlan(
        plan=Plan(base=None, suites={}, cells={}, graders={}),
        trials={trial.id: trial.key for trial in trials},
        folders={},
        options={},
        tables={},
        agents_by_hand=False,
    )
    own = select_shard([trial.scenario for trial in trials], shard)
    here = [trial for trial in trials if trial.scenario in own]
    run = Run.create(
        results,
        Settings(),
        {trial.id: trial.key for trial in here},
        f"20260131T1200{moment:02}.000000Z-{shard.number}of{shard.total}",
        shard=str(shard),
        plan=plan.digest,
    )
    write_run_plan(run.folder, plan)
    for trial in here:
        run.save(trial)
    run.finish(whole=True, ended={"measured": len(here)})
    return run.folder


def read_files(folder: Path) -> dict[str, bytes]:
    paths = (path for path in folder.rglob("*") if path.is_file())
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in paths}


def merge(results: Path, folders: list[Path], trials: list[TrialRecord]) -> dict[str, bytes]:
    shards = choose_newest(read_shards(folders))
    check_complete(shards)
    merged = MergedRun(results, shards, "merged")
    assert list(merged.read_trials(trial.key for trial in trials)) == trials
    merged.finish({trial.id: trial.key for trial in trials}, count_ended(shards))
    merged.discard()
    assert not list(results.glob(".merge-*"))
    return read_files(merged.folder)


@given(
    names=st.sets(st.sampled_from("abcdefghij"), min_size=1, max_size=3),
    total=st.integers(1, 4),
    data=st.data(),
)
def test_shards_merge_into_one_run_in_any_order_and_again(
    names: set[str], total: int, data: st.DataObject
) -> None:
    trials = [
        record(scenario=name, trial=number, key=f"{name}-{number}")
        for name in sorted(names)
        for number in range(2)
    ]
    shards = [Shard(number, total) for number in range(1, total + 1)]
    with tempfile.TemporaryDirectory() as place:
        results = Path(place, "results")
        folders = [make_shard(results, shard, trials, shard.number) for shard in shards]
        again = data.draw(st.sampled_from(shards))
        newest = make_shard(results, again, trials, 30)
        first = merge(results, [*folders, newest], trials)
        assert {name for name in first if "/" in name} == {
            f"trials/{trial.key}.json" for trial in trials
        }
        order = data.draw(st.permutations([*folders, newest, *folders]))
        assert merge(results, order, trials) == first
        missing = data.draw(st.sampled_from(shards))
        left = [
            folder for folder in order if not folder.name.endswith(f"-{missing.number}of{total}")
        ]
        if left:
            with pytest.raises(EvidenceError, match=f"missing: shard {missing}"):
                merge(results, left, trials)
        assert read_files(results / "merged") == first
