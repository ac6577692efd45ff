"""Newcombe's interval of a difference of two shares, and the exact chance with which it errs.

The score interval of independent shares (Statistics in Medicine 17:873, 1998, method 10) is an
approximation. With few trials it leaves out what is true far more often than it says: at 5 %, and
equal chances, in 12.5 % of cases with 2 trials of each, 7.0 with 4, 7.7 with 8. All results of so
many trials can be counted, and the worst of all chances be sought: an unconditional exact test
(Barnard, Biometrika 34:123, 1947) that ranks results by this interval.
"""

from __future__ import annotations

import math
from functools import lru_cache

import numpy as np
import numpy.typing as npt
from scipy.special import gammaln, xlog1py, xlogy

from promptverdict.stats.samples import Array
from promptverdict.stats.score import HALVINGS, NOTHING, compute_level, compute_quantile

Counts = tuple[float, float]
"""Passes and trials."""

Places = npt.NDArray[np.intp]

_FAR = 40.0
"""A normal quantile whose level is 0 but for rounding."""

_APART = 1e-9
"""Two quantiles less apart than this are the same but for rounding."""

_CHANCES = 513
"""Of passing, one half among them, of which the worst is sought: more change no p by 1e-5."""


def compute_newcombe(
    baseline: Counts, candidate: Counts, confidence: float = 0.95
) -> tuple[float, float]:
    """Return Newcombe's interval of the difference of two independent shares, candidate's first.

    Raises ValueError for counts that make no share, no trials among them.
    """
    for passes, trials in (baseline, candidate):
        if not (trials > 0 and 0 <= passes <= trials):
            raise ValueError(f"{passes} passes of {trials} trials are no share")
    return compute_interval(baseline, candidate, compute_quantile((1 + confidence) / 2))


def compute_interval(baseline: Counts, candidate: Counts, z: float) -> tuple[float, float]:
    """Return the interval that a normal quantile stands for; without trials (-1, 1)."""
    if not (baseline[1] and candidate[1]):
        return -1.0, 1.0
    before, after = (np.array(passes / trials) for passes, trials in (baseline, candidate))
    return (
        float(_compute_low(before, after, (baseline[1], candidate[1]), z)),
        -float(_compute_low(after, before, (candidate[1], baseline[1]), z)),
    )


@lru_cache(maxsize=1024)
def compute_change_p(baseline: tuple[int, int], candidate: tuple[int, int]) -> float:
    """Return the two-sided exact p of no change; never below the level the interval stands for.

    The greatest chance, whatever the chance of passing that both have, that the interval would
    have to be as wide before it took in 0. Where nothing moved, or nothing was tried, p is 1.
    """
    trials = baseline[1], candidate[1]
    if not all(trials) or baseline[0] * trials[1] == candidate[0] * trials[0]:
        return 1.0
    low, high = 0.0, _FAR
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        ends = compute_interval(baseline, candidate, middle)
        outside = ends[0] > 0 or ends[1] < 0
        low, high = (middle, high) if outside else (low, middle)
    return min(1.0, max(compute_level(low), _find_worst_chance(trials, low - _APART)))


@lru_cache(maxsize=256)
def find_holding_quantile(trials: tuple[int, int], alpha: float) -> float:
    """Return the least quantile whose interval of unchanged variants leaves out 0 in alpha.

    At least the usual one; counted exactly for so many trials of each, at the worst of all chances.
    """
    low, high = compute_quantile(1 - alpha / 2), _FAR
    if not all(trials) or _find_worst_chance(trials, low) <= alpha:
        return low
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        enough = _find_worst_chance(trials, middle) <= alpha
        low, high = (low, middle) if enough else (middle, high)
    # A hair above, so that the results that lie on the bound itself stay inside the interval.
    return high + _APART


def can_show_a_change(trials: tuple[int, int], alpha: float) -> bool:
    """Whether all failing against all passing would be a change at this level."""
    return compute_change_p((0, trials[0]), (trials[1], trials[1])) < alpha


@lru_cache(maxsize=1024)
def compute_margin_p(trials: tuple[int, int], bound: float, margin: float, alpha: float) -> float:
    """Return the greatest chance of a one-sided bound as good, where the loss is all of the margin.

    `bound` is the lower end of level 1-alpha of the candidate's change; chances as for
    `compute_change_p`.
    """
    edges = _find_edges(trials, compute_quantile(1 - alpha), bound)
    return float(_sum_beyond(trials, edges, margin).max())


def _find_worst_chance(trials: tuple[int, int], z: float) -> float:
    """Return the worst chance that the interval leaves out 0 although nothing changed."""
    rising = _sum_beyond(trials, _find_edges(trials, z, 0.0), 0.0)
    # A loss of passes is a gain of failures, so that the falls are the rises at the other chance.
    return float((rising + rising[::-1]).max())


def _find_edges(trials: tuple[int, int], z: float, bound: float) -> Places:
    """Return for 0, 1, ... baseline passes the fewest of the candidate that go beyond a bound.

    One more than its trials where none do.
    """
    before = np.arange(trials[0] + 1) / trials[0]
    low, high = np.zeros(before.size, dtype=np.intp), np.full(before.size, trials[1] + 1)
    for _ in range(trials[1].bit_length() + 1):
        middle = np.minimum((low + high) // 2, trials[1])
        beyond = _compute_low(before, middle / trials[1], trials, z) > bound - NOTHING
        undecided = low < high
        high = np.where(undecided & beyond, middle, high)
        low = np.where(undecided & ~beyond, middle + 1, low)
    return high


def _sum_beyond(trials: tuple[int, int], edges: Places, loss: float) -> Array:
    """Return the chance of results from the edges on, for each chance before the loss."""
    before = _list_binomial(trials[0], loss, lost=False)
    return np.asarray((before * _list_tails(trials[1], loss)[:, edges]).sum(axis=1))


@lru_cache(maxsize=4)
def _list_tails(trials: int, loss: float) -> Array:
    """Return the chances of at least 0, 1, ... passes after the loss, up to one too many."""
    after = _list_binomial(trials, loss, lost=True)
    return np.hstack([np.cumsum(after[:, ::-1], axis=1)[:, ::-1], np.zeros((_CHANCES, 1))])


@lru_cache(maxsize=4)
def _list_binomial(trials: int, loss: float, *, lost: bool) -> Array:
    """Return the chances of 0, 1, ... passes, for chances from the loss to 1, or less it.

    The chances lie evenly on the scale of the arcsine, on which all are known equally well.
    """
    kept = (1 - loss) * np.sin(np.linspace(0, math.pi / 2, _CHANCES)[:, None]) ** 2
    share = np.clip(kept if lost else kept + loss, 0.0, 1.0)
    passes = np.arange(trials + 1)
    ways = gammaln(trials + 1) - gammaln(passes + 1) - gammaln(trials - passes + 1)
    return np.asarray(np.exp(ways + xlogy(passes, share) + xlog1py(trials - passes, -share)))


def _compute_low(before: Array, after: Array, trials: Counts, z: float) -> Array:
    """Return the lower end of the change between shares of so many trials each."""
    before_high = 1 - _compute_wilson_low(1 - before, trials[0], z)
    after_low = _compute_wilson_low(after, trials[1], z)
    return np.maximum(-1.0, after - before - np.hypot(after - after_low, before_high - before))


def _compute_wilson_low(share: Array, n: float, z: float) -> Array:
    """Return the lower end of Wilson's score interval of a share (1927)."""
    half = z * np.sqrt(share * (1 - share) / n + z * z / (4 * n * n))
    return np.maximum(0.0, (share + z * z / (2 * n) - half) / (1 + z * z / n))
