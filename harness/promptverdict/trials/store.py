"""Runs on disk: results/<run>/run.json and one file for each trial, each written at once or not."""

from __future__ import annotations

import contextlib
import json
import os
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticSerializationError

from promptverdict.core.clock import format_now, format_second
from promptverdict.core.errors import InputError, Problem, StorageError
from promptverdict.core.files import write_file, write_files, write_reproducible
from promptverdict.core.json_files import read_json
from promptverdict.core.model import Frozen
from promptverdict.core.paths import display_path
from promptverdict.core.secrets import hide_secrets_within
from promptverdict.trials.record import SCHEMA, TrialRecord
from promptverdict.trials.record_seal import seal_record
from promptverdict.version import __version__

LATEST = "latest"
MANIFEST = "run.json"
TRIALS = "trials"
BASE = "base"
"""Where the records lie of the older revision that a run was compared with."""
LOST = "lost"
"""Where a shard keeps the records of trials of the older revision that could not be recorded."""
RUN_AGAIN = "run again: pytest evals/"
_KEY = re.compile(r"[\w.-]+")
_NAME = "%Y%m%dT%H%M%S.%fZ"


def is_run_name(name: str) -> bool:
    """Return whether a name begins as that of a run does: with when it started."""
    with contextlib.suppress(ValueError):
        return bool(datetime.strptime(name.partition("-")[0], _NAME))
    return False


class MergedShard(Frozen):
    """A shard that a run was merged from."""

    shard: str
    """As `3/16`."""
    run: str
    seed: int | None = None
    """Of the order in which it recorded both sides of a comparison, where it did."""


class Manifest(BaseModel):
    """What a run was asked to do; a newer version's keys are kept out and do no harm."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    schema_version: int
    run: str
    """Name of the run: when it was started, in UTC."""
    started: str
    pid: int | None = None
    """Process that writes the run; another machine's, or long gone, where the run is old."""
    finished: str | None = None
    """When it ended by itself, in UTC; None for a run that was killed or goes on."""
    harness: str
    """Version."""
    settings: dict[str, Any]
    ended: dict[str, int] = {}
    """How many of its cells and gates ended how: passed, failed, error, measured, xfailed."""
    seed: int | None = None
    """Of the random order in which both sides of a comparison were recorded, where they were."""
    planned: dict[str, str] = {}
    """Every trial that was selected, `suite/scenario::agent/variant#number` -> its key."""
    shard: str | None = None
    """Which part of the plan it ran, as `3/16`; None: all of it."""
    plan: str | None = None
    """Digest of the plan that a shard is a part of; the plan itself lies beside the manifest."""
    shards: tuple[MergedShard, ...] = ()
    """What it was merged from, by number; empty where one process ran it."""


class Run:
    """One `pytest evals/`, while it is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @staticmethod
    def make_name(shard: str | None = None) -> str:
        """Make the name of a run that starts now; a shard's tells which it is."""
        # Shards start together, on machines that may share the folder of the results.
        suffix = f"-{shard.replace('/', 'of')}" if shard else ""
        return datetime.now(UTC).strftime(_NAME) + suffix

    @classmethod
    def create(
        cls,
        results: Path,
        settings: Frozen,
        planned: Mapping[str, str],
        name: str | None = None,
        *,
        seed: int | None = None,
        shard: str | None = None,
        plan: str | None = None,
    ) -> Run:
        """Make the folder of a run and its manifest. Raises StorageError.

        settings: what the run was asked to do, kept as it is. Processes that share a run pass
        its name, and each writes the same manifest. seed: of the order of recording. shard, plan:
        which part of which plan it is, where it is one.
        """
        name = name or cls.make_name(shard)
        run = cls(results / name)
        if results.is_symlink() or results.exists():
            _check_folder(results)
        else:
            # Results are made again at no cost; whoever wants one in version control adds it.
            write_file(results / ".gitignore", "*\n")
        started = datetime.strptime(name.partition("-")[0], _NAME).replace(tzinfo=UTC)
        run.write_manifest(
            Manifest(
                schema_version=SCHEMA,
                run=name,
                started=format_second(started),
                harness=__version__,
                settings=hide_secrets_within(settings.model_dump(mode="json")),
                pid=os.getpid(),
                seed=seed,
                planned=dict(planned),
                shard=shard,
                plan=plan,
            )
        )
        return run

    def save(self, record: TrialRecord, folder: str | None = None) -> bytes:
        """Store the record of one trial, and return what its file holds.

        folder: None where the record itself says which side it is of. Raises StorageError, and
        InputError for an odd key.
        """
        folder = folder or (BASE if record.revision else TRIALS)
        if not _KEY.fullmatch(record.key):  # it may have been read from a stranger's file
            found = f"its key {record.key!r:.80} is none"
            raise InputError([Problem(record.id, found, RUN_AGAIN)])
        # A recording can be replayed again; what was asked of a model is paid for.
        is_free = record.replayed or not record.evidence.events
        content = seal_record(_format_record(record))
        path = self.folder / folder / f"{record.key}.json"
        if is_free:
            write_reproducible(path, content)
        else:
            write_files({path: content})
        return content

    def save_again(self, key: str, content: bytes) -> None:
        """Store the record of a replayed trial as an earlier run stored it. Raises StorageError."""
        write_reproducible(self.folder / TRIALS / f"{key}.json", content)

    def finish(self, *, whole: bool, ended: Mapping[str, int] | None = None) -> None:
        """Let results/latest point at this run, where links can be made; note when it ended.

        whole: it came to its end, and was not interrupted. ended: how many of its cells ended how.
        Raises StorageError, and InputError where the manifest is gone.
        """
        if whole:
            ending = {"finished": format_now(), "ended": dict(ended or {})}
            self.write_manifest(read_manifest(self.folder).model_copy(update=ending))
        self.make_latest()

    def make_latest(self) -> None:
        """Let results/latest point at this run, where links can be made."""
        # Windows needs a privilege for links; without one the newest folder is the latest.
        link = self.folder.parent / LATEST
        with contextlib.suppress(OSError):
            link.unlink(missing_ok=True)
            link.symlink_to(self.folder.name, target_is_directory=True)

    def write_manifest(self, manifest: Manifest) -> None:
        """Write what the run was asked to do. Raises StorageError."""
        write_file(self.folder / MANIFEST, manifest.model_dump_json(indent=1))


def _check_folder(results: Path) -> None:
    """Raise StorageError where something else than a folder lies in the place of the results."""
    if not os.path.isdir(results):  # noqa: PTH112  Path.is_dir raises for some links
        raise StorageError(
            f"{display_path(results)} is no folder, and no link to one\n"
            "  remove it, or let the setting `results` name a folder for the runs"
        )


def _format_record(record: TrialRecord) -> str:
    try:
        return record.model_dump_json()
    except PydanticSerializationError:
        # Half a character, from a grader of the suite's own: it becomes a `?` on its way to disk.
        return json.dumps(record.model_dump(mode="json"), ensure_ascii=False)


def read_manifest(run: Path) -> Manifest:
    """Read what a run was asked to do. Raises InputError."""
    return read_json(Manifest, run / MANIFEST, "not a run's manifest", RUN_AGAIN)
