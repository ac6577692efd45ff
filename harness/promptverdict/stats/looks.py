"""Looks before all scenarios are in: what a verdict takes then, so that 5 % holds in all.

At equal steps of the planned scenarios, taken in random order, a verdict takes more than 1.96.
O'Brien and Fleming (Biometrics 35:549, 1979) ask for much at first and for little more than usual
at the end, Pocock (Biometrika 64:191, 1977) for the same at each look. The bounds are computed by
the recursion of Armitage, McPherson and Rowe (JRSS A 132:235, 1969) over independent normal
increments; tables are in Jennison and Turnbull, Group Sequential Methods (2000), chapter 2.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import Literal

import numpy as np
from scipy.special import ndtr

from promptverdict.stats.samples import Array, check_share

Shape = Literal["obrien_fleming", "pocock"]

MOST = 20
"""Planned looks; more save next to nothing."""

_NODES = 256
"""Of each integral over what has not crossed yet: constants are right to 1e-9."""

_FAR = 9.0
"""Beyond so many standard deviations there is nothing to integrate."""


@dataclass(frozen=True)
class Look:
    """Look `number` of `of` planned ones, at equal steps, by the bounds of O'Brien and Fleming.

    Raises ValueError for counts below 1, a number above `of`, and more than 20 looks.
    """

    number: int
    of: int

    def __post_init__(self) -> None:
        if not 1 <= self.number <= self.of <= MOST:
            raise ValueError(f"{self.number}/{self.of} is no look of a plan of 1 to {MOST}")

    def __str__(self) -> str:
        return f"look {self.number} of {self.of}"

    def describe(self, alpha: float = 0.05) -> str:
        """Write what it asks for, and what it takes for granted."""
        return (
            f"{self}, at equal steps of the planned scenarios in random order (O'Brien-Fleming):"
            f" a verdict takes |T| above {self.bound(alpha):.2f} here, and the intervals hold over"
            " all looks together"
        )

    @property
    def last(self) -> bool:
        """Whether all that was planned is in."""
        return self.number == self.of

    def bound(self, alpha: float = 0.05) -> float:
        """Return what |T(0)| has to exceed for a verdict. Raises ValueError for a bad alpha."""
        return compute_bounds(self.of, "obrien_fleming", alpha)[self.number - 1]

    def p(self, statistic: float) -> float:
        """Return the repeated p-value of T(0): the least alpha at which the plan would stop here.

        It is below alpha exactly where |T(0)| exceeds `bound(alpha)`, and the least of all looks'
        is a valid p-value still (Jennison and Turnbull 2000, chapter 9). So Holm over those of
        several behaviours holds in all looks. Over what each look's bound stands for by itself it
        would not quite: 5.4 % false alarms instead of 5 with six behaviours and five looks.
        """
        constant = abs(statistic) * math.sqrt(self.number / self.of)
        return compute_crossing(_list_limits(constant, self.of, "obrien_fleming"))


@lru_cache(maxsize=64)
def compute_bounds(
    looks: int, shape: Shape = "obrien_fleming", alpha: float = 0.05
) -> tuple[float, ...]:
    """Return the bound on |T(0)| at each of some equally spaced looks that holds alpha in all.

    O'Brien-Fleming: C sqrt(K/j) at look j of K; Pocock: C at each. Raises ValueError for no look,
    for more than 20, and for an alpha outside 0..1.
    """
    from scipy.optimize import brentq

    check_share("alpha", alpha)
    if not 1 <= looks <= MOST:
        raise ValueError(f"{looks} looks: 1 to {MOST} can be planned")
    constant = brentq(
        lambda tried: compute_crossing(_list_limits(tried, looks, shape)) - alpha,
        0.0,
        _FAR,
        xtol=1e-11,
    )
    return _list_limits(float(constant), looks, shape)


def _list_limits(constant: float, looks: int, shape: Shape) -> tuple[float, ...]:
    steps = range(1, looks + 1)
    return tuple(
        constant * (math.sqrt(looks / step) if shape == "obrien_fleming" else 1.0) for step in steps
    )


def compute_crossing(limits: Sequence[float]) -> float:
    """Return the chance that |T(0)| exceeds its limit at any look although nothing changed.

    One limit for each of some equally spaced looks. At look j, T is S / sqrt(j) with S a sum of j
    standard normal increments; the density of S over what has not crossed yet is carried from
    look to look by Gauss and Legendre's rule.
    """
    nodes, weights = _list_nodes()
    # The density of S over what has not crossed yet lies at `places`; it begins as a point at 0.
    places, mass, crossed = np.zeros(1), np.ones(1), 0.0
    for look, limit in enumerate(limits, start=1):
        edge = limit * math.sqrt(look)
        crossed += float(mass @ (ndtr(places - edge) + ndtr(-places - edge)))
        reach = min(limit, _FAR) * math.sqrt(look)
        further = reach * nodes
        density = np.exp(-((further[:, None] - places) ** 2) / 2) @ mass / math.sqrt(2 * math.pi)
        places, mass = further, reach * weights * density
    return min(crossed, 1.0)


@cache
def _list_nodes() -> tuple[Array, Array]:
    """Return Gauss and Legendre's nodes and weights; all that uses them takes less time."""
    nodes, weights = np.polynomial.legendre.leggauss(_NODES)
    return nodes, weights
