"""The score procedure: interval and p of paired differences, from one sample or many at once.

Tango's score interval for paired proportions (Statistics in Medicine 17:891, 1998) on effective
counts. Where every difference is -1, 0 or 1 it is exactly Tango's, and its p exactly McNemar's
asymptotic test. For means of several trials its p is the normal approximation of the sign-flip
permutation test. Interval and p never contradict each other, and no width is ever zero.

Arrays hold the units along their last axis; further axes are further samples.
"""

from __future__ import annotations

import math

import numpy as np
from scipy.special import ndtr, ndtri

from promptverdict.stats.samples import Array

NOTHING = 1e-12
"""Sums of squares below this are zero but for rounding."""

HALVINGS = 42
"""Of a width of at most 2: the ends of an interval are right to 1e-12."""


def compute_quantile(share: float) -> float:
    """Return the standard normal quantile of a share."""
    return float(ndtri(share))


def compute_level(z: float) -> float:
    """Return the two-sided level of a standard normal quantile: 0.05 of 1.96."""
    return 2 * float(ndtr(-z))


def compute_detectable(half_width: float, bound: float, power: float = 0.80) -> float:
    """Return the change that would be found with this power, given half an interval's width.

    (z + z(power)) / z times the half-width, with z the bound that the interval stands for: 1.43
    times for 1.96, in the unit of the width. It is the detectable change at the precision observed,
    not an "observed power".
    """
    return (bound + compute_quantile(power)) / bound * half_width


def compute_p_values(differences: Array) -> Array:
    """Return the two-sided p of no change: sum(d) / sqrt(sum(d^2)) against the standard normal.

    `differences` has the shape (..., n), values in -1..1; the result has the shape (...). Where
    every difference is zero, p is 1.
    """
    return np.asarray(2 * ndtr(-np.abs(compute_statistics(differences))))


def compute_statistics(differences: Array) -> Array:
    """Return T(0), standard normal where nothing changed: sum(d) / sqrt(sum(d^2)).

    Shapes as `compute_p_values`; 0 where every difference is zero.
    """
    squares = (differences**2).sum(axis=-1)
    statistics = differences.sum(axis=-1) / np.sqrt(np.maximum(squares, NOTHING))
    return np.where(squares > NOTHING, statistics, 0.0)


def compute_interval(differences: Array, confidence: float = 0.95) -> tuple[Array, Array]:
    """Return both ends of the interval of the mean difference, within -1..1.

    `differences` has the shape (..., n), values in -1..1; each end has the shape (...). No
    difference at all: (-1, 1). All of n ties: +-z^2/(n+z^2).
    """
    return compute_interval_at(differences, compute_quantile((1 + confidence) / 2))


def compute_interval_at(differences: Array, z: float) -> tuple[Array, Array]:
    """Return both ends of all changes whose statistic is at most z either way.

    Shapes and special cases as `compute_interval`, which asks for a level instead.
    """
    shape, n = differences.shape[:-1], differences.shape[-1]
    if n == 0:
        return np.full(shape, -1.0), np.full(shape, 1.0)
    gains, losses, size = _count_effectively(differences)
    find = _find_single_end if differences.ndim == 1 else _find_upper_end
    return -find(losses, gains, size, z), find(gains, losses, size, z)


def _count_effectively(differences: Array) -> tuple[Array, Array, Array]:
    """Return discordant counts for and against, and the size, that have the sample's variance."""
    n = differences.shape[-1]
    gains = np.maximum(differences, 0).sum(axis=-1)
    losses = np.maximum(-differences, 0).sum(axis=-1)
    squares = (differences**2).sum(axis=-1)
    factor = np.where(squares > NOTHING, (gains + losses) / np.maximum(squares, NOTHING), 1.0)
    return factor * gains, factor * losses, factor * n


def _find_upper_end(gains: Array, losses: Array, size: Array, z: float) -> Array:
    """Halve between the estimate, where the statistic is 0, and 1 until it is -z, if ever it is."""
    low = (gains - losses) / size
    high = np.ones_like(low)
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        inside = _compute_statistic(middle, gains, losses, size) > -z
        low, high = np.where(inside, middle, low), np.where(inside, high, middle)
    return (low + high) / 2


def _compute_statistic(change: Array, gains: Array, losses: Array, size: Array) -> Array:
    """Return Tango's score statistic of a supposed change, with the constrained estimate q.

    q is the share of losses that fits the data best if the change is as supposed: the root of
    2 size q^2 + linear q + constant = 0.
    """
    linear = (2 * size - gains + losses) * change - gains - losses
    constant = -losses * change * (1 - change)
    root = np.sqrt(np.maximum(linear**2 - 8 * size * constant, 0.0))
    q = (root - linear) / (4 * size)
    variance = size * (2 * q + change * (1 - change))
    above = gains - losses - size * change
    # Without variance any other mean than the one supposed is impossible.
    certain = np.where(np.abs(above) < NOTHING, 0.0, np.copysign(1e9, above))
    return np.where(variance > 1e-14, above / np.sqrt(np.maximum(variance, 1e-14)), certain)


def _find_single_end(gains: Array, losses: Array, size: Array, z: float) -> Array:
    """Return what `_find_upper_end` does, bit by bit, for a single sample in a tenth of the time.

    Every operation of numpy on a single number takes as long as twenty of Python.
    """
    gained, lost, units = float(gains), float(losses), float(size)
    low, high = (gained - lost) / units, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if _compute_single_statistic(middle, gained, lost, units) > -z:
            low = middle
        else:
            high = middle
    return np.asarray((low + high) / 2)


def _compute_single_statistic(change: float, gains: float, losses: float, size: float) -> float:
    """Return what `_compute_statistic` does, bit by bit, for a single sample."""
    linear = (2 * size - gains + losses) * change - gains - losses
    constant = -losses * change * (1 - change)
    root = math.sqrt(max(linear * linear - 8 * size * constant, 0.0))
    q = (root - linear) / (4 * size)
    variance = size * (2 * q + change * (1 - change))
    above = gains - losses - size * change
    if variance > 1e-14:
        return above / math.sqrt(variance)
    return 0.0 if abs(above) < NOTHING else math.copysign(1e9, above)
