"""Records are read back as they were saved, and a newer version's are refused."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from promptverdict.core.errors import InputError
from promptverdict.trials.stored_records import read_record, read_records

from tests.report.made import record
from tests.trials.conftest import NAMES


def test_what_is_saved_is_read_back(results: Path) -> None:
    assert list(read_records(results / NAMES[0])) == [record()]


def test_a_record_of_a_newer_version_asks_for_an_update(results: Path) -> None:
    (path,) = (results / NAMES[0]).glob("trials/*.json")
    path.write_text(json.dumps({"schema_version": 99}))
    with pytest.raises(InputError, match="written by a newer promptverdict"):
        read_record(path)
