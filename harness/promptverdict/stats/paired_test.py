"""What two variants' scores say of scenarios like theirs: a verdict and all that it rests on."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from promptverdict.stats.looks import Look
from promptverdict.stats.samples import MissingResults
from promptverdict.stats.terms import Unit, Verdict

FLOOR = 6
"""Fewer paired units than this never give a verdict."""


@dataclass(frozen=True)
class PairedTest:
    """What two variants' scores say. Shares and changes are in -1..1 (0.1 is 10 points)."""

    verdict: Verdict
    """invalid: the data cannot be used; the other figures are given all the same."""
    reason: str
    """Why inconclusive or invalid, or what makes the verdict fragile; empty where all is plain."""
    estimate: float
    """Mean difference over the units, candidate minus baseline; NaN where nothing pairs."""
    low: float
    """Lower end of the interval of level 1-alpha; at a planned look, of all looks together."""
    high: float
    """Upper end of it."""
    p: float
    """Two-sided p of no change; below alpha exactly where the interval leaves out 0. At a planned
    look the repeated p-value, see `Look.p`."""
    p_signflip: float
    """Two-sided mid-p of the sign-flip permutation test."""
    p_holm: float | None
    """`p` adjusted for the other behaviours of the run; None where that was not done."""
    mde80: float
    """The change that would be found with 80 % power at the precision observed."""
    fragile: bool
    """The permutation test does not agree with the verdict, or, in strict mode, what would be one.
    """
    surely_above: float
    """One-sided bound of level 1-alpha, with every missing result against the candidate."""
    surely_below: float
    """One-sided bound from above of level 1-alpha, with every missing result in its favour."""
    n: int
    """Paired units."""
    unit: Unit
    scenarios: int
    """Paired scenarios; more than n where they have families."""
    trials: tuple[int, float, int]
    """Fewest, median and most valid trials of a paired scenario in one variant."""
    unpaired: tuple[str, ...]
    """Scenarios left out because a variant has no score of them, by name."""
    missing_baseline: MissingResults
    missing_candidate: MissingResults
    alpha: float
    """Two-sided level of the verdict, one-sided level of the two bounds."""
    look: Look | None = None
    """Which of the planned looks it is; None: the one analysis at the end."""
    method: Literal["score"] = "score"
    estimand: Literal["population"] = "population"
    """What it is about: scenarios like these."""

    @property
    def is_decidable(self) -> bool:
        """Whether it could have a verdict, whatever its scenarios had shown."""
        return self.verdict != "invalid" and self.n >= FLOOR

    def __str__(self) -> str:
        verdict = f"{self.verdict}: {self.reason}" if self.reason else self.verdict
        if math.isnan(self.estimate):
            return verdict
        return (
            f"{verdict}; {100 * self.estimate:+.1f} points ({1 - self.alpha:.0%} interval"
            f" {100 * self.low:+.1f} to {100 * self.high:+.1f}), a change smaller than about"
            f" {100 * self.mde80:.0f} points would usually be missed"
        )
