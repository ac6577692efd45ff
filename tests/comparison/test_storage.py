"""Comparisons are kept whole, and files of earlier versions are still read."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from promptverdict.comparison.storage import FILE, read_comparisons, write_comparisons
from promptverdict.comparison.verdicts import Comparisons
from promptverdict.core.errors import InputError

from tests.comparison.test_verdicts import comparison


def test_comparisons_are_kept_beside_the_records_and_read_back(tmp_path: Path) -> None:
    assert read_comparisons(tmp_path) is None
    found = Comparisons(comparisons=(comparison("improved", None),), notes=("something",))
    path = write_comparisons(tmp_path, found)
    assert path == tmp_path / FILE
    assert read_comparisons(tmp_path) == found
    json.loads(path.read_text(), parse_constant=pytest.fail)


def test_other_programs_get_the_word_and_the_sentence_of_the_reports(tmp_path: Path) -> None:
    path = write_comparisons(tmp_path, Comparisons(comparisons=(comparison("improved"),)))
    (written,) = json.loads(path.read_text())["comparisons"]
    assert written["word"] == "improved"
    assert written["sentence"] == "a/b shows kind more often than a/b."


def test_a_comparison_that_an_earlier_version_wrote_is_read(tmp_path: Path) -> None:
    content = Comparisons(comparisons=(comparison(None),)).model_dump(mode="json")
    (written,) = content["comparisons"]
    assert written["behaviours"][0]["kind"] == "too few scenarios"
    written["behaviours"][0]["kind"] = "rates only"
    (tmp_path / FILE).parent.mkdir()
    (tmp_path / FILE).write_text(json.dumps(content))
    read = read_comparisons(tmp_path)
    assert read is not None
    assert read.comparisons[0].word == "too few scenarios"


def test_a_file_that_is_no_comparison_is_refused(tmp_path: Path) -> None:
    (tmp_path / FILE).parent.mkdir()
    (tmp_path / FILE).write_text("{}")
    with pytest.raises(InputError, match="not a comparison of ours"):
        read_comparisons(tmp_path)
