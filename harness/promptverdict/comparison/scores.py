"""From outcomes to scores, and from what the statistics say of them to a verdict's fields."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from statistics import fmean
from types import MappingProxyType
from typing import Any

from promptverdict.comparison.verdicts import Rate, Repeats, ScenarioPair, SideName, TrialOutcome
from promptverdict.stats.paired_test import FLOOR, PairedTest
from promptverdict.stats.planning import NextStep, plan_next_step
from promptverdict.stats.rates import (
    estimate_pass_at_k,
    estimate_pass_hat_k,
    estimate_rate,
    score_scenarios,
)
from promptverdict.stats.samples import Scores, group_by_unit, list_present
from promptverdict.stats.samples import pair_scores as paired
from promptverdict.stats.suites import Chances

CHANGE = 0.20
"""The change that a next step is planned for where no gate names a smaller or larger margin."""

_ALONE: Mapping[str, str] = MappingProxyType({})
_SCORES: dict[TrialOutcome, float | None] = {"pass": 1.0, "fail": 0.0}


def score_side(pairs: Iterable[ScenarioPair], side: SideName) -> Scores:
    """Score one side's trials, scenario by scenario: pass 1, fail 0, anything else missing.

    Of several behaviours, each trial's grades stand one beside the other: the scenario's mean is
    taken over all of them, and each that is not there is one missing result.
    """
    found: dict[str, list[float | None]] = {}
    for pair in pairs:
        # A side that never ran a scenario has no results, rather than missing ones.
        if outcomes := getattr(pair, side):
            found.setdefault(pair.scenario, []).extend(_SCORES.get(one) for one in outcomes)
    return found


def describe_rate(
    pairs: Sequence[ScenarioPair],
    side: SideName,
    families: Mapping[str, str] = _ALONE,
) -> Rate:
    """Tell how often one side showed what the pairs are about, where both sides have a grade of it.

    families: scenario -> family, which is the unit then. So the two rates are apart by the change
    that is told beside them, and not by what one side alone was asked.
    """
    both = paired(score_side(pairs, "baseline"), score_side(pairs, "candidate")).scenarios
    shared = [one for one in pairs if one.scenario in both]
    shown = [outcome for one in shared for outcome in getattr(one, side)]
    every = [outcome for one in pairs for outcome in getattr(one, side)]
    found = estimate_rate(_by_family(score_side(shared, side), families))
    return Rate(
        estimate=drop_nan(found.estimate),
        low=found.low,
        high=found.high,
        passed=shown.count("pass"),
        graded=shown.count("pass") + shown.count("fail"),
        ungraded=every.count("ungraded"),
        missing=every.count("missing"),
        failing_at_most=found.failing_at_most,
        repeats=_repeats(shared, side),
    )


def _by_family(found: Scores, families: Mapping[str, str]) -> Scores:
    """Let a family stand for its scenarios, with their means for its trials."""
    if not families:
        return found
    alone = {name: results for name, results in found.items() if name not in families}
    means = {
        name: fmean(list_present(results)) for name, results in found.items() if name in families
    }
    together = group_by_unit(means, families)
    # No scenario's name holds a blank.
    return alone | {f"family {place}": unit for place, unit in enumerate(together)}


def _repeats(pairs: Sequence[ScenarioPair], side: SideName) -> Repeats | None:
    """Tell what trials come to together, where each scenario has several of one behaviour."""
    if len({pair.behaviour for pair in pairs}) != 1:
        return None
    tried = {
        name: kept for name, one in score_side(pairs, side).items() if (kept := list_present(one))
    }
    k = min(map(len, tried.values()), default=0)
    if k < 2:
        return None
    chances = [
        estimate_rate(score_scenarios(tried, k, of)).estimate
        for of in (estimate_pass_hat_k, estimate_pass_at_k)
    ]
    return Repeats(k=k, all=chances[0], any=chances[1])


def describe_verdict(
    found: PairedTest,
    pairs: Sequence[ScenarioPair],
    margin: float | None,
    families: Mapping[str, str] = _ALONE,
) -> dict[str, Any]:
    """Give the fields of a verdict that the statistics decide; families: scenario -> family."""
    before, after = score_side(pairs, "baseline"), score_side(pairs, "candidate")
    too_few = found.n < FLOOR and found.verdict != "invalid"
    return {
        "kind": "too few scenarios" if too_few else "verdict",
        "verdict": None if too_few else found.verdict,
        "reason": found.reason,
        "estimate": drop_nan(found.estimate),
        "low": found.low,
        "high": found.high,
        "p": drop_nan(found.p),
        "p_holm": found.p_holm,
        "mde80": drop_nan(found.mde80),
        "fragile": found.fragile,
        "n": found.n,
        "unit": found.unit,
        "missing_baseline": found.missing_baseline.results,
        "missing_candidate": found.missing_candidate.results,
        "unasked_baseline": _unasked(before, after),
        "unasked_candidate": _unasked(after, before),
        "baseline_rate": describe_rate(pairs, "baseline", families),
        "candidate_rate": describe_rate(pairs, "candidate", families),
        "pairs": tuple(pairs),
        "next_step": describe_next_step(found, pairs, margin),
    }


def _unasked(side: Scores, other: Scores) -> int:
    """Count the results of scenarios that the other side alone was asked."""
    return sum(len(results) for name, results in other.items() if not side.get(name))


def drop_nan(value: float) -> float | None:
    """Give a number, and None for one that is not known."""
    return None if math.isnan(value) else value


def describe_next_step(
    found: PairedTest, pairs: Sequence[ScenarioPair], margin: float | None
) -> str:
    """Say what would tell more at the least cost; nothing where a verdict stands."""
    if found.verdict in ("improved", "regressed"):
        return ""
    if found.verdict == "invalid":
        return "get the results that are missing: record them, run their probes or ask their judge"
    if found.look and not found.look.last:
        return f"run the scenarios of look {found.look.number + 1} of {found.look.of} too"
    before, after = score_side(pairs, "baseline"), score_side(pairs, "candidate")
    least = FLOOR - found.n
    first = f"any verdict takes {least} more paired scenarios; " if least > 0 else ""
    chances = _rounded(Chances.of(before, after))
    size = margin or CHANGE
    change = size if chances.base + size < 1 else -size
    if not 0 < chances.base + change < 1:
        return first.removesuffix("; ")
    # A theme is planned as one behaviour: that asks for too much rather than for too little.
    step = _planned(chances, round(change, 4), found.n, _trials(pairs))
    return f"{first}{_worded(step)}"


def _worded(step: NextStep) -> str:
    if step.more_scenarios == 0:
        size = f"{abs(100 * step.change):g} points"
        return f"so many scenarios and trials find a change of {size} four times in five"
    return str(step)


def _trials(pairs: Sequence[ScenarioPair]) -> int:
    """Give the usual number of trials of a scenario on one side."""
    counts = [len(side) for pair in pairs for side in (pair.baseline, pair.candidate) if side]
    return max(1, round(fmean(counts)))


def _rounded(chances: Chances) -> Chances:
    """Round to what a plan can be right about, so that alike behaviours share one simulation."""
    return replace(
        chances,
        base=min(max(round(chances.base / 0.05) * 0.05, 0.05), 0.95),
        icc=round(chances.icc, 1) or 0.05,
        correlation=round(chances.correlation, 1) if chances.correlation != 0.85 else 0.85,
    )


_planned = lru_cache(maxsize=256)(plan_next_step)
