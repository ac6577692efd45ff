"""The runs of the shards of one plan: read, checked for one plan, and for what is missing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

from promptverdict.comparison.run_plan import RunPlan, list_differences, read_run_plan
from promptverdict.core.errors import EvidenceError, InputError, Problem
from promptverdict.core.paths import display_path
from promptverdict.core.shards import Shard, parse_shard
from promptverdict.core.text import format_count
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.store import LOST, TRIALS, Manifest, read_manifest
from promptverdict.trials.stored_records import read_records

MOST_NAMED = 5
"""Shards or trials that a message names."""


@dataclass(frozen=True)
class ShardRun:
    """One shard's run."""

    folder: Path
    manifest: Manifest
    plan: RunPlan
    shard: Shard

    @property
    def name(self) -> str:
        """Which shard, and where it lies."""
        return f"shard {self.shard} ({display_path(self.folder)})"


def read_shards(folders: Iterable[Path]) -> list[ShardRun]:
    """Read the runs to merge: each once, sorted by shard and then by when they began.

    Raises InputError for all runs that are no shards, and where they are not of one plan.
    """
    shards: list[ShardRun] = []
    problems: list[Problem] = []
    for folder in {folder.resolve(): folder for folder in folders}.values():
        try:
            shards.append(_read_shard(folder))
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)
    shards.sort(key=lambda run: (run.shard, run.manifest.run))
    _check_one_plan(shards)
    return shards


def _read_shard(folder: Path) -> ShardRun:
    manifest, where = read_manifest(folder), display_path(folder)
    try:
        shard = parse_shard(manifest.shard or "")
    except ValueError as error:
        found = "this run is no shard of another"
        raise InputError([Problem(where, found, "name runs made with --shard")]) from error
    plan = read_run_plan(folder)
    if plan.digest != manifest.plan:
        found, cure = "its plan was edited after it ran", "run the shard again"
        raise InputError([Problem(where, found, cure)])
    return ShardRun(folder, manifest, plan, shard)


def _check_one_plan(shards: Sequence[ShardRun]) -> None:
    counts = Counter((run.manifest.plan, run.shard.total) for run in shards)
    # Most runs decide which of them is the foreign one; of as many, the smaller digest does.
    (digest, count), _ = max(sorted(counts.items()), key=lambda item: item[1])
    first = next(run for run in shards if run.manifest.plan == digest and run.shard.total == count)
    problems = []
    for run in shards:
        if run.manifest.plan != digest:
            changes = "; ".join(list_differences(first.plan, run.plan))
            found = f"of another plan than {display_path(first.folder)}: {changes}"
            problems.append(Problem(display_path(run.folder), found, "leave it out"))
        elif run.shard.total != count:
            found = f"shard {run.shard}, where {display_path(first.folder)} is one of {count}"
            problems.append(Problem(display_path(run.folder), found, "leave it out"))
    if problems:
        raise InputError(problems)


def choose_newest(shards: Sequence[ShardRun]) -> list[ShardRun]:
    """Choose the newest run of each shard, by number.

    It counts even where an older one got further, so that nobody can choose among results.
    """
    return list({run.shard: run for run in shards}.values())


def check_complete(shards: Sequence[ShardRun]) -> None:
    """Raise EvidenceError where a shard is missing, did not end, or lacks records of trials."""
    there = {run.shard.number for run in shards}
    count = shards[0].shard.total
    lacking = []
    missing = [str(Shard(k, count)) for k in range(1, count + 1) if k not in there]
    if missing:
        lacking.append(
            f"missing: shard {_shorten(missing)}\n"
            f"  run what is missing, with the options of the others: --shard {missing[0]}"
        )
    for run in shards:
        absent = [
            trial
            for trial, key in run.manifest.planned.items()
            if not (run.folder / TRIALS / f"{key}.json").is_file()
        ]
        if absent:
            lacking.append(
                f"{run.name}: {format_count(len(absent), 'trial')} without a record:"
                f" {_shorten(absent)}\n  run it again: --shard {run.shard}"
            )
        elif run.manifest.finished is None:
            lacking.append(
                f"{run.name}: did not end by itself\n  run it again: --shard {run.shard}"
            )
    planned = {item for run in shards for item in run.manifest.planned.items()}
    differing = {trial for trial, _ in set(shards[0].plan.trials.items()) ^ planned}
    if not lacking and (unplanned := sorted(differing)):
        lacking.append(
            f"{format_count(len(unplanned), 'trial')} in the plan or in the shards alone:"
            f" {_shorten(unplanned)}\n  run all shards again"
        )
    if lacking:
        raise EvidenceError("\n".join(lacking))


def _shorten(names: Sequence[str]) -> str:
    more = f" and {len(names) - MOST_NAMED} more" if len(names) > MOST_NAMED else ""
    return ", ".join(names[:MOST_NAMED]) + more


def read_lost(shards: Iterable[ShardRun]) -> list[TrialRecord]:
    """Read the records of older trials that shards could not record. Raises InputError."""
    return [record for run in shards for record in read_records(run.folder, LOST)]


def count_ended(shards: Iterable[ShardRun]) -> Counter[str]:
    """Count how the cells of all shards ended."""
    return sum((Counter(run.manifest.ended) for run in shards), Counter())
