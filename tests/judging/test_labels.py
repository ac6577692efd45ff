"""What people said is read row by row, and every row that means nothing is told with its line."""

from __future__ import annotations

from pathlib import Path

import pytest
from promptverdict.core.errors import InputError
from promptverdict.graders.rubric import Rubric
from promptverdict.judging.labels import (
    LabelledTrial,
    compute_rates,
    count_confusion,
    list_differences,
    match_labels,
    read_labels,
)
from promptverdict.stats.agreement import Confusion

TRIAL = "s/one::a/base#0"
WHY = Rubric(question="Does it say why?")
RUDE = Rubric(question="Is it rude?", pass_if="no")
TRIALS = {TRIAL: {"says-why": WHY, "polite": RUDE}, "s/one::a/base#1": {"says-why": WHY}}


def write(folder: Path, text: str) -> Path:
    path = folder / "labels.csv"
    path.write_text(text, encoding="utf-8")
    return path


def problems(folder: Path, text: str) -> list[tuple[str, str]]:
    with pytest.raises(InputError) as caught:
        match_labels(read_labels(write(folder, text)), TRIALS)
    assert all(len(str(problem).splitlines()) <= 3 for problem in caught.value.problems)
    return [(one.where.rpartition("/")[2], one.found) for one in caught.value.problems]


def test_a_label_of_a_question_is_its_answer_and_the_rubric_says_what_that_is(
    tmp_path: Path,
) -> None:
    path = write(tmp_path, f"trial,question,label\n{TRIAL},Is it  rude?,Yes\n")
    assert match_labels(read_labels(path), TRIALS) == {(TRIAL, RUDE): False}


def test_a_label_of_a_behaviour_says_whether_it_was_shown(tmp_path: Path) -> None:
    text = f"\ufeffnote,label,behaviour,trial\nhm,yes,polite,{TRIAL}\n,no,says-why,{TRIAL}\n"
    told = match_labels(read_labels(write(tmp_path, text)), TRIALS)
    assert told == {(TRIAL, RUDE): True, (TRIAL, WHY): False}


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", "its columns are: none"),
        ("trial,label\n", "its columns are: trial, label"),
        ("trial,question,behaviour,label\n", "its columns are: trial, question, behaviour, label"),
        ("trial;question;label\n", "its columns are: trial;question;label"),
    ],
)
def test_a_file_without_the_columns_is_refused(tmp_path: Path, text: str, found: str) -> None:
    assert problems(tmp_path, text) == [("labels.csv", found)]


@pytest.mark.parametrize(
    ("row", "found"),
    [
        (f"{TRIAL},Is it rude?,maybe", "its label is 'maybe'"),
        (f"{TRIAL},Is it rude?", "its label is ''"),
        (",Is it rude?,yes", "its trial or its question is empty"),
        (f"{TRIAL},,yes", "its trial or its question is empty"),
        ("s/two::a/base#0,Is it rude?,yes", "there is no trial s/two::a/base#0"),
        (
            f"{TRIAL},Is it kind?,yes",
            f"no rubric of {TRIAL} is about this question: Is it kind?",
        ),
    ],
)
def test_a_row_that_means_nothing_is_told_with_its_line(
    tmp_path: Path, row: str, found: str
) -> None:
    text = f"trial,question,label\n{TRIAL},Does it say why?,no\n{row}\n"
    assert problems(tmp_path, text) == [("labels.csv:3", found)]


def test_all_bad_rows_are_told_together(tmp_path: Path) -> None:
    row = f"{TRIAL},Is it rude?,yes"
    told = problems(tmp_path, f"trial,question,label\n{row}\n{row}\nx,,no\n")
    assert [where for where, _ in told] == ["labels.csv:4", "labels.csv:3"]
    assert "is labelled in" in told[1][1]


@pytest.mark.parametrize(
    ("raw", "told"),
    [
        (b"trial,question,label\n\xff,x,yes\n", "byte 0xff at offset 21 is not UTF-8"),
        (b'trial,question,label\n"', "cannot be read"),
    ],
)
def test_a_file_that_is_no_csv_is_refused(tmp_path: Path, raw: bytes, told: str) -> None:
    path = tmp_path / "labels.csv"
    path.write_bytes(raw)
    with pytest.raises(InputError, match=told):
        read_labels(path)
    with pytest.raises(InputError, match="cannot be read"):
        read_labels(tmp_path)
    with pytest.raises(InputError, match="cannot be read"):
        read_labels(tmp_path / "none.csv")


def verdicts(*rows: tuple[str, str, bool | None, bool | None]) -> list[LabelledTrial]:
    return [LabelledTrial(*row) for row in rows]


def test_only_what_both_told_is_counted() -> None:
    seen = verdicts(
        ("s/1", "a", True, True),
        ("s/1", "a", True, False),
        ("s/1", "a", False, True),
        ("s/1", "a", False, False),
        ("s/1", "a", False, False),
        ("s/1", "a", None, True),
        ("s/1", "a", True, None),
    )
    expected = Confusion(true_pass=1, false_pass=1, true_fail=2, false_fail=1)
    assert count_confusion(seen) == expected


def test_rates_are_of_scenarios_and_leave_out_what_was_not_told() -> None:
    seen = verdicts(
        ("s/1", "a", True, None),
        ("s/1", "a", False, None),
        ("s/1", "a", None, None),
        ("s/2", "a", True, None),
        ("s/3", "a", None, None),
        ("s/1", "b", True, None),
    )
    assert compute_rates(seen, "a") == {"s/1": 0.5, "s/2": 1.0}


def test_list_differences_are_of_scenarios_with_labels_in_both_arms() -> None:
    seen = verdicts(
        ("s/1", "a", False, True),
        ("s/1", "a", True, None),
        ("s/1", "b", True, True),
        ("s/1", "b", False, True),
        ("s/2", "a", True, True),
        ("s/2", "b", True, None),
    )
    assert list_differences(seen, "a", "b") == [(0.0, 0.5)]
