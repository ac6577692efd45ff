"""A grade is about one behaviour, and a cell is what its grades leave no doubt about."""

from __future__ import annotations

from typing import Literal

from promptverdict.core.model import Frozen
from promptverdict.graders import Custom
from promptverdict.graders.grading import count_outcomes, grade_all
from promptverdict.trials.evidence import Evidence, FinalState, Task
from promptverdict.trials.grade import Finding, Outcome, Point, failed, passed
from promptverdict.trials.transcript import End, Say, User

from tests.cases import try_cases

EVIDENCE = Evidence(
    task=Task(suite="s", scenario="c", variant="v", message="Do it"),
    events=(User(text="Do it"), Say(text="Done."), End(reason="done")),
    outcome=FinalState(),
)


class Crashes(Frozen):
    type: Literal["crashes"] = "crashes"

    def grade(self, evidence: Evidence) -> Finding:
        raise RecursionError("too deep")


class Passes(Frozen):
    type: Literal["passes"] = "passes"

    def grade(self, evidence: Evidence) -> Finding:
        return passed("it was kind", Point(event=1, start=0, end=4))


def test_a_crashing_grader_is_ungraded_and_alone() -> None:
    one, other = grade_all({"a": Crashes(), "b": Passes()}, {}, EVIDENCE)
    assert (one.behaviour, one.grader, one.finding.outcome) == ("a", "crashes", "ungraded")
    assert "RecursionError: too deep" in one.finding.reason
    assert other.finding.points == (Point(event=1, start=0, end=4),)


def test_a_suites_own_function_is_asked_like_a_grader() -> None:
    checks = {"short": lambda evidence: failed(f"{len(evidence.events)} events")}
    (grade,) = grade_all({"a": Custom(function="short")}, checks, EVIDENCE)
    assert grade.finding == failed("3 events")
    (unknown,) = grade_all({"a": Custom(function="gone")}, checks, EVIDENCE)
    assert unknown.finding.outcome == "ungraded"


def grades(*outcomes: str) -> list[list[tuple[str, Outcome]]]:
    made: dict[str, Outcome] = {"p": "pass", "f": "fail", "u": "ungraded"}
    return [[("b", made[one])] for one in outcomes]


@try_cases(
    ("outcomes", "require", "standing"),
    [
        ("p", 1.0, "met"),
        ("f", 1.0, "short"),
        ("u", 1.0, "undecided"),
        ("ppf", 1.0, "short"),
        ("ppu", 1.0, "undecided"),
        ("pfu", 1.0, "short"),
        ("pppf", 0.75, "met"),
        ("ppff", 0.75, "short"),
        ("ppfu", 0.75, "undecided"),
        ("pppu", 0.75, "met"),
        ("pff", 1 / 3, "met"),
        ("ppppppppff", 0.8, "met"),
        ("pppppppfff", 0.8, "short"),
    ],
)
def test_unknown_grades_count_neither_for_nor_against(
    outcomes: str, require: float, standing: str
) -> None:
    assert count_outcomes("b", grades(*outcomes), require).standing == standing


def test_what_was_never_graded_is_undecided() -> None:
    stands = count_outcomes("b", [(), ()], 1.0)
    assert stands.standing == "undecided"
