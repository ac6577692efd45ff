"""Baseline against candidate on bounded scores: the verdict, and all that it rests on.

One analysis at the end, or looks that were planned (`promptverdict.stats.looks`): looking five
times at 1.96 gives 14 % false verdicts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np

from promptverdict.stats.looks import Look, Rule
from promptverdict.stats.samples import (
    Array,
    MissingResults,
    PairedDifferences,
    Scores,
    check_scores,
    check_share,
    count_absent,
    count_missing,
    derive_seed,
    explain_unusable,
    pair_extreme,
    pair_scores,
)
from promptverdict.stats.score import (
    FINEST,
    compute_detectable,
    compute_interval,
    compute_interval_at,
    compute_sign_flip_p,
)
from promptverdict.stats.terms import Unit, Verdict

FLOOR = 6
"""Fewer paired units than this never give a verdict."""


@dataclass(frozen=True)
class PairedTest:
    """What two variants' scores say. Shares and changes are in -1..1 (0.1 is 10 points)."""

    verdict: Verdict
    """invalid: the data cannot be used; the other figures are told all the same."""
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
    seed: int
    """Of the random sign flips."""
    look: Look | None = None
    """Which of the planned looks it is; None: the one analysis at the end."""
    method: Literal["score"] = "score"
    estimand: Literal["population"] = "population"
    """What it is about: scenarios like these."""

    @property
    def decidable(self) -> bool:
        """Whether it could have a verdict, whatever its scenarios had shown."""
        return self.verdict != "invalid" and self.n >= FLOOR

    def __str__(self) -> str:
        told = f"{self.verdict}: {self.reason}" if self.reason else self.verdict
        if math.isnan(self.estimate):
            return told
        return (
            f"{told}; {100 * self.estimate:+.1f} points ({1 - self.alpha:.0%} interval"
            f" {100 * self.low:+.1f} to {100 * self.high:+.1f}), a change smaller than about"
            f" {100 * self.mde80:.0f} points would usually be missed"
        )


def compare(
    baseline: Scores,
    candidate: Scores,
    families: Mapping[str, str] | None = None,
    *,
    alpha: float = 0.05,
    strict: bool = False,
    look: Look | None = None,
) -> PairedTest:
    """Compare two variants by the score procedure on the differences of scenario means.

    Tango 1998 on effective counts, see `promptverdict.stats.score`. `families` maps scenarios to
    families of related ones; then the family is the unit. `strict` makes a fragile verdict
    inconclusive, for suites where 5 % must hold at every size. At a planned `look` a verdict takes
    its bound, not 1.96, and p and interval are repeated ones, so that alpha holds over all looks;
    the one-sided bounds stay those of one analysis, since a gate passes at the last look alone.

    In this order: invalid when more than 10 % of a variant's results are missing, when they are
    missing unequally (Fisher p below 0.01) or when nothing pairs; inconclusive below 6 units; then
    improved or regressed where the interval leaves out 0, provided that the verdict is the same
    with every missing result against the candidate and with every one in its favour. A scenario
    that only one variant has is left out, named, and missing in the other for those two extremes.

    Raises ValueError for a score outside 0..1 or an alpha outside it.
    """
    check_share("alpha", alpha)
    check_scores(baseline)
    check_scores(candidate)
    paired = pair_scores(baseline, candidate, families)
    flips = derive_seed(paired.scenarios)
    rule = Rule(alpha, look)
    available = _judged(paired.differences, rule, flips)
    worst, best = available, available
    gaps = (count_missing(baseline), count_missing(candidate))
    lost = gaps[0].results + gaps[1].results + count_absent(baseline, candidate)
    if lost:
        worst, best = (
            _judged(pair_extreme(baseline, candidate, families, value).differences, rule, flips)
            for value in (0.0, 1.0)
        )
    verdicts = {side.verdict(strict=strict) for side in (available, worst, best)}
    verdict, reason = _concluded(paired, gaps, available.verdict(strict=strict), available.told())
    if verdict != "invalid" and paired.differences.size >= FLOOR and len(verdicts) > 1:
        verdict, reason = "inconclusive", _depends(lost)
    return PairedTest(
        verdict=verdict,
        reason=reason,
        estimate=available.estimate,
        low=available.low,
        high=available.high,
        p=available.p,
        p_signflip=available.p_signflip,
        p_holm=None,
        mde80=compute_detectable((available.high - available.low) / 2, rule.bound),
        fragile=available.fragile,
        surely_above=float(compute_interval(worst.differences, 1 - 2 * alpha)[0]),
        surely_below=float(compute_interval(best.differences, 1 - 2 * alpha)[1]),
        n=paired.differences.size,
        unit="family" if families else "scenario",
        scenarios=len(paired.scenarios),
        trials=paired.trials,
        unpaired=paired.unpaired,
        missing_baseline=gaps[0],
        missing_candidate=gaps[1],
        alpha=alpha,
        seed=flips,
        look=look,
    )


@dataclass(frozen=True)
class _Judged:
    """The score procedure on one set of differences."""

    differences: Array
    estimate: float
    low: float
    high: float
    p: float
    p_signflip: float
    rule: Rule

    @property
    def excludes_zero(self) -> bool:
        return self.low > 0 or self.high < 0

    @property
    def fragile(self) -> bool:
        # An early look asks for more than random flips can tell; then they contradict nothing.
        return self.excludes_zero and self.p_signflip > max(self.rule.level, FINEST)

    def verdict(self, *, strict: bool) -> Verdict:
        if not self.excludes_zero or self.differences.size < FLOOR or (strict and self.fragile):
            return "inconclusive"
        return "improved" if self.low > 0 else "regressed"

    def told(self) -> str:
        if not self.excludes_zero:
            return self.rule.doubt(self.differences)
        if not self.fragile:
            return ""
        moved = self.differences[np.abs(self.differences) > 1e-12]
        ways = "all in one direction" if abs(np.sign(moved).sum()) == moved.size else "both ways"
        return (
            f"fragile: {moved.size} of {self.differences.size} changed, {ways}:"
            f" p={self.p:.3f}, permutation mid-p={self.p_signflip:.3f}"
        )


def _judged(differences: Array, rule: Rule, flips: int) -> _Judged:
    low, high = compute_interval_at(differences, rule.bound)
    return _Judged(
        differences=differences,
        estimate=float(differences.mean()) if differences.size else math.nan,
        low=float(low),
        high=float(high),
        p=rule.p(differences),
        p_signflip=compute_sign_flip_p(differences, flips),
        rule=rule,
    )


def _concluded(
    paired: PairedDifferences,
    gaps: tuple[MissingResults, MissingResults],
    verdict: Verdict,
    told: str,
) -> tuple[Verdict, str]:
    units = paired.differences.size
    if units == 0:
        return "invalid", "no scenario has a score in both variants"
    if broken := explain_unusable(*gaps):
        return "invalid", broken
    if units < FLOOR:
        return "inconclusive", f"fewer than {FLOOR} paired units ({units})"
    return verdict, told


def _depends(lost: int) -> str:
    return f"depends on {lost} missing result{'s' if lost > 1 else ''}"
