"""From graders to grades, and from the grades of a cell's trials to what the cell comes to.

Everything here is a function of evidence, so an old run can be graded again. A grader that crashes
makes its own grade ungraded and touches no other.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from promptverdict.graders import Custom
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.grade import Finding, Grade, Grader, Outcome, ungraded

Check = Callable[[Evidence], Finding]
"""A suite's own grader, from its checks.py."""

Standing = Literal["met", "short", "undecided"]


def grade_all(
    graders: Mapping[str, Grader], checks: Mapping[str, Check], evidence: Evidence
) -> tuple[Grade, ...]:
    """Grade one trial: behaviour -> its grader."""
    return tuple(
        Grade(
            behaviour=behaviour, grader=grader.type, finding=_ask_grader(grader, checks, evidence)
        )
        for behaviour, grader in graders.items()
    )


@dataclass(frozen=True)
class Standings:
    """How one behaviour stands in one cell: how many trials passed, failed, cannot tell."""

    behaviour: str
    passed: int
    failed: int
    ungraded: int
    standing: Standing

    @property
    def trials(self) -> int:
        """How many trials there were."""
        return self.passed + self.failed + self.ungraded


def count_outcomes(
    behaviour: str, trials: Sequence[Iterable[tuple[str, Outcome]]], require: float
) -> Standings:
    """Count one behaviour over a cell's trials.

    trials: behaviour and outcome of every grade of each. require: share of the trials that must
    pass. Short means even if every ungraded one had passed; met means even if every ungraded one
    had failed; anything between is undecided. A trial without a grade of this behaviour is
    ungraded.
    """
    outcomes = [outcome for grades in trials for graded, outcome in grades if graded == behaviour]
    passed, failed = outcomes.count("pass"), outcomes.count("fail")
    unknown = len(trials) - passed - failed
    need = max(1, math.ceil(require * len(trials) - 1e-9))
    standing: Standing = "undecided"
    if passed >= need:
        standing = "met"
    elif passed + unknown < need:
        standing = "short"
    return Standings(behaviour, passed, failed, unknown, standing)


def _ask_grader(grader: Grader, checks: Mapping[str, Check], evidence: Evidence) -> Finding:
    try:
        if isinstance(grader, Custom):
            return Finding.model_validate(checks[grader.function](evidence))
        return grader.grade(evidence)
    except Exception as error:
        return ungraded(f"the grader broke: {type(error).__name__}: {error}")
