"""Runs on disk: results/<run>/run.json and one file for each trial, each written at once or not."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ValidationError

import harness
from harness.disk import write_whole
from harness.errors import InputError, Problem, shown
from harness.records import SCHEMA, TrialRecord
from harness.settings import Settings

LATEST = "latest"


class Run:
    """One `pytest evals/`, while it is written."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    @classmethod
    def create(cls, results: Path, settings: Settings) -> Run:
        """Make the folder of a new run and its manifest. Raises StorageError."""
        started = datetime.now(UTC)
        name = started.strftime("%Y%m%dT%H%M%S.%fZ")
        run = cls(results / name)
        manifest = {
            "schema_version": SCHEMA,
            "run": name,
            "started": started.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "harness": harness.__version__,
            "settings": settings.model_dump(mode="json"),
        }
        write_whole(run.folder / "run.json", json.dumps(manifest, indent=1))
        return run

    def save(self, record: TrialRecord) -> None:
        """Store the record of one trial. Raises StorageError."""
        write_whole(self.folder / "trials" / f"{record.key}.json", record.model_dump_json())

    def make_latest(self) -> None:
        """Let results/latest point at this run, where links can be made."""
        link = self.folder.parent / LATEST
        with contextlib.suppress(OSError):
            link.unlink(missing_ok=True)
            link.symlink_to(self.folder.name, target_is_directory=True)


class _Version(BaseModel):
    """All that must be readable of any record, however new."""

    schema_version: int


def records(run: Path) -> Iterator[TrialRecord]:
    """Read the records of a run, sorted by file name. Raises InputError for one that is none."""
    for path in sorted((run / "trials").glob("*.json")):
        yield read_record(path)


def read_record(path: Path) -> TrialRecord:
    """Read one trial's record. Raises InputError."""
    try:
        content = path.read_bytes()
        written = _Version.model_validate_json(content).schema_version
        if written > SCHEMA:
            found = f"written by a newer promptverdict (schema {written})"
            cure = "update: pip install --upgrade promptverdict"
            raise InputError([Problem(shown(path), found, cure)])
        return TrialRecord.model_validate_json(content)
    except (OSError, ValidationError) as error:
        told: Any = error.errors()[0]["msg"] if isinstance(error, ValidationError) else error
        cure = "run again: pytest evals/"
        raise InputError([Problem(shown(path), f"not a trial's record: {told}", cure)]) from error
