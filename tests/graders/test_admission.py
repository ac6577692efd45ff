"""A grader of words binds a promise only if it was measured to be reliable, or for a reason."""

from __future__ import annotations

import pytest
from promptverdict.graders import admission
from promptverdict.graders.admission import Measure, find_unadmitted, load_measured

from tests.benchmarks.word_graders import list_corpora, measure
from tests.cases import try_cases
from tests.word_corpus import read_grader


def test_the_figures_of_the_package_are_those_of_the_corpus() -> None:
    deciding = [case for corpus in list_corpora() if corpus.decides for case in corpus.cases]
    assert load_measured().graders == measure(deciding)


@try_cases(
    ("counts", "enough"),
    [
        ((95, 100, 100), True),
        ((94, 100, 100), False),
        ((80, 80, 100), True),
        ((79, 79, 100), False),
    ],
)
def test_both_precision_and_recall_are_needed(counts: tuple[int, int, int], enough: bool) -> None:
    right, given, due = counts
    assert Measure(right=right, given=given, due=due).is_enough == enough


def test_what_was_never_given_or_due_is_not_enough() -> None:
    assert not Measure(right=0, given=0, due=0).is_enough


@pytest.fixture
def measured(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let admits be unreliable when it fails, and asks reliable."""
    good, bad = {"right": 9, "given": 9, "due": 9}, {"right": 5, "given": 9, "due": 9}
    figures = {"admits": {"pass": good, "fail": bad}, "asks": {"pass": good, "fail": good}}
    made = admission.Measured.model_validate({"date": "2026-01-01", "graders": figures})
    monkeypatch.setattr(admission, "load_measured", lambda: made)


@pytest.mark.usefixtures("measured")
def test_a_grader_rests_on_words_wherever_they_stand_in_it() -> None:
    admits, asks = {"type": "admits", "about": "x"}, {"type": "asks"}
    for grader in (
        admits,
        {"type": "not", "of": admits},
        {"type": "all", "of": [asks, {"type": "any", "of": [asks, admits]}]},
    ):
        assert find_unadmitted(read_grader(grader)) == ("admits",)
    for grader in (asks, {"type": "json_answer"}, {"type": "says", "all_of": ["x"]}):
        assert find_unadmitted(read_grader(grader)) == ()


@pytest.mark.usefixtures("measured")
def test_the_weaker_outcome_is_described() -> None:
    described = admission.describe_measure("admits")
    assert described == "admits: fail has precision 0.56, recall 0.56"
