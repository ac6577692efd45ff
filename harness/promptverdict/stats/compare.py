"""Baseline against candidate on bounded scores: the verdict, and all that it rests on.

One analysis at the end, or looks that were planned (`promptverdict.stats.looks`): looking five
times at 1.96 gives 14 % false verdicts.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from promptverdict.core.text import format_count
from promptverdict.stats.looks import Look
from promptverdict.stats.paired_test import FLOOR, PairedTest
from promptverdict.stats.rule import Rule
from promptverdict.stats.samples import (
    Array,
    MissingResults,
    PairedDifferences,
    Scores,
    check_scores,
    check_share,
    count_absent,
    count_missing,
    explain_unusable,
    pair_extreme,
    pair_scores,
)
from promptverdict.stats.score import NOTHING, compute_detectable, compute_quantile
from promptverdict.stats.sign_flips import compute_sign_flip_p
from promptverdict.stats.terms import Verdict


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

    Tango 1998 on effective counts (`promptverdict.stats.score`), held to its level where few
    scenarios or skewed means would err too often (`promptverdict.stats.rule`). `families` maps
    scenarios to families of related ones; then the family is the unit. `strict` makes a fragile
    verdict inconclusive. At a planned `look` a verdict takes its bound, not 1.96, and p and
    interval are repeated ones, so that alpha holds over all looks; the one-sided bounds stay those
    of one analysis, since a gate passes at the last look alone.

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
    rule = Rule(alpha, look, fewest=max(1, paired.trials[0]), most=max(1, paired.trials[2]))
    available = _ScoreTest(paired.differences, rule)
    worst, best = available, available
    gaps = (count_missing(baseline), count_missing(candidate))
    lost = gaps[0].results + gaps[1].results + count_absent(baseline, candidate)
    if lost:
        worst, best = (
            _ScoreTest(pair_extreme(baseline, candidate, families, value).differences, rule)
            for value in (0.0, 1.0)
        )
    verdicts = {test.decide(strict=strict) for test in (available, worst, best)}
    verdict, reason = _conclude(paired, gaps, available, strict=strict)
    if verdict != "invalid" and paired.differences.size >= FLOOR and len(verdicts) > 1:
        verdict, reason = "inconclusive", _explain_dependence(lost)
    one_sided = compute_quantile(1 - alpha)
    low, high = available.interval
    return PairedTest(
        verdict=verdict,
        reason=reason,
        estimate=available.estimate,
        low=low,
        high=high,
        p=rule.p(available.differences),
        p_signflip=available.p_signflip,
        p_holm=None,
        mde80=compute_detectable((high - low) / 2, rule.bound),
        fragile=available.is_fragile,
        surely_above=rule.find_limits(worst.differences, one_sided)[0],
        surely_below=rule.find_limits(best.differences, one_sided)[1],
        n=paired.differences.size,
        unit="family" if families else "scenario",
        scenarios=len(paired.scenarios),
        trials=paired.trials,
        unpaired=paired.unpaired,
        missing_baseline=gaps[0],
        missing_candidate=gaps[1],
        alpha=alpha,
        look=look,
    )


@dataclass(frozen=True)
class _ScoreTest:
    """The score procedure on one set of differences."""

    differences: Array
    rule: Rule

    @cached_property
    def interval(self) -> tuple[float, float]:
        return self.rule.interval(self.differences)

    @cached_property
    def p_signflip(self) -> float:
        return compute_sign_flip_p(self.differences)

    @property
    def estimate(self) -> float:
        return float(self.differences.mean()) if self.differences.size else math.nan

    @property
    def excludes_zero(self) -> bool:
        return self.interval[0] > 0 or self.interval[1] < 0

    @property
    def is_fragile(self) -> bool:
        return self.excludes_zero and self.p_signflip > self.rule.level

    def decide(self, *, strict: bool) -> Verdict:
        if self.differences.size < FLOOR or not self.excludes_zero or (strict and self.is_fragile):
            return "inconclusive"
        return "improved" if self.interval[0] > 0 else "regressed"

    def explain(self) -> str:
        """Return why there is no verdict, or what makes it fragile; empty where all is plain."""
        if not self.excludes_zero:
            return self.rule.explain_doubt(self.differences)
        if not self.is_fragile:
            return ""
        moved = self.differences[np.abs(self.differences) > NOTHING]
        one_way = abs(np.sign(moved).sum()) == moved.size
        return (
            f"fragile: {moved.size} of {self.differences.size} changed,"
            f" {'all in one direction' if one_way else 'both ways'}:"
            f" p={self.rule.p(self.differences):.3f}, permutation mid-p={self.p_signflip:.3f}"
        )


def _conclude(
    paired: PairedDifferences,
    gaps: tuple[MissingResults, MissingResults],
    available: _ScoreTest,
    *,
    strict: bool,
) -> tuple[Verdict, str]:
    units = paired.differences.size
    if units == 0:
        return "invalid", "no scenario has a score in both variants"
    if broken := explain_unusable(*gaps):
        return "invalid", broken
    if units < FLOOR:
        return "inconclusive", f"fewer than {FLOOR} paired units ({units})"
    return available.decide(strict=strict), available.explain()


def _explain_dependence(lost: int) -> str:
    return f"depends on {format_count(lost, 'missing result')}"
