"""What no grader asked for, on both sides of a comparison: a screen of the trials' measures."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from promptverdict.comparison.fingerprint import MEASURES, PRICE
from promptverdict.comparison.measured import Measured, MeasuredScenario, Ratio
from promptverdict.comparison.pairing import PairedScenario
from promptverdict.comparison.samples import Sample
from promptverdict.comparison.scores import known
from promptverdict.core.ids import format_scenario_id
from promptverdict.stats.samples import Scores
from promptverdict.stats.screen import Screened, screen

_RATIOS = frozenset(name for name, measure in MEASURES.items() if measure.ratio)


def screened(paired: Iterable[PairedScenario], families: Mapping[str, str]) -> tuple[Measured, ...]:
    """Compare all measures over the scenarios that both sides ran; worth a look comes first.

    families: `suite/scenario` -> the family that it counts with. What no trial of either side knows
    is left out. So is the price where not all were reckoned with the prices of one day and
    currency: it would compare the prices.
    """
    both = [one for one in paired if one.baseline and one.candidate]
    found = screen(
        _values((one, one.baseline) for one in both),
        _values((one, one.candidate) for one in both),
        families,
        ratios=_RATIOS,
    )
    money = {trial.money for one in both for trial in (*one.baseline, *one.candidate)} - {""}
    told = []
    for name, one in found.items():
        if one.missing_baseline.share < 1 or one.missing_candidate.share < 1:
            if name != PRICE:
                told.append(_measured(name, MEASURES[name].unit, one, both))
            elif len(money) == 1:
                told.append(_measured(name, money.pop().split()[0], one, both))
    return tuple(sorted(told, key=_first))


def _values(
    side: Iterable[tuple[PairedScenario, tuple[Sample, ...]]],
) -> Mapping[str, Scores]:
    """Turn one side's trials into measure -> scenario -> one value a trial."""
    columns = {
        _place(scenario): list(zip(*(one.measures for one in trials), strict=True))
        for scenario, trials in side
    }
    return {
        name: {place: values[number] for place, values in columns.items()}
        for number, name in enumerate(MEASURES)
    }


def _place(scenario: PairedScenario) -> str:
    return format_scenario_id(scenario.suite, scenario.scenario)


def _measured(name: str, unit: str, found: Screened, both: Iterable[PairedScenario]) -> Measured:
    return Measured(
        name=name,
        says=MEASURES[name].says,
        unit=unit,
        baseline=known(found.baseline),
        candidate=known(found.candidate),
        difference=known(found.difference),
        p=found.p,
        p_adjusted=found.p_adjusted,
        n=found.n,
        missing_baseline=found.missing_baseline.results,
        missing_candidate=found.missing_candidate.results,
        worth_a_look=found.worth_a_look,
        reason=found.reason,
        ratio=Ratio(ratio=found.ratio.ratio, low=found.ratio.low, high=found.ratio.high)
        if found.ratio
        else None,
        scenarios=tuple(_scenarios(found, both)) if found.worth_a_look else (),
    )


def _scenarios(found: Screened, both: Iterable[PairedScenario]) -> list[MeasuredScenario]:
    each = [
        MeasuredScenario(
            suite=one.suite, scenario=one.scenario, baseline=means[0], candidate=means[1]
        )
        for one in both
        if (means := found.means.get(_place(one)))
    ]
    return sorted(each, key=lambda one: -abs(one.candidate - one.baseline))


def _first(one: Measured) -> tuple[bool, float]:
    """Sort what is worth a look by how sure it is; the rest stays in the order of the measures."""
    return (not one.worth_a_look, (one.p_adjusted or 0.0) if one.worth_a_look else 0.0)
