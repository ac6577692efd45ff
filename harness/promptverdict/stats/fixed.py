"""Exactly these scenarios: baseline against candidate where a suite is a contract, not a sample.

Nothing is claimed about other scenarios, so that only the trials are drawn by chance. Newcombe's
score interval of a difference of independent shares on passes pooled over all trials, made wider
where an exact count shows that it would err too often (`promptverdict.stats.newcombe`). Where all
trials have the same chance of passing in both variants, improved or regressed is said in at most 5
% of cases, whatever the chance: 4.97 % at worst over 1 to 30 trials of each, where the interval as
it is published comes to 12.5 %. With 1 or 2 trials of each nothing is ever said.

A family of related scenarios counts as one, and the trials of the same number of its members as one
trial: where a family's scenarios share an outcome, to count each would err in up to 31 % of cases.

For one scenario, or equally hard ones, that is all; there is nothing to spare. Scenarios that
differ in how hard they are make a pooled count vary less than a binomial one (Hoeffding, Annals of
Mathematical Statistics 27:713, 1956), and so does a score between 0 and 1: for such suites alone
the interval is conservative, and covers 98.6 to 99.7 %. It is no way to buy precision: with 20
scenarios it is 6 to 9 % wider than that of `promptverdict.stats.compare` at one trial each, and 7
to 19 % narrower at five (tests/benchmarks/looks.py).
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean
from typing import Literal

from promptverdict.stats.looks import Look
from promptverdict.stats.newcombe import (
    can_show_a_change,
    compute_change_p,
    compute_interval,
    find_holding_quantile,
)
from promptverdict.stats.samples import (
    MissingResults,
    Scores,
    check_scores,
    check_share,
    count_absent,
    count_missing,
    explain_unusable,
    is_missing,
    list_present,
)
from promptverdict.stats.score import compute_quantile
from promptverdict.stats.terms import Unit, Verdict

Trials = Mapping[str, Sequence[Sequence[float | None]]]
"""One variant's grades: scenario -> trial -> the grades of that trial, each in 0..1; None or NaN is
missing. Grades of one trial depend on each other, so that a trial counts once, as their mean."""

Counts = tuple[int, int]
"""Passes and trials."""

_ROUNDING = 1e-9
"""So much of a pass is no fraction of one."""


@dataclass(frozen=True)
class FixedTest:
    """What two variants' trials say of exactly these scenarios. Shares and changes in -1..1."""

    verdict: Verdict
    """invalid: the data cannot be used; the other figures are given all the same."""
    reason: str
    """Why inconclusive or invalid; else empty."""
    estimate: float
    """Mean difference over scenarios with grades in both, candidate minus baseline; NaN: none.
    Where `paired` is below n it can lie outside the interval, which is about all n."""
    low: float
    """Lower end of the interval of level 1-alpha, every missing result against the candidate."""
    high: float
    """Upper end of it, every missing result in the candidate's favour."""
    p: float
    """Two-sided exact p of no change, whatever the missing results were: below alpha exactly where
    the interval leaves out 0."""
    p_holm: float | None
    """`p` adjusted for the other behaviours of the suite; None where that was not done."""
    surely_above: float
    """One-sided bound of level 1-alpha, every missing result against the candidate."""
    surely_below: float
    """One-sided bound from above of level 1-alpha, every missing result in its favour."""
    n: int
    """Scenarios, or families of such, that either variant ran."""
    unit: Unit
    paired: int
    """Those of them with a grade in both."""
    trials: tuple[int, int]
    """Trials that count, of the baseline and of the candidate."""
    missing_baseline: MissingResults
    missing_candidate: MissingResults
    alpha: float
    look: Look | None
    """Which of the planned looks it is; None: the one analysis at the end."""
    method: Literal["newcombe"] = "newcombe"
    estimand: Literal["suite"] = "suite"
    """What it is about: exactly these scenarios."""

    @property
    def is_decidable(self) -> bool:
        """Whether it could have a verdict, whatever its trials had shown."""
        return self.verdict != "invalid" and can_show_a_change(self.trials, self.alpha)


def compare_fixed(
    baseline: Trials,
    candidate: Trials,
    families: Mapping[str, str] | None = None,
    *,
    alpha: float = 0.05,
    look: Look | None = None,
) -> FixedTest:
    """Compare two variants on exactly these scenarios; `families`: scenario -> its family.

    A share is a mean over scenarios that weigh the same, and n scenarios of k trials count as n k
    trials. Where scenarios were tried unequally often, k is the fewest trials of any, since that
    alone is conservative whatever the scenarios are like.

    No floor applies: neither the six scenarios below which there is no verdict about others like
    them, nor the number that a margin takes there. Both guard against those that were not drawn,
    and these are all there are. What is left to be unsure of is in the interval's width. A fraction
    of a pass counts as the missing results do: against the candidate at the lower end, in its
    favour at the upper one.

    In this order: invalid by the two rules of `samples.explain_unusable`, or where no scenario has
    grades on both sides; then improved or regressed where the interval leaves out 0, with every
    missing result against the candidate at its lower end and in its favour at the upper one. A
    scenario that one side alone ran is missing in as many trials of the other. At a planned look
    but the last it is inconclusive, as not all of these scenarios are in; at the last it is one
    analysis.

    Raises ValueError for a grade outside 0..1 or an alpha outside it.
    """
    check_share("alpha", alpha)
    before, after = _list_grades(baseline), _list_grades(candidate)
    # What is missing is counted by scenario, before families are joined.
    gaps = (count_missing(before), count_missing(after))
    lost = gaps[0].results + gaps[1].results + count_absent(before, after)
    baseline, candidate = (
        _join(own, other, families or {})
        for own, other in ((baseline, candidate), (candidate, baseline))
    )
    before, after = _list_grades(baseline), _list_grades(candidate)
    both = [
        name for name in before if list_present(before[name]) and list_present(after.get(name, ()))
    ]
    worst, best = (
        (_pool(baseline, candidate, 1 - value), _pool(candidate, baseline, value))
        for value in (0, 1)
    )
    trials = worst[0][1], worst[1][1]
    z, usual, one_sided = (
        find_holding_quantile(trials, alpha),
        compute_quantile(1 - alpha / 2),
        compute_quantile(1 - alpha),
    )
    low, high = compute_interval(*worst, z)[0], compute_interval(*best, z)[1]
    p = (
        max(compute_change_p(*worst), compute_change_p(*best))
        if _compare_shares(*worst) * _compare_shares(*best) > 0
        else 1.0
    )
    verdict: Verdict = "inconclusive"
    if low > 0 or high < 0:
        verdict, reason = ("improved" if low > 0 else "regressed"), ""
    elif compute_interval(*worst, usual)[0] > 0 or compute_interval(*best, usual)[1] < 0:
        reason = f"too few trials ({trials[0]} and {trials[1]}): exact p={p:.3g}"
    else:
        reason = "the interval contains 0" + (lost > 0) * ", as the missing results may be"
    if look and not look.last:
        verdict, reason = "inconclusive", f"{look}: not all of these scenarios are in"
    broken = explain_unusable(*gaps) if both else "no scenario has a grade in both variants"
    return FixedTest(
        verdict="invalid" if broken else verdict,
        reason=broken or reason,
        estimate=_estimate(baseline, candidate, both),
        low=low,
        high=high,
        p=p,
        p_holm=None,
        surely_above=compute_interval(*worst, one_sided)[0],
        surely_below=compute_interval(*best, one_sided)[1],
        n=len(before.keys() | after.keys()),
        unit="family" if families else "scenario",
        paired=len(both),
        trials=trials,
        missing_baseline=gaps[0],
        missing_candidate=gaps[1],
        alpha=alpha,
        look=look,
    )


def _join(own: Trials, other: Trials, families: Mapping[str, str]) -> Trials:
    """Put the trials of a family's scenarios together, by their number; any other stays alone.

    What the other side alone ran of a family is missing here.
    """
    absent = {
        name: [[None]] * len(other[name]) for name in families if name in other.keys() - own.keys()
    }
    units: dict[tuple[bool, str], list[list[float | None]]] = {}
    for name, trials in {**own, **absent}.items():
        family = families.get(name)
        unit = units.setdefault((False, name) if family is None else (True, family), [])
        unit.extend([] for _ in range(len(trials) - len(unit)))
        for joined, grades in zip(unit, trials, strict=False):
            joined.extend(grades)
    # No scenario's name holds a blank.
    return {
        f"family {name}" if is_family else name: unit for (is_family, name), unit in units.items()
    }


def _list_grades(trials: Trials) -> Scores:
    """List every grade by scenario. Raises ValueError for one outside 0..1."""
    scores = {name: [grade for trial in trials[name] for grade in trial] for name in trials}
    check_scores(scores)
    return scores


def _pool(own: Trials, other: Trials, value: int) -> Counts:
    """Count one side's passes and trials, with 0 or 1 in the place of all that is missing.

    A fraction of a pass is rounded to the same side.
    """
    filled = {
        name: [
            fmean(value if grade is None or is_missing(grade) else grade for grade in trial)
            for trial in own.get(name) or [[None]] * max(1, len(other.get(name, ())))
        ]
        for name in sorted(own.keys() | other.keys())
    }
    if not filled:
        return 0, 0
    trials = len(filled) * min(map(len, filled.values()))
    passes = trials * fmean(map(fmean, filled.values()))
    return (math.ceil(passes - _ROUNDING) if value else math.floor(passes + _ROUNDING)), trials


def _estimate(baseline: Trials, candidate: Trials, both: Sequence[str]) -> float:
    def compute_share(side: Trials) -> float:
        return fmean(
            fmean(fmean(kept) for trial in side[name] if (kept := list_present(trial)))
            for name in both
        )

    return compute_share(candidate) - compute_share(baseline) if both else math.nan


def _compare_shares(baseline: Counts, candidate: Counts) -> int:
    """Return the sign of the change, times a positive number."""
    return candidate[0] * baseline[1] - baseline[0] * candidate[1]
