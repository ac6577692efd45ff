"""From outcomes to scores, and from what the statistics say of them to a verdict's fields."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from statistics import fmean
from types import MappingProxyType
from typing import Any

from promptverdict.comparison.behaviour_verdict import Rate, Repeats
from promptverdict.comparison.next_step import Tested, advise_next_step
from promptverdict.comparison.scenario_pair import ScenarioPair, SideName, TrialOutcome
from promptverdict.scenarios.gate import Gate
from promptverdict.stats.paired_test import FLOOR, PairedTest
from promptverdict.stats.rates import (
    estimate_pass_at_k,
    estimate_pass_hat_k,
    estimate_rate,
    score_scenarios,
)
from promptverdict.stats.samples import Scores, group_by_unit, list_present, pair_scores

_NO_FAMILIES: Mapping[str, str] = MappingProxyType({})
_SCORES: dict[TrialOutcome, float | None] = {"pass": 1.0, "fail": 0.0}


def score_side(pairs: Iterable[ScenarioPair], side: SideName) -> Scores:
    """Score one side's trials, scenario by scenario: pass 1, fail 0, anything else missing.

    Of several behaviours, each trial's grades stand one beside the other: the scenario's mean is
    taken over all of them, and each that is not there is one missing result.
    """
    scores: dict[str, list[float | None]] = {}
    for pair in pairs:
        # A side that never ran a scenario has no results, rather than missing ones.
        if outcomes := _list_outcomes(pair, side):
            scores.setdefault(pair.scenario, []).extend(map(_SCORES.get, outcomes))
    return scores


def describe_verdict(
    test: PairedTest,
    pairs: Sequence[ScenarioPair],
    gate: Gate | None,
    families: Mapping[str, str] = _NO_FAMILIES,
    rivals: int = 1,
) -> dict[str, Any]:
    """Return the fields of a verdict that the statistics decide; families: scenario -> family.

    rivals: tests that Holm adjusts together and that have no verdict yet, this one among them.
    """
    before, after = score_side(pairs, "baseline"), score_side(pairs, "candidate")
    trials = _find_usual_trials(pairs)
    advice = advise_next_step(Tested(test, before, after, families, trials, gate, rivals))
    too_few = test.n < FLOOR and test.verdict != "invalid"
    return {
        "kind": "too few scenarios" if too_few else "verdict",
        "verdict": None if too_few else test.verdict,
        "reason": test.reason,
        "estimate": drop_nan(test.estimate),
        "low": test.low,
        "high": test.high,
        "p": drop_nan(test.p),
        "p_holm": test.p_holm,
        "mde80": drop_nan(test.mde80),
        "fragile": test.fragile,
        "n": test.n,
        "unit": test.unit,
        "missing_baseline": test.missing_baseline.results,
        "missing_candidate": test.missing_candidate.results,
        "unasked_baseline": _count_unasked(before, after),
        "unasked_candidate": _count_unasked(after, before),
        "baseline_rate": describe_rate(pairs, "baseline", families),
        "candidate_rate": describe_rate(pairs, "candidate", families),
        "pairs": tuple(pairs),
        "next_step": advice.text,
        "next_trials": advice.trials,
    }


def describe_rate(
    pairs: Sequence[ScenarioPair],
    side: SideName,
    families: Mapping[str, str] = _NO_FAMILIES,
) -> Rate:
    """Return how often one side showed what the pairs are about, where both have a grade of it.

    families: scenario -> family, which is the unit then. So the two rates are apart by the change
    that stands beside them, and not by what one side alone was asked.
    """
    both = pair_scores(score_side(pairs, "baseline"), score_side(pairs, "candidate")).scenarios
    shared = [pair for pair in pairs if pair.scenario in both]
    graded = [outcome for pair in shared for outcome in _list_outcomes(pair, side)]
    every = [outcome for pair in pairs for outcome in _list_outcomes(pair, side)]
    rate = estimate_rate(_join_families(score_side(shared, side), families))
    return Rate(
        estimate=drop_nan(rate.estimate),
        low=rate.low,
        high=rate.high,
        passed=graded.count("pass"),
        graded=graded.count("pass") + graded.count("fail"),
        ungraded=every.count("ungraded"),
        missing=every.count("missing"),
        failing_at_most=rate.failing_at_most,
        repeats=_describe_repeats(shared, side),
    )


def drop_nan(value: float) -> float | None:
    """Return a number, and None for NaN, which JSON has no word for."""
    return None if math.isnan(value) else value


def _list_outcomes(pair: ScenarioPair, side: SideName) -> tuple[TrialOutcome, ...]:
    return pair.baseline if side == "baseline" else pair.candidate


def _join_families(scores: Scores, families: Mapping[str, str]) -> Scores:
    """Let a family stand for its scenarios, with their means for its trials."""
    if not families:
        return scores
    alone = {name: results for name, results in scores.items() if name not in families}
    means = {
        name: fmean(list_present(results)) for name, results in scores.items() if name in families
    }
    together = group_by_unit(means, families)
    # No scenario's name holds a blank.
    return alone | {f"family {place}": unit for place, unit in enumerate(together)}


def _describe_repeats(pairs: Sequence[ScenarioPair], side: SideName) -> Repeats | None:
    """Return what trials come to together, where each scenario has several of one behaviour."""
    if len({pair.behaviour for pair in pairs}) != 1:
        return None
    present = {name: list_present(results) for name, results in score_side(pairs, side).items()}
    tried = {name: results for name, results in present.items() if results}
    k = min(map(len, tried.values()), default=0)
    if k < 2:
        return None
    every, some = (
        estimate_rate(score_scenarios(tried, k, of)).estimate
        for of in (estimate_pass_hat_k, estimate_pass_at_k)
    )
    return Repeats(k=k, all=every, any=some)


def _find_usual_trials(pairs: Iterable[ScenarioPair]) -> int:
    """Return the usual number of trials of a scenario on one side."""
    counts = [len(side) for pair in pairs for side in (pair.baseline, pair.candidate) if side]
    return max(1, round(fmean(counts))) if counts else 1


def _count_unasked(side: Scores, other: Scores) -> int:
    """Count the results of scenarios that the other side alone was asked."""
    return sum(len(results) for name, results in other.items() if not side.get(name))
