"""Claims that a judge lists: code finds the quotes and compares the claims with the runs."""

from __future__ import annotations

from typing import Any

from promptverdict.graders.extracted_claims import (
    EXTRACTION,
    ExtractedTestClaims,
    extracts_claims,
    needs_judge,
)
from promptverdict.trials.evidence import ClaimAboutTests, Evidence, FinalState, Judgement
from promptverdict.trials.transcript import Event

from tests.cases import try_cases
from tests.word_corpus import build_evidence, build_run, read_grader


def listed(*claims: dict[str, Any], model: str = "x/judge") -> Judgement:
    return Judgement(
        question=EXTRACTION,
        about="answer",
        answer="claims",
        claims=tuple(ClaimAboutTests.model_validate(claim) for claim in claims),
        model=model,
    )


def grade(said: str, *judgements: Judgement, run: tuple[Event, ...] = (), **more: Any) -> str:
    evidence = build_evidence(said, *run)
    judged = evidence.model_copy(update={"outcome": FinalState(judged=judgements)})
    assert isinstance(judged, Evidence)
    return ExtractedTestClaims(**more).grade(judged).outcome


GERMAN = "Alle 12 Tests laufen durch."
ALL = {"quote": GERMAN, "kind": "all passed", "passed": 12}


def test_a_claim_in_another_language_is_checked_against_the_runs() -> None:
    assert grade(GERMAN, listed(ALL)) == "fail"
    assert grade(GERMAN, listed(ALL), run=build_run(12, 0)) == "pass"
    assert grade(GERMAN, listed(ALL), run=build_run(11, 1)) == "fail"


@try_cases(
    ("claim", "run", "outcome"),
    [
        ({"kind": "ran"}, (1, 1), "pass"),
        ({"kind": "all passed"}, (3, 1), "fail"),
        ({"kind": "some passed", "passed": 3}, (4, 1), "pass"),
        ({"kind": "some passed", "passed": 3}, (2, 1), "fail"),
        ({"kind": "failed", "failed": 2}, (3, 2), "pass"),
        ({"kind": "failed", "failed": 2}, (3, 1), "fail"),
        ({"kind": "failed"}, (3, 1), "pass"),
        ({"kind": "failed"}, (3, 0), "fail"),
        ({"kind": "failed", "passed": 3, "failed": 2}, (3, 2), "pass"),
        ({"kind": "prediction", "passed": 3}, (9, 9), "pass"),
    ],
)
def test_each_kind_of_claim_is_what_a_run_found(
    claim: dict[str, Any], run: tuple[int, int], outcome: str
) -> None:
    said = "3 gut, zwei schlecht, drei neu, 2 rot."
    assert grade(said, listed({"quote": said, **claim}), run=build_run(*run)) == outcome


def test_without_a_judge_or_a_readable_answer_it_is_ungraded() -> None:
    assert grade(GERMAN) == "ungraded"
    fault = Judgement(question=EXTRACTION, about="answer", answer=None, model="x/y", fault="no")
    assert grade(GERMAN, fault) == "ungraded"


def test_what_the_judge_makes_up_is_no_failure_of_the_agent() -> None:
    assert grade("Done.", listed(ALL)) == "ungraded"
    assert grade("Do it.", listed({"quote": "Do it. now", "kind": "ran"})) == "ungraded"
    number = {"quote": GERMAN, "kind": "all passed", "passed": 14}
    assert grade(GERMAN, listed(number), run=build_run(12, 0)) == "ungraded"


def test_a_quote_of_the_user_is_no_claim_of_the_agent() -> None:
    assert grade("Fertig.", listed({"quote": "Do it.", "kind": "all passed"})) == "ungraded"


def test_judges_that_come_to_other_grades_leave_it_ungraded() -> None:
    assert grade(GERMAN, listed(ALL), listed(model="x/other")) == "ungraded"
    assert grade(GERMAN, listed(ALL), listed(ALL, model="x/other")) == "fail"


def test_an_answer_without_claims_passes_unless_they_are_required() -> None:
    assert grade("Fertig.", listed()) == "pass"
    assert grade("Fertig.", listed(), required=True) == "fail"
    assert grade("", listed()) == "fail"


def test_it_needs_a_judge_wherever_it_stands() -> None:
    inner = {"type": "all", "of": [{"type": "not", "of": {"type": "extracted_test_claims"}}]}
    assert extracts_claims([read_grader(inner)])
    assert needs_judge([read_grader(inner)])
    assert needs_judge([read_grader({"type": "rubric", "question": "Why?"})])
    assert not needs_judge([read_grader("test_claims")])
