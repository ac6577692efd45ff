"""Looks at any time, as many as wanted and planned by nobody: an e-process, and its interval.

A bettor against "nothing changed" starts with 1, stakes a share of the capital on each scenario's
difference, and on average never gains where nothing changed. By Ville's inequality (1939) the
capital then ever reaches 1/alpha with a chance of at most alpha, whenever one looks. Five stakes
each way are held side by side: a mixture is a bettor too (Waudby-Smith and Ramdas, Estimating means
of bounded random variables by betting, JRSS B 86:1, 2024).

Differences have to come in an order that does not depend on them. It takes more scenarios than
planned looks do, `promptverdict.stats.looks`, and that is the price of planning none.
"""

from __future__ import annotations

import math

import numpy as np

from promptverdict.stats.samples import Array, check_share
from promptverdict.stats.score import HALVINGS

STAKES = (0.1, 0.2, 0.4, 0.6, 0.8)
"""Shares of the capital that are at stake, upwards and downwards each."""


def capital(differences: Array) -> Array:
    """Give the capital after each difference: the evidence so far that something changed.

    `differences` has the shape (..., n), values in -1..1, and so has the result: after look t the
    mean of prod(1 + stake d_i) over i <= t and all stakes. Something changed, at level 1-alpha and
    at whatever look that happens, once it is at least 1/alpha.
    """
    stakes = np.array([*STAKES, *(-stake for stake in STAKES)])
    factors = 1 + np.multiply.outer(stakes, differences)
    return np.asarray(np.cumprod(factors, axis=-1).mean(axis=0))


def always_valid_interval(differences: Array, alpha: float = 0.05) -> tuple[float, float]:
    """Give the interval of the mean difference, of level 1-alpha at all looks together.

    `differences` has the shape (n,), values in -1..1. All changes against which the same bettor has
    not won 1/alpha; for a change D the stakes are 1/(1+D) times as large upwards and 1/(1-D) times
    downwards, so that no capital is ever negative. No difference at all: (-1, 1). Raises ValueError
    for an alpha outside 0..1.
    """
    check_share("alpha", alpha)
    if differences.size == 0:
        return -1.0, 1.0
    return -_upper_end(-differences, alpha), _upper_end(differences, alpha)


def _upper_end(differences: Array, alpha: float) -> float:
    """Halve between the mean, against which nobody wins, and 1, until 1/alpha is won, if ever.

    The capital is a convex function of the supposed change, so that it is won beyond one place.
    """
    low, high = float(differences.mean()), 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        inside = middle in (low, high) or _won(differences, middle) < -math.log(alpha)
        low, high = (middle, high) if inside else (low, middle)
    return (low + high) / 2


def _won(differences: Array, change: float) -> float:
    """Give the logarithm of the capital won against a supposed change strictly within -1..1."""
    stakes = np.array(STAKES)[:, None]
    above = (differences - change) / (1 + change)
    below = (change - differences) / (1 - change)
    won = np.log1p(stakes * np.concatenate([above[None], below[None]])[:, None]).sum(axis=-1)
    return float(np.logaddexp.reduce(won, axis=None)) - math.log(won.size)
