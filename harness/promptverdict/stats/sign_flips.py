"""The sign-flip permutation test of paired differences, counted and never drawn.

Were nothing changed, each difference would be as likely with the other sign (Fisher, The Design of
Experiments, 1935, section 21). The distribution of the sum over all signs is the convolution of its
terms, so that 2^n sign vectors take n steps where the differences share a step, as means of passes
do.
"""

from __future__ import annotations

import math
from fractions import Fraction

import numpy as np
import numpy.typing as npt

from promptverdict.stats.samples import Array
from promptverdict.stats.score import NOTHING

_LARGEST_DENOMINATOR = 10_000
"""Of differences that are taken as fractions: above, two fractions are closer than their rounding.
"""

_STEPS = 200_000
"""Most steps of the sum of all sizes. Sizes without a common step that fits are rounded to as many.
"""


def compute_sign_flip_p(differences: Array) -> float:
    """Return the two-sided permutation mid-p of one sample, by flipping the signs of differences.

    A sum that is tied with the one observed counts half (Lancaster 1961). Exact where the sizes
    have a common step, as differences of shares of trials have; others are rounded to 1/200,000 of
    their sum. 1 where no difference is apart from zero.
    """
    moved = differences[np.abs(differences) > NOTHING]
    if moved.size == 0:
        return 1.0
    sizes = _count_steps(np.abs(moved))
    observed = abs(int((np.sign(moved).astype(np.int64) * sizes).sum()))
    total = int(sizes.sum())
    # Chances of the sum of those that keep their sign: the signed sum is twice that less the total.
    chances = np.ones(1)
    for size in sizes:
        longer = np.zeros(chances.size + size)
        longer[: chances.size] += chances / 2
        longer[size:] += chances / 2
        chances = longer
    sums = np.abs(2 * np.arange(total + 1) - total)
    return float(chances[sums > observed].sum() + chances[sums == observed].sum() / 2)


def _count_steps(sizes: Array) -> npt.NDArray[np.int64]:
    """Return the sizes as multiples of their largest common step, or of a fine one."""
    fractions = [Fraction(size).limit_denominator(_LARGEST_DENOMINATOR) for size in sizes]
    common = math.lcm(*(fraction.denominator for fraction in fractions))
    steps = np.array([float(fraction * common) for fraction in fractions])
    exact = np.allclose(steps / common, sizes, rtol=0, atol=NOTHING)
    if not exact or steps.sum() > _STEPS:
        steps = sizes / sizes.sum() * _STEPS
    whole: npt.NDArray[np.int64] = np.maximum(1, np.rint(steps)).astype(np.int64)
    return whole
