"""What a grader answers: pass, fail or ungraded, why, and the places it rests on."""

from __future__ import annotations

from typing import Literal, Protocol

from promptverdict.core.model import Frozen
from promptverdict.trials.evidence import Evidence

Outcome = Literal["pass", "fail", "ungraded"]


class Point(Frozen):
    """A place in the evidence: an event by its number, and the part of its text that counts."""

    event: int
    start: int | None = None
    """First character of the part, in the text of a user, say or result event."""
    end: int | None = None


class Finding(Frozen):
    """A grader's answer. Ungraded is no failure: the evidence cannot tell, and reason says why."""

    outcome: Outcome
    reason: str
    points: tuple[Point, ...] = ()


class Grade(Frozen):
    """A finding about one behaviour, as it is stored."""

    behaviour: str
    grader: str
    """Type of the grader."""
    finding: Finding


class Grader(Protocol):
    """A frozen model with one method; it sees the evidence and nothing else."""

    @property
    def type(self) -> str:
        """Its name in a scenario."""
        ...

    def grade(self, evidence: Evidence) -> Finding:
        """Return the finding. Whatever it raises leaves its own grade ungraded, and no other."""
        ...


def passed(reason: str, *points: Point) -> Finding:
    """Return a pass: the evidence shows the behaviour."""
    return Finding(outcome="pass", reason=reason, points=points)


def failed(reason: str, *points: Point) -> Finding:
    """Return a fail: the evidence shows that the agent fell short."""
    return Finding(outcome="fail", reason=reason, points=points)


def ungraded(reason: str, *points: Point) -> Finding:
    """Return no grade: the evidence does not decide."""
    return Finding(outcome="ungraded", reason=reason, points=points)
