"""Latency, cost and tokens: quantities without a ceiling, compared as a ratio."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy.special import stdtr, stdtrit

from promptverdict.stats.samples import (
    MissingResults,
    Scores,
    check_share,
    count_missing,
    explain_unusable,
    list_present,
    pair_scores,
)
from promptverdict.stats.score import NOTHING
from promptverdict.stats.sign_flips import compute_sign_flip_p

FLOOR = 20
"""The t interval of skewed quantities holds its level from about so many scenarios."""


@dataclass(frozen=True)
class RatioTest:
    """How many times the baseline's quantity the candidate's is."""

    verdict: Literal["higher", "lower", "inconclusive", "invalid"]
    reason: str
    """Why inconclusive or invalid; else empty."""
    ratio: float
    """Candidate over baseline, the geometric mean over the units; NaN where nothing pairs."""
    low: float
    """Lower end of the interval of level 1-alpha; 0 where there is none."""
    high: float
    """Upper end of it; infinite where there is none."""
    p: float
    """Two-sided p of no change, by the paired t test on logarithms."""
    p_signflip: float
    """Two-sided mid-p of the sign-flip permutation test on the same."""
    n: int
    """Paired scenarios, or families of such."""
    unpaired: tuple[str, ...]
    """Scenarios left out because a variant has no value of them, by name."""
    missing_baseline: MissingResults
    missing_candidate: MissingResults
    alpha: float


def compare_unbounded(
    baseline: Mapping[str, Sequence[float | None]],
    candidate: Mapping[str, Sequence[float | None]],
    families: Mapping[str, str] | None = None,
    *,
    alpha: float = 0.05,
) -> RatioTest:
    """Compare positive quantities: scenario -> one value a trial, in one unit for both variants.

    Paired t on the scenarios' mean logarithms, which are averaged inside families where there are
    any, as in `compare`. Below 20 units there is no verdict. What is missing has no bounds here, so
    that it can only make the comparison invalid, by the same two rules as for scores. Raises
    ValueError for a value that is not above 0 and finite.
    """
    check_share("alpha", alpha)
    before, after = _compute_logarithms(baseline), _compute_logarithms(candidate)
    paired = pair_scores(before, after, families)
    gaps = (count_missing(before), count_missing(after))
    n = paired.differences.size
    mean = float(paired.differences.mean()) if n else math.nan
    error = float(paired.differences.std(ddof=1)) / math.sqrt(n) if n > 1 else math.inf
    p, low, high = _compute_test(mean, error, n, alpha)
    verdict: Literal["higher", "lower", "inconclusive", "invalid"] = "inconclusive"
    reason = "the interval contains 1"
    if broken := explain_unusable(*gaps) or (
        "" if n else "no scenario has a value in both variants"
    ):
        verdict, reason = "invalid", broken
    elif n < FLOOR:
        reason = f"fewer than {FLOOR} paired {'units' if families else 'scenarios'} ({n})"
    elif p < alpha:
        verdict, reason = ("higher" if mean > 0 else "lower"), ""
    return RatioTest(
        verdict=verdict,
        reason=reason,
        ratio=math.exp(mean),
        low=low,
        high=high,
        p=p,
        p_signflip=compute_sign_flip_p(paired.differences),
        n=n,
        unpaired=paired.unpaired,
        missing_baseline=gaps[0],
        missing_candidate=gaps[1],
        alpha=alpha,
    )


def _compute_test(mean: float, error: float, n: int, alpha: float) -> tuple[float, float, float]:
    """Return p and both ends of the interval of the ratio."""
    if not math.isfinite(error):
        return 1.0, 0.0, math.inf
    if error < NOTHING:
        return float(abs(mean) < NOTHING), math.exp(mean), math.exp(mean)
    half = float(stdtrit(n - 1, 1 - alpha / 2)) * error
    p = 2 * float(stdtr(n - 1, -abs(mean) / error))
    return p, float(np.exp(mean - half)), float(np.exp(mean + half))


def _compute_logarithms(values: Scores) -> dict[str, list[float | None]]:
    for scenario, results in values.items():
        for value in list_present(results):
            if not 0 < value < math.inf:
                raise ValueError(f"{scenario}: {value} is not above 0 and finite")
    return {
        scenario: [
            None if value is None or math.isnan(value) else math.log(value) for value in results
        ]
        for scenario, results in values.items()
    }
