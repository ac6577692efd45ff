"""Several shards of one plan, joined into the run that one process would have made.

What joins is decided by the plan alone: not by the order in which shards are named, nor by how
often. Nothing is merged while a shard or one of its trials is missing.
"""

from __future__ import annotations

import os
import shutil
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from promptverdict.comparison.run_plan import RunPlan, list_differences, read_run_plan
from promptverdict.core.errors import EvidenceError, InputError, Problem, StorageError
from promptverdict.core.paths import display_path
from promptverdict.core.shards import Shard, parse_shard
from promptverdict.core.text import format_count
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.store import (
    BASE,
    LOST,
    MANIFEST,
    TRIALS,
    Manifest,
    MergedShard,
    Run,
    read_manifest,
)
from promptverdict.trials.stored_records import read_record, read_records

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


class MergedRun:
    """The run that is made of shards, in a folder of its own until it is whole."""

    def __init__(self, results: Path, shards: Sequence[ShardRun], name: str | None) -> None:
        self._shards = shards
        newest = max(run.manifest.run for run in shards)
        self.folder = results / (name or f"{newest.rpartition('-')[0]}-merged")
        self._check_free()
        results.mkdir(parents=True, exist_ok=True)
        self._made = Path(tempfile.mkdtemp(prefix=".merge-", dir=results))
        self.run = Run(self._made)
        try:
            _copy_records(shards, self._made / TRIALS)
        except Exception:
            self.discard()
            raise

    def _check_free(self) -> None:
        """Raise InputError where something else than an earlier merge of this plan lies there."""
        if not os.path.lexists(self.folder):
            return
        known = read_manifest(self.folder) if (self.folder / MANIFEST).is_file() else None
        if known is None or not known.shards or known.plan != self._shards[0].manifest.plan:
            found, cure = "something else lies there", "choose another name: --into NAME"
            raise InputError([Problem(display_path(self.folder), found, cure)])

    def read_trials(self, keys: Iterable[str]) -> Iterator[TrialRecord]:
        """Read the records of trials one at a time, in the order of their keys."""
        for key in keys:
            yield read_record(self._made / TRIALS / f"{key}.json")

    def check_older_side(self) -> None:
        """Raise EvidenceError where the older side lacks what a shard compared with.

        What shards recorded of it lies on their machines until it is brought here.
        """
        here = {path.name for path in (self._made / BASE).glob("*.json")}
        for run in self._shards:
            lacking = [path for path in (run.folder / BASE).glob("*.json") if path.name not in here]
            if lacking:
                raise EvidenceError(
                    f"{run.name}: {format_count(len(lacking), 'recording')} of the older side"
                    f" not found here; the first: {read_record(min(lacking)).id}\n"
                    "  bring the cassettes/ folders that the shards wrote, and merge again"
                )

    def finish(self, planned: Mapping[str, str], ended: Mapping[str, int]) -> None:
        """Write the manifest, and put the whole run in its place. Raises StorageError.

        planned: every trial's id -> key. ended: how many cells and gates ended how.
        """
        manifests = [run.manifest for run in self._shards]
        first = manifests[0]
        self.run.write_manifest(
            first.model_copy(
                update={
                    "run": self.folder.name,
                    "started": min(manifest.started for manifest in manifests),
                    "finished": max(manifest.finished or "" for manifest in manifests),
                    "pid": None,
                    "seed": None,
                    "settings": first.settings | {"shard": None},
                    "ended": dict(ended),
                    "planned": dict(planned),
                    "shard": None,
                    "shards": tuple(
                        MergedShard(
                            shard=str(run.shard), run=run.manifest.run, seed=run.manifest.seed
                        )
                        for run in self._shards
                    ),
                }
            )
        )
        try:
            self._made.chmod(0o755)  # mkdtemp makes folders that nobody else may read
            if self.folder.exists():
                shutil.rmtree(self.folder)
            self._made.rename(self.folder)
        except OSError as error:
            where = display_path(self.folder)
            raise StorageError(f"{where} cannot be written: {error.strerror or error}") from error
        Run(self.folder).make_latest()

    def discard(self) -> None:
        """Remove what is not finished; a finished run stays."""
        shutil.rmtree(self._made, ignore_errors=True)


def _copy_records(shards: Iterable[ShardRun], to: Path) -> None:
    """Copy the records of the planned trials, byte for byte.

    Raises InputError for a record that is damaged or of another trial, and StorageError.
    """
    try:
        to.mkdir()
        for run in shards:
            for trial, key in run.manifest.planned.items():
                copy = to / f"{key}.json"
                shutil.copyfile(run.folder / TRIALS / copy.name, copy)
                _check_record(run, trial, copy)
    except OSError as error:
        raise StorageError(f"{display_path(to)} cannot be written: {error.strerror}") from error


def _check_record(run: ShardRun, trial: str, copy: Path) -> None:
    """Raise InputError where what was copied is not the record of a planned trial."""
    where = display_path(run.folder / TRIALS / copy.name)
    cure = f"run the shard again: --shard {run.shard}"
    try:
        record = read_record(copy)
    except InputError as error:
        found = error.problems[0].found.partition(": ")[0]
        raise InputError([Problem(where, found, cure)]) from error
    if (record.id, record.key, record.revision) != (trial, copy.stem, None):
        raise InputError([Problem(where, f"the record of {record.id}, not of {trial}", cure)])


def read_lost(shards: Iterable[ShardRun]) -> list[TrialRecord]:
    """Read the records of older trials that shards could not record. Raises InputError."""
    return [record for run in shards for record in read_records(run.folder, LOST)]


def count_ended(shards: Iterable[ShardRun]) -> Counter[str]:
    """Count how the cells of all shards ended."""
    return sum((Counter(run.manifest.ended) for run in shards), Counter())
