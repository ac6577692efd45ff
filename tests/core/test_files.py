"""Texts and bytes are written as they are."""

from __future__ import annotations

from pathlib import Path

from promptverdict.core.files import list_unfinished, write_files


def test_bytes_that_are_no_text_and_line_ends_are_written_as_they_are(tmp_path: Path) -> None:
    texts: dict[Path, str | bytes] = {
        tmp_path / "a/latin.csv": b"caf\xe9\r\n",
        tmp_path / "a/text.txt": "caf\u00e9\n",
    }
    write_files(texts)
    assert (tmp_path / "a/latin.csv").read_bytes() == b"caf\xe9\r\n"
    assert (tmp_path / "a/text.txt").read_bytes() == "caf\u00e9\n".encode()
    assert not [left for path in texts for left in list_unfinished(path)]
