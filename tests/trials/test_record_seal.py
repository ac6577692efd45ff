"""A record that was edited is refused, wherever it is read; one without a seal is said to be so."""

from __future__ import annotations

from pathlib import Path

import pytest
from promptverdict.core.errors import InputError
from promptverdict.settings import Settings
from promptverdict.trials.record_seal import open_record, seal_record
from promptverdict.trials.store import Run
from promptverdict.trials.stored_records import describe_unsealed, read_record

from tests.report.made import record


@pytest.fixture
def path(tmp_path: Path) -> Path:
    run = Run.create(tmp_path, Settings(), {}, "20260101T000000.000000Z")
    run.save(record())
    (path,) = run.folder.glob("trials/*.json")
    return path


def test_a_stored_record_is_what_was_saved(path: Path) -> None:
    assert read_record(path) == record()
    assert describe_unsealed(path.parents[1]) is None


@pytest.mark.parametrize(
    ("old", "new"),
    [(b'"trial":0', b'"trial":1'), (b'"replayed":', b'"replayed": '), (b"sha256:", b"sha256:0")],
)
def test_an_edited_record_is_refused(path: Path, old: bytes, new: bytes) -> None:
    content = path.read_bytes()
    assert old in content
    path.write_bytes(content.replace(old, new, 1))
    with pytest.raises(InputError) as caught:
        read_record(path)
    told = str(caught.value).splitlines()
    assert len(told) == 2
    assert "changed after it was written" in told[0] or "seal" in told[0]


def test_a_record_of_an_older_version_is_read_and_counted(path: Path) -> None:
    path.write_bytes(open_record(path.read_bytes()))
    assert read_record(path) == record()
    told = describe_unsealed(path.parents[1])
    assert told is not None
    assert told.startswith("1 record of 20260101T000000.000000Z without a seal")


def test_line_ends_after_the_seal_do_no_harm() -> None:
    text = record().model_dump_json()
    for after in (b"\r\n", b" " * 1000):
        assert open_record(seal_record(text) + after) == text.encode()


def test_white_space_after_the_seal_makes_no_record_unsealed(path: Path) -> None:
    path.write_bytes(path.read_bytes() + b"\n" * 1000)
    assert read_record(path) == record()
    assert describe_unsealed(path.parents[1]) is None
