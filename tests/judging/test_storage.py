"""Files of answers that were stored before are read, and saving them again changes no byte."""

from __future__ import annotations

from pathlib import Path

import pytest
from promptverdict.judging.pairwise.storage import PairAnswer
from promptverdict.judging.rubrics import TrialAnswer, inquire_trial
from promptverdict.judging.storage import AnswerFile
from promptverdict.recording.files import Location, open_sealed

ROOT = Path(__file__).parents[2]
JUDGED = sorted(ROOT.glob("evals/*/cassettes/**/*.judge.yaml"))
PAIRS = ROOT / "tests/data/3.pairs.yaml"
ABOUT = {"seal": "sha256:a/kind", "baseline": "a/base", "baseline_seal": "sha256:a/base"}


def test_there_are_committed_answers() -> None:
    assert len(JUDGED) == 6


@pytest.mark.parametrize("path", JUDGED, ids=lambda path: path.parts[-4])
def test_committed_answers_are_saved_as_they_are(path: Path, tmp_path: Path) -> None:
    seal = open_sealed(Location(path.parent, 0)).seal
    answers = inquire_trial(Location(path.parent, 0), seal).file.read()
    assert answers
    copy = AnswerFile(tmp_path / "0.judge.yaml", {"seal": seal}, TrialAnswer)
    copy.write(answers)
    assert copy.path.read_bytes() == path.read_bytes()
    assert copy.read() == answers


def test_stored_pairs_are_saved_as_they_are(tmp_path: Path) -> None:
    answers = AnswerFile(PAIRS, ABOUT, PairAnswer).read()
    assert [answer.model for answer in answers] == ["relay/judge"] * 2 + ["relay/second"] * 2
    copy = AnswerFile(tmp_path / "3.pairs.yaml", ABOUT, PairAnswer)
    copy.write(answers)
    assert copy.path.read_bytes() == PAIRS.read_bytes()


def test_a_fault_whose_words_a_version_changed_stays_that_fault(tmp_path: Path) -> None:
    older = PAIRS.read_text(encoding="utf-8").replace("The API''s answer is not", "This is not")
    path = tmp_path / "3.pairs.yaml"
    path.write_text(older, encoding="utf-8")
    answer = AnswerFile(path, ABOUT, PairAnswer).read()[2]
    faults = [choice.fault or "" for choice in answer.read_choices()]
    assert "is not a message" in faults[0]
    assert faults[1] == ""
