"""Three-valued logic: what cannot be told matters only where it could change the answer."""

from __future__ import annotations

import itertools
from typing import Annotated, Literal

import pytest
from promptverdict.core.model import Frozen
from promptverdict.graders import logic
from promptverdict.trials.evidence import Evidence, Task
from promptverdict.trials.grade import Finding, Outcome, Point
from pydantic import Field, TypeAdapter, ValidationError

from tests.cases import try_cases

NOTHING = Evidence(
    task=Task(suite="s", scenario="c", variant="a/b", message="Do it."), events=(), outcome=None
)


class Fixed(Frozen):
    """Answers what it is told to."""

    type: Literal["fixed"] = "fixed"
    outcome: Outcome
    reason: str = ""
    at: int = 0

    def grade(self, evidence: Evidence) -> Finding:
        point = Point(event=self.at)
        return Finding(outcome=self.outcome, reason=self.reason or self.outcome, points=(point,))


class Broken(Frozen):
    """Raises."""

    type: Literal["broken"] = "broken"

    def grade(self, evidence: Evidence) -> Finding:
        raise KeyError("gone")


class AllOf(logic.AllOf):
    """A copy, so that the product's own models keep the union of promptverdict.graders."""

    of: tuple[AnyGrader, ...] = Field(min_length=1)


class AnyOf(logic.AnyOf):
    """Like AllOf."""

    of: tuple[AnyGrader, ...] = Field(min_length=1)


class Not(logic.Not):
    """Like AllOf."""

    of: AnyGrader


# This is how the module that knows the whole union completes the three models.
AnyGrader = Annotated[Fixed | Broken | AllOf | AnyOf | Not, Field(discriminator="type")]
for model in (AllOf, AnyOf, Not):
    model.model_rebuild(force=True, _types_namespace={"AnyGrader": AnyGrader})

OUTCOMES: tuple[Outcome, ...] = ("fail", "ungraded", "pass")


def outcome_of(text: dict[str, object]) -> Outcome:
    return finding_of(text).outcome


def finding_of(text: dict[str, object]) -> Finding:
    return TypeAdapter[Fixed | AllOf | AnyOf | Not](AnyGrader).validate_python(text).grade(NOTHING)


def fixed(outcome: str, reason: str = "", at: int = 0) -> dict[str, object]:
    return {"type": "fixed", "outcome": outcome, "reason": reason, "at": at}


@try_cases("outcomes", list(itertools.product(OUTCOMES, repeat=3)))
def test_all_is_the_least_and_any_the_greatest_of_fail_ungraded_pass(
    outcomes: tuple[Outcome, ...],
) -> None:
    of = [fixed(one) for one in outcomes]
    assert outcome_of({"type": "all", "of": of}) == min(outcomes, key=OUTCOMES.index)
    assert outcome_of({"type": "any", "of": of}) == max(outcomes, key=OUTCOMES.index)


def test_not_turns_pass_and_fail_round_and_leaves_ungraded() -> None:
    turned = [outcome_of({"type": "not", "of": fixed(one)}) for one in OUTCOMES]
    assert turned == ["pass", "ungraded", "fail"]
    assert finding_of({"type": "not", "of": fixed("pass", "x was called")}) == Finding(
        outcome="fail", reason="not wanted: x was called", points=(Point(event=0),)
    )


def test_reasons_and_points_come_from_those_who_decided() -> None:
    of = [fixed("fail", "one", 1), fixed("pass", "two", 2), fixed("fail", "three", 3)]
    assert finding_of({"type": "all", "of": of}) == Finding(
        outcome="fail", reason="one; three", points=(Point(event=1), Point(event=3))
    )
    assert finding_of({"type": "any", "of": of}) == Finding(
        outcome="pass", reason="two", points=(Point(event=2),)
    )


def test_the_same_reason_and_point_are_told_once() -> None:
    found = finding_of({"type": "all", "of": [fixed("fail", "one", 1), fixed("fail", "one", 1)]})
    assert found == Finding(outcome="fail", reason="one", points=(Point(event=1),))


def test_they_nest_as_they_stand_in_yaml() -> None:
    inner = {"type": "not", "of": {"type": "any", "of": [fixed("fail"), fixed("ungraded")]}}
    assert outcome_of({"type": "all", "of": [fixed("pass"), inner]}) == "ungraded"
    assert outcome_of({"type": "all", "of": [fixed("fail"), inner]}) == "fail"


def test_a_grader_that_crashes_inside_is_ungraded_alone() -> None:
    broken: dict[str, object] = {"type": "broken"}
    assert outcome_of({"type": "all", "of": [broken, fixed("fail")]}) == "fail"
    assert outcome_of({"type": "any", "of": [broken, fixed("pass")]}) == "pass"
    found = finding_of({"type": "all", "of": [broken, fixed("pass")]})
    assert found.outcome == "ungraded"
    assert found.reason == "the grader broke: KeyError: 'gone'"


def test_none_at_all_and_unknown_graders_are_refused() -> None:
    with pytest.raises(ValidationError, match="too_short"):
        finding_of({"type": "all", "of": []})
    with pytest.raises(ValidationError, match="union_tag_invalid"):
        finding_of({"type": "any", "of": [{"type": "nothing"}]})
