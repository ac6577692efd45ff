"""How often each behaviour was shown by each variant of a run, with 95 % intervals."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from promptverdict.core.numbers import format_interval, format_percent
from promptverdict.core.text import format_count
from promptverdict.stats.rates import estimate_rate
from promptverdict.trials.record import TrialRecord

_SCORE = {"pass": 1.0, "fail": 0.0, "ungraded": None}


@dataclass(frozen=True)
class Shown:
    """One behaviour with one variant."""

    suite: str
    behaviour: str
    variant: str
    passed: int
    graded: int
    unknown: int
    """Trials without a grade: ungraded, or broken off."""
    scenarios: int
    """Scenarios with at least one grade: the unit that the interval counts in."""
    estimate: float | None
    """Mean of the scenarios' rates, as a share; None where nothing was graded."""
    low: float
    high: float

    @property
    def told(self) -> str:
        """The figures in words."""
        unknown = f", {self.unknown} ungraded" if self.unknown else ""
        return f"{self.share}, {self.passed} of {self.graded} trials{unknown}"

    @property
    def share(self) -> str:
        """Rate and interval."""
        if self.estimate is None:
            return "nothing graded"
        return f"{format_percent(self.estimate)} ({format_interval(self.low, self.high)})"

    @property
    def basis(self) -> str:
        """How much the figures rest on."""
        return f"{format_count(self.graded, 'trial')} of {format_count(self.scenarios, 'scenario')}"


def rates(records: Sequence[TrialRecord]) -> list[Shown]:
    """Count by suite, behaviour and variant, in the order of their names.

    A trial that broke off counts as unknown for every behaviour that others of its scenario grade.
    """
    graded: dict[tuple[str, str], dict[str, None]] = {}
    for record in records:
        here = graded.setdefault((record.suite, record.scenario), {})
        here.update(dict.fromkeys(grade.behaviour for grade in record.grades))
    scores: dict[tuple[str, str, str], dict[str, list[float | None]]] = {}
    for record in records:
        outcomes = {grade.behaviour: grade.finding.outcome for grade in record.grades}
        for behaviour in graded[record.suite, record.scenario]:
            of_one = scores.setdefault((record.suite, behaviour, record.variant), {})
            score = _SCORE[outcomes.get(behaviour, "ungraded")]
            of_one.setdefault(record.scenario, []).append(score)
    return [_shown(*key, of_one) for key, of_one in sorted(scores.items())]


def _shown(
    suite: str, behaviour: str, variant: str, scores: dict[str, list[float | None]]
) -> Shown:

    found = estimate_rate(scores)
    every = [score for results in scores.values() for score in results]
    known = [score for score in every if score is not None]
    return Shown(
        suite=suite,
        behaviour=behaviour,
        variant=variant,
        passed=int(sum(known)),
        graded=len(known),
        unknown=len(every) - len(known),
        scenarios=found.scenarios,
        estimate=found.estimate if found.valid else None,
        low=found.low,
        high=found.high,
    )
