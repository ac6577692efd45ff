"""How far a judge can be trusted: its verdicts against people's, and what follows for a rate.

A judge that is wrong now and then shifts every rate and shrinks every difference. Labels on a part
of the trials tell how often it is wrong, and what the figures come to without that.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import fmean, variance

from promptverdict.stats.rates import compute_wilson

LEAST_J = 0.3
"""A judge whose J may lie below this tells too little to be corrected, or to decide anything."""

LEAST_LABELLED = 30
"""Scenarios with labels in both arms that prediction-powered inference needs."""

Interval = tuple[float, float]


@dataclass(frozen=True)
class Confusion:
    """Verdicts of a judge against those of people, on the same trials."""

    true_pass: int
    false_pass: int
    """The judge passed what people failed."""
    true_fail: int
    false_fail: int
    """The judge failed what people passed."""

    @property
    def n(self) -> int:
        """All trials with both."""
        return self.passed + self.failed

    @property
    def passed(self) -> int:
        """What people passed."""
        return self.true_pass + self.false_fail

    @property
    def failed(self) -> int:
        """What people failed."""
        return self.true_fail + self.false_pass

    @property
    def agreement(self) -> float:
        """Share on which both say the same; NaN for no trials."""
        return _compute_share(self.true_pass + self.true_fail, self.n)

    @property
    def agreement_limits(self) -> Interval:
        """Wilson's interval of the agreement, 95 %."""
        return compute_wilson(self.true_pass + self.true_fail, self.n)

    @property
    def sensitivity(self) -> float:
        """Se: share of what people passed that the judge passed; NaN where they passed nothing."""
        return _compute_share(self.true_pass, self.passed)

    @property
    def specificity(self) -> float:
        """Sp: share of what people failed that the judge failed; NaN where they failed nothing."""
        return _compute_share(self.true_fail, self.failed)

    @property
    def false_pass_limits(self) -> Interval:
        """Clopper and Pearson's interval of the false-pass rate, 1 - Sp."""
        return compute_clopper_pearson(self.false_pass, self.failed)

    @property
    def false_fail_limits(self) -> Interval:
        """Clopper and Pearson's interval of the false-fail rate, 1 - Se."""
        return compute_clopper_pearson(self.false_fail, self.passed)

    @property
    def kappa(self) -> float:
        """Cohen's kappa; NaN where either says the same of everything that both saw alike."""
        chance = _compute_share(
            (self.true_pass + self.false_pass) * self.passed
            + (self.true_fail + self.false_fail) * self.failed,
            self.n**2,
        )
        return _correct_for_chance(self.agreement, chance)

    @property
    def ac1(self) -> float:
        """Gwet's AC1, which does not collapse as kappa does where nearly everything passes."""
        share = _compute_share(self.true_pass + self.false_pass + self.passed, 2 * self.n)
        return _correct_for_chance(self.agreement, 2 * share * (1 - share))

    @property
    def j(self) -> float:
        """Youden's J = Se + Sp - 1: 1 for a perfect judge, 0 for one that tosses a coin."""
        return self.sensitivity + self.specificity - 1

    @property
    def least_j(self) -> float:
        """Lower limit of J (97.5 %), out of those of Se and Sp; -1 where one is unknown.

        Zou and Donner's way (MOVER), over Clopper and Pearson's limits.
        """
        if not self.passed or not self.failed:
            return -1.0
        least_se = 1 - self.false_fail_limits[1]
        least_sp = 1 - self.false_pass_limits[1]
        return self.j - math.hypot(self.sensitivity - least_se, self.specificity - least_sp)

    @property
    def usable(self) -> bool:
        """Whether verdicts may rest on the judge."""
        return self.least_j >= LEAST_J


@dataclass(frozen=True)
class CorrectedEstimate:
    """A rate or a difference without what the judge gets wrong, with its 95 % interval."""

    estimate: float
    low: float
    high: float
    clipped: bool = False
    """The estimate lay outside what is possible, and was put at the end of it."""


def compute_clopper_pearson(passes: int, n: int, confidence: float = 0.95) -> Interval:
    """Return the exact interval of a share; (0, 1) where nothing was tried."""
    from scipy.stats import binomtest

    if n == 0:
        return 0.0, 1.0
    limits = binomtest(passes, n).proportion_ci(confidence, method="exact")
    return float(limits.low), float(limits.high)


def correct_by_rogan_gladen(observed: float, sensitivity: float, specificity: float) -> float:
    """Return the true rate behind an observed one (1978), not clipped.

    Raises ValueError for J <= 0.
    """
    j = sensitivity + specificity - 1
    if j <= 0:
        raise ValueError("a judge that is no better than chance cannot be corrected")
    return (observed + specificity - 1) / j


def correct_rate(rates: Sequence[float], judge: Confusion) -> CorrectedEstimate:
    """Correct an arm's rate, the mean of its scenarios' rates as judged.

    Raises ValueError for no scenarios, and for a judge that cannot be corrected.
    """
    if not rates:
        raise ValueError("there is no scenario")
    raw = correct_by_rogan_gladen(fmean(rates), judge.sensitivity, judge.specificity)
    rate = min(1.0, max(0.0, raw))
    v_se, v_sp = _estimate_variances(judge)
    observed = _estimate_mean_variance(rates)
    half = _find_t_quantile(len(rates)) * math.sqrt(
        (observed + rate**2 * v_se + (1 - rate) ** 2 * v_sp) / judge.j**2
    )
    return CorrectedEstimate(
        rate, max(0.0, rate - half), min(1.0, rate + half), clipped=rate != raw
    )


def correct_difference(differences: Sequence[float], judge: Confusion) -> CorrectedEstimate:
    """Correct the mean difference of two arms, given each scenario's, for equal errors in both.

    Raises ValueError for no scenarios, and for a judge that cannot be corrected.
    """
    if not differences:
        raise ValueError("there is no scenario")
    if not judge.j > 0:
        raise ValueError("a judge that is no better than chance cannot be corrected")
    raw = fmean(differences) / judge.j
    estimate = min(1.0, max(-1.0, raw))
    spread = _estimate_mean_variance(differences) + estimate**2 * sum(_estimate_variances(judge))
    half = _find_t_quantile(len(differences)) * math.sqrt(spread / judge.j**2)
    low, high = max(-1.0, estimate - half), min(1.0, estimate + half)
    return CorrectedEstimate(estimate, low, high, clipped=estimate != raw)


def correct_by_labels(
    judged: Sequence[float], labelled: Sequence[tuple[float, float]]
) -> CorrectedEstimate:
    """Correct the mean difference of two arms for whatever the judge gets wrong in either.

    judged: each scenario's difference as judged. labelled: for the scenarios with labels in both
    arms, the difference by the labels and the one by the judge on the same trials. Raises
    ValueError for fewer than LEAST_LABELLED of them.
    """
    if len(labelled) < LEAST_LABELLED:
        raise ValueError(f"{len(labelled)} labelled scenarios, {LEAST_LABELLED} are needed")
    errors = [truth - told for truth, told in labelled]
    raw = fmean(judged) + fmean(errors)
    estimate = min(1.0, max(-1.0, raw))
    half = _find_t_quantile(len(errors)) * math.sqrt(
        _estimate_mean_variance(judged) + _estimate_mean_variance(errors)
    )
    low, high = max(-1.0, estimate - half), min(1.0, estimate + half)
    return CorrectedEstimate(estimate, low, high, clipped=estimate != raw)


def _compute_share(count: float, n: float) -> float:
    return count / n if n else math.nan


def _correct_for_chance(agreement: float, chance: float) -> float:
    return math.nan if chance == 1 else (agreement - chance) / (1 - chance)


def _estimate_mean_variance(values: Sequence[float]) -> float:
    """Variance of the mean; infinite for a single value, which tells nothing of it."""
    return variance(values) / len(values) if len(values) > 1 else math.inf


def _estimate_variances(judge: Confusion) -> tuple[float, float]:
    """Variances of Se and Sp, never 0: one more right and one more wrong, as if both were seen."""
    return _estimate_smoothed_variance(judge.true_pass, judge.passed), _estimate_smoothed_variance(
        judge.true_fail, judge.failed
    )


def _estimate_smoothed_variance(count: int, n: int) -> float:
    share = (count + 1) / (n + 2)
    return share * (1 - share) / (n + 2)


def _find_t_quantile(n: int) -> float:
    from scipy.stats import t

    return float(t.ppf(0.975, n - 1)) if n > 1 else math.inf
