"""Whether two groups of trials of one thing, made at two times, show it equally often.

The trials are of the same scenarios at both times, or those of the second time are a random part of
the first. Then the sums differ no more than two binomial ones of the same chance, however much the
scenarios differ in difficulty (Hoeffding, Annals of Mathematical Statistics 27:713, 1956), and
Fisher's exact test holds its level.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from promptverdict.stats.samples import Array

Mask = npt.NDArray[np.bool_]

_POWER = 0.8
_GRID = 1001
"""Chances from 0 to 1 among which the nearest noticeable one is sought: steps of 0.1 points."""


@dataclass(frozen=True)
class Count:
    """How many graded trials passed."""

    passed: int
    graded: int


def compute_drift_p(before: Count, now: Count) -> float:
    """Return the two-sided p of Fisher's exact test of no change; 1 where a side has no trial."""
    from scipy.stats import fisher_exact

    if not (before.graded and now.graded):
        return 1.0
    table = [[side.passed, side.graded - side.passed] for side in (before, now)]
    return float(fisher_exact(table)[1])


def find_noticeable_changes(
    before: Count, trials: int, alpha: float
) -> tuple[float | None, float | None]:
    """Return how large a fall and how large a rise so many new trials would usually notice.

    Usually: in 80 of 100 cases, by `compute_drift_p` at most `alpha`, given what was seen before.
    In 0..1; None where no such change would be noticed.
    """
    if not (before.graded and trials):
        return None, None
    counts = np.arange(trials + 1)
    noticed = np.array(
        [compute_drift_p(before, Count(passed, trials)) <= alpha for passed in counts.tolist()]
    )
    share = before.passed / before.graded
    chances = np.linspace(0, 1, _GRID)
    fewer, more = noticed & (counts < share * trials), noticed & (counts > share * trials)
    falls = chances[(chances < share) & (_list_powers(fewer, chances) >= _POWER)]
    rises = chances[(chances > share) & (_list_powers(more, chances) >= _POWER)]
    return (
        float(share - falls.max()) if falls.size else None,
        float(rises.min() - share) if rises.size else None,
    )


def _list_powers(noticed: Mask, chances: Array) -> Array:
    """Return how likely one of the noticed counts (a mask over 0, 1, ...) is at each chance."""
    from scipy.stats import binom

    trials = len(noticed) - 1
    counts = np.flatnonzero(noticed)
    return np.asarray(binom.pmf(counts, trials, chances[:, None]).sum(axis=1))
