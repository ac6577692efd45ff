"""Suites that might be: chances of passing under two variants, drawn as real suites have them.

Each scenario has a chance of passing under the baseline and one under the candidate. Both are Beta
distributed (U-shaped, as the scenarios of real suites are) and tied by a Gaussian copula, so that a
change helps some scenarios and hurts others.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from functools import lru_cache
from statistics import fmean, variance

import numpy as np
from scipy.special import betaincinv, ndtr

from promptverdict.stats.paired_test import FLOOR
from promptverdict.stats.samples import (
    Array,
    Scores,
    check_scores,
    check_share,
    list_present,
    pair_scores,
)

_GRID = np.linspace(-8.0, 8.0, 8_001)
"""Points on the normal scale between which Beta quantiles are interpolated: right to 1e-5."""

_STEPS = 500
"""Of the grid, in 1."""

_MOST_AT_ONCE = 2**20
"""Points that are interpolated at once: 8 MB of each of the intermediate values."""


@dataclass(frozen=True)
class Chances:
    """What is supposed of a suite's scenarios under the baseline."""

    base: float
    """Mean chance of passing, 0..1."""
    icc: float = 0.4
    """Share of a result's variance that lies between scenarios, 0..1: how unlike they are."""
    correlation: float = 0.85
    """How far both variants find the same scenarios hard, -1..1 on the normal scale."""

    def __post_init__(self) -> None:
        check_share("base", self.base)
        check_share("icc", self.icc)
        if not -1 <= self.correlation <= 1:
            raise ValueError(f"correlation {self.correlation} is not in -1..1")

    @classmethod
    def from_scores(cls, baseline: Scores, candidate: Scores) -> Chances:
        """Take them from two variants' scores so far, as far as those tell.

        Unlikeness and correlation need scenarios with two scores in each variant; without six of
        them the defaults stay. Raises ValueError for a score outside 0..1 and where there is none.
        """
        check_scores(baseline)
        check_scores(candidate)
        first = [kept for results in baseline.values() if (kept := list_present(results))]
        if not first:
            raise ValueError("the baseline has no score to plan from")
        # Half a pass and half a failure more: a spotless suite has no Beta distribution.
        base = (math.fsum(map(fmean, first)) + 0.5) / (len(first) + 1)
        both = [
            name
            for name in pair_scores(baseline, candidate).scenarios
            if min(len(list_present(baseline[name])), len(list_present(candidate[name]))) > 1
        ]
        if len(both) < FLOOR:
            return cls(base)
        sides = [[list_present(side[name]) for name in both] for side in (baseline, candidate)]
        noises = [fmean(variance(kept) / len(kept) for kept in side) for side in sides]
        means = [[fmean(kept) for kept in side] for side in sides]
        between = variance(means[0]) - noises[0]
        if between <= 0:
            return cls(base)
        moved = variance(after - before for before, after in zip(*means, strict=True)) - sum(noises)
        return cls(
            base,
            icc=min(max(between / (base * (1 - base)), 0.05), 0.95),
            correlation=min(max(1 - max(moved, 0.0) / (2 * between), 0.0), 0.99),
        )

    def estimate_variances(self) -> tuple[float, float]:
        """Return the variance of true changes between scenarios, and the mean one within scenarios.

        Both in squared shares, where the mean does not change; the second is the sum over both
        variants, of one trial. Drawn with a fixed seed, right to about 2 %.
        """
        before, after = self.draw(np.random.default_rng(0), 0.0, (20_000,))
        within = before * (1 - before) + after * (1 - after)
        return float((after - before).var()), float(within.mean())

    def draw(
        self, random: np.random.Generator, change: float, shape: tuple[int, ...]
    ) -> tuple[Array, Array]:
        """Draw chances of passing under baseline and candidate, whose mean is `change` higher."""
        first = random.standard_normal(shape)
        rest = math.sqrt(1 - self.correlation**2)
        second = self.correlation * first + rest * random.standard_normal(shape)
        return (
            _interpolate(first, _compute_beta_quantiles(self.base, self.icc)),
            _interpolate(second, _compute_beta_quantiles(self.base + change, self.icc)),
        )


def _interpolate(points: Array, values: Array) -> Array:
    """Return what `np.interp(points, _GRID, values)` does, bit by bit, in a third of the time.

    The grid is even, so that where a point lies in it is computed and need not be searched.
    """
    slopes = np.append(np.diff(values) / np.diff(_GRID), 0.0)
    flat, found = points.reshape(-1), np.empty(points.size)
    for start in range(0, points.size, _MOST_AT_ONCE):
        part = slice(start, start + _MOST_AT_ONCE)
        clipped = np.clip(flat[part], _GRID[0], _GRID[-1])
        places = ((clipped - _GRID[0]) * _STEPS).astype(np.intp)
        # The product may be rounded over the border of a step, on either side.
        places -= clipped < _GRID[places]
        places += clipped >= _GRID[np.minimum(places + 1, _GRID.size - 1)]
        places = np.minimum(places, _GRID.size - 1)
        found[part] = slopes[places] * (clipped - _GRID[places]) + values[places]
    return found.reshape(points.shape)


@lru_cache(maxsize=64)
def _compute_beta_quantiles(mean: float, icc: float) -> Array:
    weight = 1 / icc - 1
    quantiles: Array = betaincinv(mean * weight, (1 - mean) * weight, ndtr(_GRID))
    return quantiles


def sample_differences(
    random: np.random.Generator, before: Array, after: Array, trials: int
) -> Array:
    """Draw scenario differences from chances of passing, `trials` of each scenario and variant."""
    gained = np.zeros(before.shape, dtype=np.int32)
    # For so few trials as people run, far faster than binomials whose chances all differ.
    for _ in range(trials):
        gained += random.random(after.shape) < after
        gained -= random.random(before.shape) < before
    return np.asarray(gained / trials)
