"""Texts and bytes are written as they are."""

from __future__ import annotations

from pathlib import Path

from promptverdict.core.files import find_names, list_unfinished, write_files


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
