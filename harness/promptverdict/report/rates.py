"""How often each behaviour was shown by each variant of a run, with 95 % intervals."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from promptverdict.core.numbers import format_interval, format_percent
from promptverdict.core.text import format_count
from promptverdict.report.table import Cell, Column, RowGroup, Table, build_row, build_table
from promptverdict.trials.summary import TrialSummary

if TYPE_CHECKING:
    from promptverdict.stats.rates import RateEstimate

_SCORES = {"pass": 1.0, "fail": 0.0, "ungraded": None}
COLUMNS = (
    Column(title="behaviour", wraps=True, is_name=True),
    Column(title="variant", wraps=True),
    Column(title="shown"),
    Column(title="rate (95 %)", is_detail=True),
    Column(title="ungraded", align="right"),
)


@dataclass(frozen=True)
class ShownRate:
    """One behaviour with one variant."""

    suite: str
    behaviour: str
    variant: str
    scores: Mapping[str, Sequence[float | None]]
    """Scenario -> 1 or 0 for each trial that showed it or did not; None for one without a grade."""
    is_required: bool = False
    """Whether the variant's cells fail without it."""

    @property
    def known(self) -> list[float]:
        """The scores of all graded trials."""
        return [score for trials in self.scores.values() for score in trials if score is not None]

    @property
    def passed(self) -> int:
        """Trials that showed it."""
        return int(sum(self.known))

    @property
    def graded(self) -> int:
        """Trials that passed or failed."""
        return len(self.known)

    @property
    def unknown(self) -> int:
        """Trials without a grade: ungraded, or broken off."""
        return sum(map(len, self.scores.values())) - self.graded

    @cached_property
    def estimate(self) -> RateEstimate:
        """Mean of the scenarios' rates, with its interval; not valid where nothing was graded."""
        from promptverdict.stats.rates import estimate_rate

        return estimate_rate(self.scores)

    @property
    def share(self) -> str:
        """Rate and interval."""
        if not self.estimate.valid:
            return "nothing graded"
        ends = format_interval(self.estimate.low, self.estimate.high)
        return f"{format_percent(self.estimate.estimate)} ({ends})"

    @property
    def basis(self) -> str:
        """How much the figures rest on."""
        scenarios = format_count(self.estimate.scenarios, "scenario")
        return f"{self.passed} of {format_count(self.graded, 'trial')} in {scenarios}"


def count_rates(trials: Sequence[TrialSummary]) -> list[ShownRate]:
    """Count by suite, behaviour and variant, in the order of their names.

    A trial that broke off counts as unknown for every behaviour that others of its scenario grade.
    """
    graded: dict[tuple[str, str], dict[str, None]] = {}
    for trial in trials:
        behaviours = graded.setdefault((trial.suite, trial.scenario), {})
        behaviours.update(dict.fromkeys(behaviour for behaviour, _ in trial.outcomes))
    scores: dict[tuple[str, str, str], dict[str, list[float | None]]] = {}
    required: set[tuple[str, str, str]] = set()
    for trial in trials:
        outcomes = dict(trial.outcomes)
        for behaviour in graded[trial.suite, trial.scenario]:
            key = (trial.suite, behaviour, trial.variant)
            score = _SCORES[outcomes.get(behaviour, "ungraded")]
            scores.setdefault(key, {}).setdefault(trial.scenario, []).append(score)
            if behaviour in trial.required:
                required.add(key)
    return [ShownRate(*key, scores[key], key in required) for key in sorted(scores)]


def build_rate_table(rates: Sequence[ShownRate], *, details: bool = True) -> Table | None:
    """Build the table of a run that was not compared; None where nothing was graded.

    details: with intervals, which take a moment to load what computes them.
    """
    if not rates:
        return None
    groups = []
    for suite in dict.fromkeys(rate.suite for rate in rates):
        rows = tuple(
            build_row(
                Cell(text=rate.behaviour, note="required" if rate.is_required else ""),
                rate.variant,
                f"{rate.passed} of {rate.graded}",
                rate.share if details else "",
                str(rate.unknown) if rate.unknown else "",
            )
            for rate in rates
            if rate.suite == suite
        )
        groups.append(RowGroup(title=suite, rows=rows))
    optional = ("ungraded", "rate (95 %)")
    return build_table("How often each behaviour was shown", COLUMNS, groups, optional=optional)
