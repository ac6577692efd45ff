"""All, any and not over other graders, where ungraded counts only if it could change the answer.

Kleene's logic: one failure fails `all` and one pass passes `any`, whatever the others cannot tell.
The graders inside are of the union that promptverdict.graders defines; that package rebuilds the
models of this one when the union is whole.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Literal

from pydantic import Field

from promptverdict.core.model import Frozen
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.grade import Finding, Grader, Outcome, ungraded

if TYPE_CHECKING:
    from promptverdict.graders import AnyGrader

_OPPOSITE: dict[Outcome, Outcome] = {"pass": "fail", "fail": "pass", "ungraded": "ungraded"}


class AllOf(Frozen):
    """Every one of several graders passes."""

    type: Literal["all"] = "all"
    of: tuple[AnyGrader, ...] = Field(min_length=1, description="Graders that must all pass")

    def grade(self, evidence: Evidence) -> Finding:
        """Fail if one fails, else be ungraded if one is, else pass."""
        return _choose_finding(("fail", "ungraded", "pass"), _ask_graders(self.of, evidence))


class AnyOf(Frozen):
    """At least one of several graders passes."""

    type: Literal["any"] = "any"
    of: tuple[AnyGrader, ...] = Field(min_length=1, description="Graders of which one must pass")

    def grade(self, evidence: Evidence) -> Finding:
        """Pass if one passes, else be ungraded if one is, else fail."""
        return _choose_finding(("pass", "ungraded", "fail"), _ask_graders(self.of, evidence))


class Not(Frozen):
    """A grader does not pass: what it finds is what must not be."""

    type: Literal["not"] = "not"
    of: AnyGrader = Field(description="The grader that must fail")

    def grade(self, evidence: Evidence) -> Finding:
        """Turn pass into fail and fail into pass; ungraded stays."""
        finding = _ask_grader(self.of, evidence)
        word = {"pass": "not wanted: ", "fail": "as wanted: ", "ungraded": ""}[finding.outcome]
        changed = {"outcome": _OPPOSITE[finding.outcome], "reason": word + finding.reason}
        return finding.model_copy(update=changed)


def _ask_graders(graders: Iterable[Grader], evidence: Evidence) -> list[Finding]:
    return [_ask_grader(grader, evidence) for grader in graders]


def _ask_grader(grader: Grader, evidence: Evidence) -> Finding:
    """Ask one grader; what it raises leaves it ungraded, and the others as they are."""
    try:
        return grader.grade(evidence)
    except Exception as error:
        return ungraded(f"the grader broke: {type(error).__name__}: {error}")


def _choose_finding(order: tuple[Outcome, ...], findings: list[Finding]) -> Finding:
    """Return the first outcome that any finding has, with the reasons of all that have it."""
    reached = {finding.outcome for finding in findings}
    outcome = next(outcome for outcome in order if outcome in reached)
    deciding = [finding for finding in findings if finding.outcome == outcome]
    reasons = dict.fromkeys(finding.reason for finding in deciding)
    points = dict.fromkeys(point for finding in deciding for point in finding.points)
    return Finding(outcome=outcome, reason="; ".join(reasons), points=tuple(points))
