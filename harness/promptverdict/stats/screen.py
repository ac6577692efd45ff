"""Many descriptive measures at once: which of them differ enough to be worth a look.

A screen claims nothing that a gate could rest on. Measures have any unit; the scenario is the unit
of inference: trials are averaged inside it first, over those that know the measure.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from statistics import fmean

import numpy as np

from promptverdict.stats.compare import FLOOR
from promptverdict.stats.samples import (
    Array,
    Missing,
    Scores,
    by_unit,
    missing,
    pair,
    present,
    seed,
    unusable,
)
from promptverdict.stats.score import NOTHING, sign_flip_p
from promptverdict.stats.unbounded import FLOOR as RATIO_FLOOR
from promptverdict.stats.unbounded import Ratio, compare_unbounded

Q = 0.10
"""Of what is told to be worth a look, at most this share is expected to be chance."""
SAME = "the same on both sides"
"""The reason for there being no test where no scenario's mean differs."""


@dataclass(frozen=True)
class Screened:
    """One measure on both sides, in its own unit."""

    baseline: float
    """Mean over the units that know it on both sides, each the mean of its scenarios' means; NaN
    where none does."""
    candidate: float
    difference: float
    """Candidate minus baseline."""
    p: float | None
    """Two-sided mid-p of the sign-flip permutation test; None where there is nothing to test."""
    p_adjusted: float | None
    """`p` adjusted for the other measures, by Benjamini and Hochberg."""
    n: int
    """Paired scenarios, or families of such."""
    missing_baseline: Missing
    missing_candidate: Missing
    worth_a_look: bool
    reason: str
    """Why there is no test; else empty."""
    means: Mapping[str, tuple[float, float]]
    """Scenario -> its mean on both sides, by name."""
    ratio: Ratio | None = None
    """Candidate over baseline, where a ratio was asked for and has an interval."""


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

    ratios: measures that are also told as a ratio, by `compare_unbounded`, from 20 paired scenarios
    on, if all their values are above 0.
    """
    found = {
        name: _measured(baseline[name], candidate[name], families, ratio=name in ratios)
        for name in baseline.keys() & candidate.keys()
    }
    tested = [name for name in baseline if name in found and found[name].p is not None]
    raised = _adjusted([found[name].p or 0.0 for name in tested])
    adjusted = dict(zip(tested, raised, strict=True))
    return {
        name: replace(found[name], p_adjusted=adjusted[name], worth_a_look=adjusted[name] <= q)
        if name in adjusted
        else found[name]
        for name in baseline
        if name in found
    }


def _adjusted(p_values: list[float]) -> list[float]:
    from scipy.stats import false_discovery_control

    return [float(p) for p in false_discovery_control(p_values)] if p_values else []


def _measured(
    baseline: Scores, candidate: Scores, families: Mapping[str, str] | None, *, ratio: bool
) -> Screened:
    paired = pair(baseline, candidate, families)
    means: dict[str, tuple[float, float]] = {
        name: (fmean(present(baseline[name])), fmean(present(candidate[name])))
        for name in paired.scenarios
    }
    gaps = (missing(baseline), missing(candidate))
    before, after = (
        _mean({name: both[place] for name, both in means.items()}, families) for place in (0, 1)
    )
    scaled = _scaled(paired.differences)
    alike = all(math.isclose(*both, rel_tol=NOTHING) for both in means.values())
    reason = _untested(scaled, unusable(*gaps), alike=alike)
    return Screened(
        baseline=before,
        candidate=after,
        difference=after - before,
        p=None if reason else sign_flip_p(scaled, seed(paired.scenarios)),
        p_adjusted=None,
        n=scaled.size,
        missing_baseline=gaps[0],
        missing_candidate=gaps[1],
        worth_a_look=False,
        reason=reason,
        means=means,
        ratio=_ratio(baseline, candidate, families)
        if ratio and scaled.size >= RATIO_FLOOR
        else None,
    )


def _mean(means: Mapping[str, float], families: Mapping[str, str] | None) -> float:
    units = by_unit(means, families)
    return fmean(map(fmean, units)) if units else math.nan


def _scaled(differences: Array) -> Array:
    """Bring differences into -1..1: the test is the same, and its tolerances fit every unit."""
    largest = float(np.abs(differences).max(initial=0.0))
    return differences / largest if largest > 0 else differences


def _untested(differences: Array, unusable: str, *, alike: bool) -> str:
    """Say why there is no test; alike: no scenario differs, which takes no number of them."""
    if differences.size < FLOOR:
        few = f"fewer than {FLOOR} paired scenarios ({differences.size})"
        return SAME if alike and differences.size else few
    if unusable:
        return unusable
    if (np.abs(differences) > NOTHING).any():
        return ""
    return SAME if alike else "no family differs on average"


def _ratio(baseline: Scores, candidate: Scores, families: Mapping[str, str] | None) -> Ratio | None:
    values = [value for side in (baseline, candidate) for one in side.values() for value in one]
    if any(value is not None and value <= 0 for value in values):
        return None
    found = compare_unbounded(baseline, candidate, families)
    return None if found.verdict == "invalid" else found
