"""When paired differences are a verdict: the score procedure, held to its level where it errs.

T of `promptverdict.stats.score` is compared with a normal quantile. Three things are added to that.

Differences of one size, as one trial of a scenario gives, are counted (`promptverdict.stats.exact`)
instead of approximated.

Means of several trials may be skewed: where many scenarios gain a little and few lose everything, a
sample without those few shows a gain that is none. At a nominal 5 %, five trials of 20 scenarios
err so in 6.2 % of simulated comparisons; fewer trials, and more scenarios, in less. T has to exceed
the quantile by a factor that brings 2 to 5 trials below 5.3 % in every simulated way of nothing
having changed (docs/statistics.md). Below 14 scenarios T is coarse enough to hold without it.

No interval is narrower than where all scenarios tie. The first tie that breaks says that there are
differences, and little of how large they may be in other scenarios like these.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from scipy.special import ndtri

from promptverdict.stats.exact import compute_exact_p, find_critical_counts
from promptverdict.stats.looks import Look
from promptverdict.stats.samples import Array
from promptverdict.stats.score import (
    NOTHING,
    compute_interval_at,
    compute_level,
    compute_quantile,
    compute_statistics,
)

ICC = 0.4
"""Share of a result's variance that lies between scenarios, as real suites have it."""

_SKEWED_FROM = 14
_MOST_SKEWED = 20
_SKEW = 0.2


@dataclass(frozen=True)
class Rule:
    """What a verdict takes: alpha over all planned looks, or in the one analysis at the end."""

    alpha: float = 0.05
    look: Look | None = None
    fewest: int = 1
    """Valid trials of a scenario in one variant, at least."""
    most: int = 1
    """And at most."""

    @property
    def bound(self) -> float:
        """What the size of a score has to exceed."""
        return self.look.bound(self.alpha) if self.look else compute_quantile(1 - self.alpha / 2)

    @property
    def level(self) -> float:
        """What the bound would stand for if this were the only look."""
        return compute_level(self.bound) if self.look else self.alpha

    def score(self, differences: Array) -> float:
        """Return T(0) on the scale of the bound: a verdict is one whose size exceeds it."""
        statistic = float(compute_statistics(differences))
        counts = count_alike(differences)
        if counts is None:
            return statistic / allow_for_skew(differences.size, self.most)
        p = compute_exact_p(differences.size, *counts)
        return math.copysign(float(ndtri(p / 2)), statistic)

    def p(self, differences: Array) -> float:
        """Return a p of no change that is below alpha exactly where the bound is exceeded."""
        size = abs(self.score(differences))
        return self.look.p(size) if self.look else compute_level(size)

    def interval(self, differences: Array) -> tuple[float, float]:
        """Return both ends of the interval of the mean difference, within -1..1.

        It leaves out 0 exactly where the size of the score exceeds the bound. No difference at all:
        (-1, 1).
        """
        if differences.size == 0:
            return -1.0, 1.0
        least = self._find_least_width(differences.size)
        if not (np.abs(differences) > NOTHING).any():
            return -least / 2, least / 2
        low, high = self.find_limits(differences, self.bound)
        return _keep_width(low, high, float(differences.mean()), least)

    def find_limits(self, differences: Array, z: float) -> tuple[float, float]:
        """Return both ends of all changes whose score is at most z either way, however narrow.

        A gate's one-sided bound is one of them: what was not drawn it guards against by the number
        of units that it asks for.
        """
        if count_alike(differences) is None:
            reach = z * allow_for_skew(differences.size, self.most)
        else:
            statistic = abs(float(compute_statistics(differences)))
            score = abs(self.score(differences))
            # The published interval leaves out 0 where the count does not: it ends beyond 0 then.
            # Of one pair that differs, nothing is known, and the interval is everything.
            reach = z * statistic / max(score, NOTHING) if statistic > z >= score else z
        low, high = compute_interval_at(differences, reach)
        return float(low), float(high)

    def find_changes(self, differences: Array) -> Array:
        """Return 1 for an improvement, -1 for a regression and 0 for neither, for many samples.

        `differences` has the shape (..., n), the result (...). The same verdicts as by `score`.
        """
        pairs = differences.shape[-1]
        sizes = np.abs(differences)
        alike = np.abs(sizes.max(axis=-1) * sizes.sum(axis=-1) - (sizes**2).sum(axis=-1)) < NOTHING
        statistics = compute_statistics(differences)
        beyond = np.abs(statistics) > self.bound * allow_for_skew(pairs, self.most)
        # Counting takes far longer than all else, and most samples of several trials need none.
        if np.any(alike):
            gains = (differences > NOTHING).sum(axis=-1)
            losses = (differences < -NOTHING).sum(axis=-1)
            critical = find_critical_counts(pairs, self.level)[gains + losses]
            beyond = np.where(alike, np.maximum(gains, losses) >= critical, beyond)
        return np.where(beyond, np.sign(statistics), 0.0)

    def explain_doubt(self, differences: Array) -> str:
        """Return why there is no verdict on differences whose score does not exceed the bound."""
        if self.look is None:
            return "the interval contains 0"
        size = abs(self.score(differences))
        return f"{self.look}: |T| {size:.2f} of {self.bound:.2f} needed"

    def _find_least_width(self, pairs: int) -> float:
        """Return the width of the interval where all pairs tie: 2 z^2 / (n + z^2), after Tango.

        n is the number of trials that are worth as much as these are in clusters (design effect,
        Kish, Survey Sampling, 1965), at the usual ICC.
        """
        worth = pairs / (ICC + (1 - ICC) / self.fewest)
        return 2 * self.bound**2 / (worth + self.bound**2)


def allow_for_skew(pairs: int, trials: int) -> float:
    """Return how many times the normal quantile T has to exceed, with so many trials of each."""
    if pairs < _SKEWED_FROM:
        return 1.0
    return 1 + _SKEW * (trials - 1) / max(pairs, _MOST_SKEWED)


def count_alike(differences: Array) -> tuple[int, int] | None:
    """Count gains and losses where all that are apart from zero have one size; else None."""
    moved = differences[np.abs(differences) > NOTHING]
    if moved.size and np.ptp(np.abs(moved)) > NOTHING:
        return None
    return int((moved > 0).sum()), int((moved < 0).sum())


def _keep_width(low: float, high: float, mean: float, least: float) -> tuple[float, float]:
    """Widen an interval to the least width, within -1..1; an end never passes 0.

    Where 0 is left out, the end beside it stays and the other moves: the verdict is another
    matter than how large the change may be.
    """
    if high - low >= least:
        return low, high
    if low > 0:
        return low, min(1.0, low + least)
    if high < 0:
        return max(-1.0, high - least), high
    times = least / (high - low)
    low, high = mean - (mean - low) * times, mean + (high - mean) * times
    if high > 1:
        return max(-1.0, 1 - least), 1.0
    return (-1.0, min(1.0, least - 1)) if low < -1 else (low, high)
