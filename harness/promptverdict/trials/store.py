"""Runs on disk: results/<run>/run.json and one file for each trial, each written at once or not."""

from __future__ import annotations

import contextlib
import json
import os
import re
import shutil
import time
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict
from pydantic_core import PydanticSerializationError

from promptverdict.core.clock import format_now, format_second
from promptverdict.core.errors import InputError, Problem, StorageError
from promptverdict.core.files import find_names, write_file, write_reproducible
from promptverdict.core.json_files import parse_json, read_json, read_json_file
from promptverdict.core.model import Frozen
from promptverdict.core.paths import display_path
from promptverdict.core.secrets import hide_secrets_within
from promptverdict.core.text import format_count
from promptverdict.trials.record import SCHEMA, TrialRecord
from promptverdict.trials.record_seal import BrokenSeal, count_unsealed, open_record, seal_record
from promptverdict.version import __version__

LATEST = "latest"
MANIFEST = "run.json"
TRIALS = "trials"
BASE = "base"
"""Where the records lie of the older revision that a run was compared with."""
LOST = "lost"
"""Where a shard keeps the records of trials of the older revision that could not be recorded."""
_RUN_AGAIN = "run again: pytest evals/"
_MAX_RECORD_BYTES = 2**30
"""More than a recording may hold (recording/expansion.py), since JSON escapes."""
_MOST_SWEPT = 20
"""Newest runs that are looked at for what was left."""
_WRITING_SECONDS = 60.0
"""How long nobody takes to write a record."""
_KEY = re.compile(r"[\w.-]+")
_NAME = "%Y%m%dT%H%M%S.%fZ"
_SHARD_NAME = re.compile(r"-\d+of\d+$")


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
        if not results.exists():
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

    def save(self, record: TrialRecord, folder: str | None = None) -> None:
        """Store the record of one trial. Raises StorageError, and InputError for an odd key.

        folder: None where the record itself says which side it is of.
        """
        folder = folder or (BASE if record.revision else TRIALS)
        if not _KEY.fullmatch(record.key):  # it may have been read from a stranger's file
            found = f"its key {record.key!r:.80} is none"
            raise InputError([Problem(record.id, found, _RUN_AGAIN)])
        # A recording can be replayed again; what was asked of a model is paid for.
        is_free = record.replayed or not record.evidence.events
        write = write_reproducible if is_free else write_file
        text = seal_record(_format_record(record))
        write(self.folder / folder / f"{record.key}.json", text)

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


def _format_record(record: TrialRecord) -> str:
    try:
        return record.model_dump_json()
    except PydanticSerializationError:
        # Half a character, from a grader of the suite's own: it becomes a `?` on its way to disk.
        return json.dumps(record.model_dump(mode="json"), ensure_ascii=False)


def is_shard_name(name: str) -> bool:
    """Return whether the name of a run is that of a shard."""
    return _SHARD_NAME.search(name) is not None


def list_runs(results: Path) -> list[Path]:
    """List the folders of runs below a results folder, oldest first. Raises InputError."""
    if os.path.lexists(results) and not results.is_dir():
        problem = Problem(display_path(results), "it is no folder", "name one for the runs")
        raise InputError([problem])
    folders = results.iterdir() if results.is_dir() else ()
    return sorted(
        # lexists: whoever reads a manifest that is no file hears what is wrong with it.
        folder
        for folder in folders
        if os.path.lexists(folder / MANIFEST) and not folder.is_symlink()
    )


def find_run(results: Path, name: str = LATEST) -> Path:
    """Find a run by its name, by the beginning of one, by its path, or the latest.

    Raises InputError.
    """
    path = Path(name)
    if len(path.parts) > 1 and path.parent.resolve() != results.resolve():
        results = path.parent
    name, known = path.name, list_runs(results)
    if name == LATEST and known and not (results / LATEST / MANIFEST).is_file():
        return known[-1]
    if (results / name / MANIFEST).is_file():
        return (results / name).resolve()
    fitting = [run for run in known if run.name.startswith(name)]
    if len(fitting) == 1:
        return fitting[0]
    newest = ", ".join(run.name for run in reversed(known[-3:]))
    cure = f"the newest are: {newest}" if known else "run first: pytest evals/"
    what = "fits several runs" if fitting else "there is no such run"
    raise InputError([Problem(f"{display_path(results)}: {name}", what, cure)])


def prune(results: Path, keep: int) -> list[Path]:
    """Delete all but the newest runs and return their folders; what is no run is never touched.

    Raises StorageError for one that cannot be deleted.
    """
    # -0 would be a slice of nothing, where keeping none means deleting all.
    doomed = list_runs(results)[: -keep or None]
    for folder in doomed:
        try:
            shutil.rmtree(folder)
        except OSError as error:
            raise StorageError(
                f"{display_path(folder)} cannot be deleted: {error.strerror}"
            ) from error
    return doomed


def is_running(manifest: Manifest) -> bool:
    """Return whether the process that writes a run is alive, as far as this machine can tell."""
    if manifest.finished or manifest.pid is None or os.name == "nt":
        return False
    try:
        # Signal 0 reaches nobody; it only asks whether there is somebody to reach.
        os.kill(manifest.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def remove_unfinished(results: Path) -> None:
    """Remove what runs that were killed while they wrote a record have left among the records."""
    for folder in list_runs(results)[-_MOST_SWEPT:]:
        with contextlib.suppress(InputError, OSError):
            manifest = read_manifest(folder)
            # Another machine's run looks dead from here: its files are new.
            if manifest.finished is None and not is_running(manifest):
                for path in folder.glob("*/.*.json.*"):
                    if time.time() - path.stat().st_mtime > _WRITING_SECONDS:
                        path.unlink()


def read_manifest(run: Path) -> Manifest:
    """Read what a run was asked to do. Raises InputError."""
    return read_json(Manifest, run / MANIFEST, "not a run's manifest", _RUN_AGAIN)


class _Version(BaseModel):
    """All that must be readable of any record, however new."""

    schema_version: int


def describe_unsealed(run: Path) -> str | None:
    """Describe in words how many records of a run carry no seal; None where each has one."""
    if unsealed := count_unsealed(run / TRIALS):
        count = format_count(unsealed, "record")
        return (
            f"{count} of {run.name} without a seal, of an older promptverdict: nobody can tell"
            " whether they were edited"
        )
    return None


def read_records(run: Path, folder: str = TRIALS) -> Iterator[TrialRecord]:
    """Read the records of a run, sorted by file name.

    folder: BASE for those of the older revision that it was compared with. Raises InputError with
    a problem for each file that is none, after the last.
    """
    problems: list[Problem] = []
    place = run / folder
    # Names, and only those that are not read yet: the paths of a hundred thousand records would
    # take more than what is held of them.
    names = sorted(find_names(place, ".json"), reverse=True)
    while names:
        try:
            yield read_record(place / names.pop())
        except InputError as error:
            problems += error.problems
    if problems:
        raise InputError(problems)


def read_record(path: Path) -> TrialRecord:
    """Read one trial's record. Raises InputError."""
    kind = "not a trial's record"
    content = read_json_file(path, kind, _RUN_AGAIN, _MAX_RECORD_BYTES)
    try:
        content = open_record(content)
    except BrokenSeal as error:
        found = "it was changed after it was written"
        raise InputError([Problem(display_path(path), found, _RUN_AGAIN)]) from error
    try:
        record = parse_json(TrialRecord, content, path, kind, _RUN_AGAIN)
    except InputError:
        # Only what cannot be read is parsed twice: a newer record may hold what nobody knew.
        version = parse_json(_Version, content, path, kind, _RUN_AGAIN).schema_version
        _check_version(path, version)
        raise
    _check_version(path, record.schema_version)
    return record


def _check_version(path: Path, written: int) -> None:
    """Raise InputError for a record that a newer version wrote."""
    if written > SCHEMA:
        found = f"written by a newer promptverdict (schema {written})"
        cure = "update: pip install --upgrade promptverdict"
        raise InputError([Problem(display_path(path), found, cure)])
