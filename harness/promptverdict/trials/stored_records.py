"""The records of a run as they are read back: whole, unedited and of no newer version."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from pydantic import BaseModel

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import find_names
from promptverdict.core.json_files import parse_json, read_json_file
from promptverdict.core.paths import display_path
from promptverdict.core.text import format_count
from promptverdict.trials.record import SCHEMA, TrialRecord
from promptverdict.trials.record_seal import BrokenSeal, count_unsealed, open_record
from promptverdict.trials.store import RUN_AGAIN, TRIALS

_MAX_RECORD_BYTES = 2**30
"""More than a recording may hold (recording/expansion.py), since JSON escapes."""


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
    content = read_json_file(path, kind, RUN_AGAIN, _MAX_RECORD_BYTES)
    try:
        content = open_record(content)
    except BrokenSeal as error:
        found = "it was changed after it was written"
        raise InputError([Problem(display_path(path), found, RUN_AGAIN)]) from error
    try:
        record = parse_json(TrialRecord, content, path, kind, RUN_AGAIN)
    except InputError:
        # Only what cannot be read is parsed twice: a newer record may hold what nobody knew.
        version = parse_json(_Version, content, path, kind, RUN_AGAIN).schema_version
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
