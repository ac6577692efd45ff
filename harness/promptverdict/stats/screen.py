"""Many descriptive measures at once: which of them differ enough to be worth a look.

A screen claims nothing that a gate could rest on. Measures have any unit; the scenario is the unit
of inference: trials are averaged inside it first, over those that know the measure.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from statistics import fmean

import numpy as np
from pydantic import Field

from promptverdict.core.model import Frozen
from promptverdict.stats.paired_test import FLOOR
from promptverdict.stats.samples import (
    Array,
    Scores,
    count_missing,
    explain_unusable,
    group_by_unit,
    list_present,
    pair_scores,
)
from promptverdict.stats.score import NOTHING
from promptverdict.stats.sign_flips import compute_sign_flip_p
from promptverdict.stats.unbounded import FLOOR as RATIO_FLOOR
from promptverdict.stats.unbounded import compare_unbounded

Q = 0.10
"""Of what is called worth a look, at most this share is expected to be chance."""
SAME = "the same on both sides"
"""The reason for there being no test where no scenario's mean differs."""


class Ratio(Frozen):
    """How many times the baseline's quantity the candidate's is, with a 95 % interval."""

    ratio: float
    """Geometric mean over the scenarios, those of a family averaged first."""
    low: float
    high: float


class Screened(Frozen):
    """One measure on both sides, in its own unit."""

    baseline: float | None
    """Mean over the units that know it on both sides, each the mean of its scenarios' means; None
    where no unit does."""
    candidate: float | None
    difference: float | None
    """Candidate minus baseline."""
    p: float | None
    """Two-sided mid-p of the sign-flip permutation test; None where there is nothing to test."""
    p_adjusted: float | None
    """`p` adjusted for the other measures (Benjamini and Hochberg)."""
    n: int
    """Paired scenarios that know it, or families of such."""
    missing_baseline: int
    """Trials that do not know it."""
    missing_candidate: int
    worth_a_look: bool
    reason: str = ""
    """Why there is no test; else empty."""
    ratio: Ratio | None = None
    """Candidate over baseline, where a ratio was asked for and has an interval."""
    means: Mapping[str, tuple[float, float]] = Field(default_factory=dict, exclude=True)
    """Scenario -> its mean on both sides, by name."""


def screen(
    baseline: Mapping[str, Scores],
    candidate: Mapping[str, Scores],
    families: Mapping[str, str] | None = None,
    *,
    ratios: Collection[str] = (),
    q: float = Q,
) -> dict[str, Screened]:
    """Screen measures: name -> scenario -> one value a trial, None where it is not known.

    families: scenario -> family of related ones, which is the unit then, as in `compare`. Each is
    tested by flipping the signs of the units' differences (Fisher 1935; mid-p: Lancaster 1961), and
    all tests are adjusted together so that the share of false alarms among the
    alarms is at most `q` on average (Benjamini and Hochberg 1995; for measures that rise together:
    Benjamini and Yekutieli 2001). No test: below 6 paired scenarios; where too much is missing to
    conclude anything, as for scores; and where no scenario's mean differs. The last depends on the
    sizes of the differences alone, which sign flips leave as they are, so it favours no alarm.

    ratios: measures that are also given as a ratio, by `compare_unbounded`, from 20 paired
    scenarios on, if all their values are above 0.
    """
    measures = {
        name: _screen_measure(baseline[name], candidate[name], families, ratio=name in ratios)
        for name in baseline
        if name in candidate
    }
    tested = {name: measure.p for name, measure in measures.items() if measure.p is not None}
    for name, p in zip(tested, _compute_adjusted(list(tested.values())), strict=True):
        update = {"p_adjusted": p, "worth_a_look": p <= q}
        measures[name] = measures[name].model_copy(update=update)
    return measures


def _compute_adjusted(p_values: list[float]) -> list[float]:
    """Adjust p-values for each other, by Benjamini and Hochberg."""
    from scipy.stats import false_discovery_control

    return [float(p) for p in false_discovery_control(p_values)] if p_values else []


def _screen_measure(
    baseline: Scores, candidate: Scores, families: Mapping[str, str] | None, *, ratio: bool
) -> Screened:
    paired = pair_scores(baseline, candidate, families)
    means = {
        name: (fmean(list_present(baseline[name])), fmean(list_present(candidate[name])))
        for name in paired.scenarios
    }
    gaps = (count_missing(baseline), count_missing(candidate))
    before = _compute_average({name: both[0] for name, both in means.items()}, families)
    after = _compute_average({name: both[1] for name, both in means.items()}, families)
    scaled = _scale(paired.differences)
    alike = all(math.isclose(*both, rel_tol=NOTHING) for both in means.values())
    reason = _explain_no_test(scaled, explain_unusable(*gaps), alike=alike)
    return Screened(
        baseline=before,
        candidate=after,
        difference=None if before is None or after is None else after - before,
        p=None if reason else compute_sign_flip_p(scaled),
        p_adjusted=None,
        n=scaled.size,
        missing_baseline=gaps[0].results,
        missing_candidate=gaps[1].results,
        worth_a_look=False,
        reason=reason,
        means=means,
        ratio=_estimate_ratio(baseline, candidate, families)
        if ratio and scaled.size >= RATIO_FLOOR
        else None,
    )


def _compute_average(
    means: Mapping[str, float], families: Mapping[str, str] | None
) -> float | None:
    units = group_by_unit(means, families)
    return fmean(map(fmean, units)) if units else None


def _scale(differences: Array) -> Array:
    """Bring differences into -1..1: the test is the same, and its tolerances fit every unit."""
    largest = float(np.abs(differences).max(initial=0.0))
    return differences / largest if largest > 0 else differences


def _explain_no_test(differences: Array, unusable: str, *, alike: bool) -> str:
    """Return why there is no test, or nothing; alike: no scenario differs."""
    if differences.size < FLOOR:
        few = f"fewer than {FLOOR} paired scenarios ({differences.size})"
        return SAME if alike and differences.size else few
    if unusable:
        return unusable
    if (np.abs(differences) > NOTHING).any():
        return ""
    return SAME if alike else "no family differs on average"


def _estimate_ratio(
    baseline: Scores, candidate: Scores, families: Mapping[str, str] | None
) -> Ratio | None:
    sides = (baseline, candidate)
    values = [value for side in sides for results in side.values() for value in results]
    if any(value is not None and value <= 0 for value in values):
        return None
    test = compare_unbounded(baseline, candidate, families)
    if test.verdict == "invalid":
        return None
    return Ratio(ratio=test.ratio, low=test.low, high=test.high)
