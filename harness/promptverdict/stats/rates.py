"""One variant alone: its mean score and how sure that is, and what its trials do together."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from statistics import fmean, variance

from promptverdict.stats.samples import (
    MissingResults,
    Scores,
    check_scores,
    check_share,
    count_missing,
    list_present,
)
from promptverdict.stats.score import HALVINGS, NOTHING, compute_quantile


@dataclass(frozen=True)
class RateEstimate:
    """A mean score over scenarios, as a share 0..1."""

    estimate: float
    """Mean of the scenarios' means; NaN where there is none, which is no zero."""
    low: float
    high: float
    """Ends of the 95 % interval."""
    scenarios: int
    """Scenarios with at least one score."""
    missing: MissingResults
    failing_at_most: float | None
    """Where nothing failed: so large a share of such scenarios may still fail (95 %). Else None."""

    @property
    def valid(self) -> bool:
        """Whether there is anything to tell a rate of."""
        return self.scenarios > 0


def estimate_rate(scores: Scores) -> RateEstimate:
    """Estimate one variant's mean score, with Wilson's interval on effective counts.

    The scenario is the unit: n scenarios count as n * min(k, max(1, m(1-m)/s2)) trials, where m and
    s2 are mean and sample variance of their means and k is the most trials of one. They count as
    fewer where the interval would be narrower than that of n scenarios that all pass: a first
    failure tells that scenarios differ, and little of how much. With one trial each it is Wilson's
    interval (1927). Raises ValueError for a score outside 0..1.
    """
    check_scores(scores)
    tried = [kept for results in scores.values() if (kept := list_present(results))]
    means = [fmean(kept) for kept in tried]
    n = len(means)
    if n == 0:
        return RateEstimate(math.nan, 0.0, 1.0, 0, count_missing(scores), None)
    mean = fmean(means)
    spread = variance(means) if n > 1 else 0.0
    worth = max(1.0, mean * (1 - mean) / spread) if spread > NOTHING else 1.0
    effective = _keep_width(mean, n, n * min(max(map(len, tried)), worth))
    low, high = compute_wilson(mean * effective, effective)
    spotless = min(means) == 1
    return RateEstimate(
        mean, low, high, n, count_missing(scores), limit_failures(n) if spotless else None
    )


def _keep_width(share: float, n: int, effective: float) -> float:
    """Return so many trials, at most the effective ones, that their interval is wide enough."""

    def compute_width(trials: float) -> float:
        low, high = compute_wilson(share * trials, trials)
        return high - low

    low, high = compute_wilson(n, n)
    least = high - low
    if compute_width(effective) >= least:
        return effective
    # The width falls as trials grow, so that halving finds where it becomes too narrow.
    fewest, most = float(n), effective
    for _ in range(HALVINGS):
        middle = (fewest + most) / 2
        fewest, most = (middle, most) if compute_width(middle) >= least else (fewest, middle)
    return fewest


def compute_wilson(passes: float, n: float, confidence: float = 0.95) -> tuple[float, float]:
    """Return Wilson's score interval of a share (1927): `passes` of `n`, effective counts or real.

    Nothing tried: (0, 1). Raises ValueError for counts that make no share.
    """
    return compute_wilson_at(passes, n, compute_quantile((1 + confidence) / 2))


def compute_wilson_at(passes: float, n: float, z: float) -> tuple[float, float]:
    """Return all shares whose score statistic is at most z either way; else as `compute_wilson`."""
    if not 0 <= passes <= n * (1 + NOTHING):
        raise ValueError(f"{passes} of {n} is no share")
    if n == 0:
        return 0.0, 1.0
    share = passes / n
    centre = share + z * z / (2 * n)
    half = z * math.sqrt(max(share * (1 - share), 0.0) / n + z * z / (4 * n * n))
    whole = 1 + z * z / n
    low = 0.0 if passes == 0 else (centre - half) / whole
    high = 1.0 if share >= 1 - NOTHING else (centre + half) / whole
    return low, high


def limit_failures(n: int, alpha: float = 0.05) -> float:
    """Upper limit of level 1-alpha on the share that fails, when none of `n` did: 1-alpha^(1/n).

    About 3/n, the rule of three (Hanley and Lippman-Hand 1983). Raises ValueError for n below 1.
    """
    check_share("alpha", alpha)
    if n < 1:
        raise ValueError(f"{n} scenarios set no limit")
    return 1 - math.exp(math.log(alpha) / n)


def estimate_pass_at_k(trials: int, passes: int, k: int) -> float:
    """Chance that at least one of k trials passes, without bias: 1 - C(n-c, k) / C(n, k).

    Chen et al. 2021. NaN where fewer than k trials were made. Raises ValueError for counts that
    make no sense.
    """
    _check_counts(trials, passes, k)
    return math.nan if trials < k else 1 - math.comb(trials - passes, k) / math.comb(trials, k)


def estimate_pass_hat_k(trials: int, passes: int, k: int) -> float:
    """Chance that all of k trials pass, without bias: C(c, k) / C(n, k).

    tau-bench (Yao et al. 2024). NaN and errors as `estimate_pass_at_k`; with k=1 the share that
    passed.
    """
    _check_counts(trials, passes, k)
    return math.nan if trials < k else math.comb(passes, k) / math.comb(trials, k)


def score_scenarios(
    scores: Scores, k: int, of: Callable[[int, int, int], float]
) -> dict[str, list[float]]:
    """Return one value a scenario, shaped as scores are: `estimate_pass_at_k` or its sibling.

    So `estimate_rate` gives the mean, its interval and how many scenarios have too few trials
    (missing), and `compare` the verdict. Raises ValueError for scores other than 0 and 1.
    """
    return {
        scenario: [of(*_count_passes(scenario, list_present(scores[scenario])), k)]
        for scenario in scores
    }


def _check_counts(trials: int, passes: int, k: int) -> None:
    if not (0 <= passes <= trials and k >= 1):
        raise ValueError(f"{passes} passes in {trials} trials, taken {k} at a time, make no sense")


def _count_passes(scenario: str, scores: list[float]) -> tuple[int, int]:
    if not set(scores) <= {0.0, 1.0}:
        raise ValueError(f"{scenario}: passes are counted among scores of 0 and 1 alone")
    return len(scores), int(sum(scores))
