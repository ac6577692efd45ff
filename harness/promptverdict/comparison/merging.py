"""Several shards of one plan, joined into the run that one process would have made.

What joins is decided by the plan alone: not by the order in which shards are named, nor by how
often. Nothing is merged while a shard or one of its trials is missing.
"""

from __future__ import annotations

import contextlib
import os
import shutil
from collections.abc import Iterable, Iterator, Mapping, Sequence
from pathlib import Path

from promptverdict.comparison.shard_runs import ShardRun
from promptverdict.core.errors import EvidenceError, InputError, Problem, StorageError
from promptverdict.core.locked_folders import (
    make_locked_folder,
    release_folder,
    remove_own_leftovers,
    remove_tree,
)
from promptverdict.core.paths import display_path
from promptverdict.core.text import format_count
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.store import (
    BASE,
    MANIFEST,
    TRIALS,
    MergedShard,
    Run,
    read_manifest,
)
from promptverdict.trials.stored_records import read_record

_PREFIX = ".merge-"


class MergedRun:
    """The run that is made of shards, in a folder of its own until it is whole."""

    def __init__(self, results: Path, shards: Sequence[ShardRun], name: str | None) -> None:
        self._shards = shards
        newest = max(run.manifest.run for run in shards)
        self.folder = results / (name or f"{newest.rpartition('-')[0]}-merged")
        self._check_free()
        results.mkdir(parents=True, exist_ok=True)
        remove_own_leftovers(results, _PREFIX)
        self._made, self._lock = make_locked_folder(results, _PREFIX)
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
        with contextlib.suppress(OSError):
            remove_tree(self._made)
        release_folder(self._lock)


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
