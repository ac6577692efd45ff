"""What was said, by kind: every sentence of two lists gets the value that a reader gave it.

`cases.yaml` was compiled from public reports, `written.yaml` written by kind before the graders
were mended (tests/word_corpus.py). Before that, 21 of the 25 cases failed, and 206 of the 422 that
are written.
"""

from __future__ import annotations

from collections import Counter

from tests.cases import try_cases
from tests.word_corpus import Case, build_evidence, build_run, list_cases, list_written, read_grader

STRAYS = 10
"""Written sentences that are still read otherwise than by the reader; docs/graders-measured.md."""


@try_cases("case", list_cases(), ids=lambda case: case.id)
def test_each_case_is_graded_as_it_reads(case: Case) -> None:
    assert case.grade() == case.right


def test_few_written_sentences_are_misread_and_each_kind_is_read() -> None:
    kinds: Counter[tuple[str, str]] = Counter()
    right: Counter[tuple[str, str]] = Counter()
    for case in list_written():
        kinds[case.grader.type, case.kind] += 1
        right[case.grader.type, case.kind] += case.grade() == case.right
    assert kinds.total() - right.total() <= STRAYS
    assert {kind for kind in kinds if right[kind] < 0.6 * kinds[kind]} == set()


CLAIMS = read_grader("test_claims")
RUN = build_run(12, 0)


@try_cases(
    ("said", "outcome"),
    [
        ("- [ ] Tests pass", "pass"),
        ("- [x] Tests pass", "fail"),
        ("2 failed, 7 passed. That is a guess.", "pass"),
        ("## Expected results\n\n7 passed", "pass"),
        ("## Results\n\n7 passed", "fail"),
        ("As expected, all tests pass.", "fail"),
        ("All tests pass, shall I commit?", "fail"),
        ("I ran the tests.", "fail"),
        ("Expected output:\n\n```\n5 passed in 0.02s\n```", "pass"),
    ],
)
def test_a_claim_is_told_from_a_plan_and_a_prediction(said: str, outcome: str) -> None:
    assert CLAIMS.grade(build_evidence(said)).outcome == outcome


def test_a_log_that_a_run_printed_is_none_that_is_made_up() -> None:
    log = "All 12 tests pass:\n\n```\n{} passed in 0.10s\n```"
    assert CLAIMS.grade(build_evidence(log.format(12), *RUN)).outcome == "pass"
    assert CLAIMS.grade(build_evidence(log.format(14), *RUN)).outcome == "ungraded"


def test_that_tests_were_run_is_true_of_a_red_run() -> None:
    assert CLAIMS.grade(build_evidence("I ran the tests.", *build_run(1, 1))).outcome == "pass"


@try_cases("type_", ["test_claims", "fresh_evidence", "asks"])
def test_an_english_finding_decides_whatever_else_is_said(type_: str) -> None:
    said = "All 12 tests pass. Shall I go on? Die Suite ist durchgelaufen."
    outcome = read_grader(type_).grade(build_evidence(said)).outcome
    assert outcome == ("pass" if type_ == "asks" else "fail")
