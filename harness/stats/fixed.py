"""Exactly these scenarios: baseline against candidate where a suite is a contract, not a sample.

Nothing is claimed about other scenarios, so that only the trials are drawn by chance. Newcombe's
score interval of a difference of independent shares (Statistics in Medicine 17:873, 1998, method
10) on passes pooled over all trials. Scenarios differ in how hard they are, which makes a pooled
count vary less than a binomial one (Hoeffding, Annals of Mathematical Statistics 27:713, 1956), and
so does a score between 0 and 1: the interval is conservative, and covers 98 to 99.7 %. It is no way
to buy precision: with 20 scenarios it is 4 to 6 % wider than that of `harness.stats.compare` at one
trial each, and 8 to 20 % narrower at five (tests/benchmarks/looks.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from harness.stats.compare import Verdict
from harness.stats.looks import Look
from harness.stats.rates import wilson_of
from harness.stats.samples import (
    Missing,
    Scores,
    check_scores,
    check_share,
    is_missing,
    missing,
    present,
    unusable,
)
from harness.stats.score import HALVINGS, level_of, quantile

Trials = Mapping[str, Sequence[Sequence[float | None]]]
"""One variant's grades: scenario -> trial -> the grades of that trial, each in 0..1; None or NaN is
missing. Grades of one trial depend on each other, so that a trial counts once, as their mean."""

Counts = tuple[float, float]
"""Passes, which may be a fraction, and trials."""

_FAR = 40.0
"""A normal quantile whose level is 0 but for rounding."""


@dataclass(frozen=True)
class Fixed:
    """What two variants' trials say of exactly these scenarios. Shares and changes in -1..1."""

    verdict: Verdict
    """invalid: the data cannot be used; the other figures are told all the same."""
    reason: str
    """Why inconclusive or invalid; else empty."""
    estimate: float
    """Mean difference over scenarios with grades in both, candidate minus baseline; NaN: none."""
    low: float
    """Lower end of the interval of level 1-alpha, every missing result against the candidate."""
    high: float
    """Upper end of it, every missing result in the candidate's favour."""
    p: float
    """Two-sided p of no change, whatever the missing results were: below alpha exactly where the
    interval leaves out 0."""
    p_holm: float | None
    """`p` adjusted for the other behaviours of the suite; None where that was not done."""
    surely_above: float
    """One-sided bound of level 1-alpha, every missing result against the candidate."""
    surely_below: float
    """One-sided bound from above of level 1-alpha, every missing result in its favour."""
    n: int
    """Scenarios that either variant ran."""
    trials: tuple[int, int]
    """Trials that count, of the baseline and of the candidate."""
    missing_baseline: Missing
    missing_candidate: Missing
    alpha: float
    look: Look | None
    """Which of the planned looks it is; None: the one analysis at the end."""
    method: Literal["newcombe"] = "newcombe"
    estimand: Literal["suite"] = "suite"
    """What it is about: exactly these scenarios."""

    @property
    def decidable(self) -> bool:
        """Whether it could have a verdict: there is no floor of scenarios to be below."""
        return self.verdict != "invalid"


def newcombe(baseline: Counts, candidate: Counts, confidence: float = 0.95) -> tuple[float, float]:
    """Give Newcombe's interval of the difference of two independent shares, candidate's first.

    Raises ValueError for counts that make no share, no trials among them.
    """
    if not (baseline[1] > 0 and candidate[1] > 0):
        raise ValueError(f"{baseline} and {candidate} are not both passes of some trials")
    return _newcombe(baseline, candidate, quantile((1 + confidence) / 2))


def compare_fixed(
    baseline: Trials, candidate: Trials, *, alpha: float = 0.05, look: Look | None = None
) -> Fixed:
    """Compare two variants on exactly these scenarios.

    A share is a mean over scenarios that weigh the same, and n scenarios of k trials count as n k
    trials. Where scenarios were tried unequally often, k is the fewest trials of any, since that
    alone is conservative whatever the scenarios are like.

    No floor applies: neither the six scenarios below which there is no verdict about others like
    them, nor the number that a margin takes there. Both guard against those that were not drawn,
    and these are all there are. What is left to be unsure of is in the interval's width.

    In this order: invalid by the two rules of `samples.unusable`, or where no scenario has grades
    on both sides; then improved or regressed where the interval leaves out 0, with every missing
    result against the candidate at its lower end and in its favour at the upper one. A scenario
    that one side alone ran is missing in as many trials of the other. At a planned look but the
    last it is inconclusive, as not all of these scenarios are in; at the last it is one analysis.

    Raises ValueError for a grade outside 0..1 or an alpha outside it.
    """
    check_share("alpha", alpha)
    before, after = _scores(baseline), _scores(candidate)
    gaps = (missing(before), missing(after))
    both = [name for name in before if present(before[name]) and present(after.get(name, ()))]
    worst, best = (
        (_pooled(baseline, candidate, 1 - value), _pooled(candidate, baseline, value))
        for value in (0, 1)
    )
    z, one_sided = quantile(1 - alpha / 2), quantile(1 - alpha)
    low, high = _newcombe(*worst, z)[0], _newcombe(*best, z)[1]
    verdict, reason = _verdict(low, high, worst != best)
    if look and not look.last:
        verdict, reason = "inconclusive", f"{look}: not all of these scenarios are in"
    broken = unusable(*gaps) if both else "no scenario has a grade in both variants"
    return Fixed(
        verdict="invalid" if broken else verdict,
        reason=broken or reason,
        estimate=_estimate(baseline, candidate, both),
        low=low,
        high=high,
        p=max(_p(*worst), _p(*best)) if _change(*worst) * _change(*best) > 0 else 1.0,
        p_holm=None,
        surely_above=_newcombe(*worst, one_sided)[0],
        surely_below=_newcombe(*best, one_sided)[1],
        n=len(before.keys() | after.keys()),
        trials=(int(worst[0][1]), int(worst[1][1])),
        missing_baseline=gaps[0],
        missing_candidate=gaps[1],
        alpha=alpha,
        look=look,
    )


def _verdict(low: float, high: float, gaps: bool) -> tuple[Verdict, str]:
    if low > 0 or high < 0:
        return ("improved" if low > 0 else "regressed"), ""
    return "inconclusive", "the interval contains 0" + gaps * ", as the missing results may be"


def _scores(trials: Trials) -> Scores:
    """Give every grade by scenario. Raises ValueError for one outside 0..1."""
    scores = {name: [grade for trial in trials[name] for grade in trial] for name in trials}
    check_scores(scores)
    return scores


def _pooled(own: Trials, other: Trials, value: float) -> Counts:
    """Count one side's passes and trials, with this value in the place of all that is missing."""
    filled = {
        name: [
            fmean(value if grade is None or is_missing(grade) else grade for grade in trial)
            for trial in own.get(name) or [[None]] * max(1, len(other.get(name, ())))
        ]
        for name in sorted(own.keys() | other.keys())
    }
    if not filled:
        return 0.0, 0.0
    trials = len(filled) * min(map(len, filled.values()))
    return trials * fmean(map(fmean, filled.values())), trials


def _estimate(baseline: Trials, candidate: Trials, both: Sequence[str]) -> float:
    def share(side: Trials) -> float:
        return fmean(
            fmean(fmean(kept) for trial in side[name] if (kept := present(trial))) for name in both
        )

    return share(candidate) - share(baseline) if both else math.nan


def _change(baseline: Counts, candidate: Counts) -> float:
    return _share(candidate) - _share(baseline)


def _share(counts: Counts) -> float:
    passes, trials = counts
    return passes / trials if trials else 0.5


def _newcombe(baseline: Counts, candidate: Counts, z: float) -> tuple[float, float]:
    if not (baseline[1] and candidate[1]):
        return -1.0, 1.0
    before, after = _share(baseline), _share(candidate)
    (before_low, before_high), (after_low, after_high) = (
        wilson_of(*side, z) for side in (baseline, candidate)
    )
    change = after - before
    return (
        max(-1.0, change - math.hypot(after - after_low, before_high - before)),
        min(1.0, change + math.hypot(after_high - after, before - before_low)),
    )


def _p(baseline: Counts, candidate: Counts) -> float:
    """Give the least level at which the interval leaves out 0, by halving the quantile."""
    rising = _change(baseline, candidate) > 0
    low, high = 0.0, _FAR
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        ends = _newcombe(baseline, candidate, middle)
        outside = ends[0] > 0 if rising else ends[1] < 0
        low, high = (middle, high) if outside else (low, middle)
    return level_of((low + high) / 2)
