"""Texts and bytes are written as they are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from promptverdict.core.errors import InputError
from promptverdict.core.files import (
    find_names,
    is_there,
    list_unfinished,
    read_regular_file,
    write_file,
    write_files,
)


def test_bytes_that_are_no_text_and_line_ends_are_written_as_they_are(tmp_path: Path) -> None:
    texts: dict[Path, str | bytes] = {
        tmp_path / "a/latin.csv": b"caf\xe9\r\n",
        tmp_path / "a/text.txt": "caf\u00e9\n",
    }
    write_files(texts)
    assert (tmp_path / "a/latin.csv").read_bytes() == b"caf\xe9\r\n"
    assert (tmp_path / "a/text.txt").read_bytes() == "caf\u00e9\n".encode()
    assert not [left for path in texts for left in list_unfinished(path)]


def test_names_are_found_by_how_they_end_and_none_where_there_is_no_folder(tmp_path: Path) -> None:
    for name in ("a.json", ".b.json", "c.json.1", "d.txt"):
        (tmp_path / name).touch()
    assert sorted(find_names(tmp_path, ".json")) == [".b.json", "a.json"]
    assert list(find_names(tmp_path / "none", ".json")) == []
    assert list(find_names(tmp_path / "d.txt", ".json")) == []
    (tmp_path / "loop").symlink_to("loop")
    with pytest.raises(InputError, match="loop: cannot be read: too many levels"):
        list(find_names(tmp_path / "loop", ""))


def test_what_cannot_be_looked_at_is_not_taken_for_missing(tmp_path: Path) -> None:
    (tmp_path / "loop").symlink_to("loop")
    (tmp_path / "file").touch()
    (tmp_path / "link").symlink_to("nowhere")
    for name in ("loop", "file", "link"):
        assert is_there(tmp_path / name), name
    for name in ("other", "other/x", "file/x", "a\0b"):
        assert not is_there(tmp_path / name), name
    for name, words in {"loop/x": "too many levels", "x" * 300: "file name too long"}.items():
        with pytest.raises(InputError, match=f"cannot be read: {words}"):
            is_there(tmp_path / name)


def test_a_regular_file_is_read_to_one_byte_more_than_the_most(tmp_path: Path) -> None:
    path = tmp_path / "file"
    for size in (0, 1, 9, 10, 11, 100_000):
        path.write_bytes(bytes(size))
        assert len(read_regular_file(path, 10)) == min(size, 11)
        assert len(read_regular_file(str(path), 1_000_000)) == size
    with pytest.raises(IsADirectoryError):
        read_regular_file(tmp_path, 10)
    with pytest.raises(FileNotFoundError):
        read_regular_file(tmp_path / "none", 10)


def test_what_a_killed_process_left_beside_a_file_goes_with_the_next_text_once_it_is_old(
    tmp_path: Path,
) -> None:
    left, new, other = (tmp_path / f".a.json.{end}" for end in ("abcdefgh", "12345678", "orig"))
    for path in (left, new, other):
        path.touch()
    for path in (left, other):
        os.utime(path, (0, 0))
    write_file(tmp_path / "a.json", "{}")
    assert sorted(path.name for path in tmp_path.iterdir()) == [new.name, other.name, "a.json"]
