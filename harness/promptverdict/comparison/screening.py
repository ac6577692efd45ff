"""What no grader asked for, on both sides of a comparison: a screen of the trials' measures."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence

from promptverdict.comparison.fingerprint import MEASURES, PRICE
from promptverdict.comparison.measured import Measured, MeasuredScenario
from promptverdict.comparison.pairing import PairedScenario
from promptverdict.comparison.samples import Sample
from promptverdict.core.ids import format_scenario_id
from promptverdict.stats.samples import Scores, is_missing
from promptverdict.stats.screen import Screened, screen

_NUMBERS = {name: number for number, name in enumerate(MEASURES)}
"""Measure -> its place among a trial's measures."""
_RATIOS = frozenset(name for name, measure in MEASURES.items() if measure.ratio)


class _SideMeasures(Mapping[str, Scores]):
    """One side's trials as measure -> scenario -> one value a trial.

    Each measure is taken from the trials when it is asked for: all of them at once would take more
    memory than what is held of a trial besides.
    """

    def __init__(self, trials: Mapping[str, tuple[Sample, ...]]) -> None:
        self._trials = trials

    def __getitem__(self, name: str) -> Scores:
        number = _NUMBERS[name]
        return {
            place: [trial.measures[number] for trial in trials]
            for place, trials in self._trials.items()
        }

    def __iter__(self) -> Iterator[str]:
        return iter(_NUMBERS)

    def __len__(self) -> int:
        return len(_NUMBERS)

    def is_known(self, name: str) -> bool:
        """Return whether any trial knows a measure."""
        number = _NUMBERS[name]
        return any(
            not is_missing(trial.measures[number])
            for trials in self._trials.values()
            for trial in trials
        )


def screen_measures(
    paired: Iterable[PairedScenario], families: Mapping[str, str]
) -> tuple[Measured, ...]:
    """Compare all measures over the scenarios that both sides ran; worth a look comes first.

    families: `suite/scenario` -> the family that it counts with. What no trial of either side knows
    is left out. So is the price where not all were reckoned with the prices of one day and
    currency: it would compare the prices.
    """
    both = [scenario for scenario in paired if scenario.baseline and scenario.candidate]
    sides = (
        _SideMeasures({_name_place(scenario): scenario.baseline for scenario in both}),
        _SideMeasures({_name_place(scenario): scenario.candidate for scenario in both}),
    )
    units = {name: measure.unit for name, measure in MEASURES.items()}
    money = {
        trial.money for scenario in both for trial in (*scenario.baseline, *scenario.candidate)
    } - {""}
    if len(money) == 1:
        units[PRICE] = money.pop().split()[0]
    else:
        del units[PRICE]
    measured = [
        Measured(
            name=name,
            says=MEASURES[name].says,
            unit=units[name],
            scenarios=tuple(_list_scenarios(screened, both)) if screened.worth_a_look else (),
            **{field: value for field, value in screened if field != "means"},
        )
        for name, screened in screen(*sides, families, ratios=_RATIOS).items()
        if name in units and any(side.is_known(name) for side in sides)
    ]
    return tuple(sorted(measured, key=_rank))


def _name_place(scenario: PairedScenario) -> str:
    return format_scenario_id(scenario.suite, scenario.scenario)


def _list_scenarios(screened: Screened, both: Sequence[PairedScenario]) -> list[MeasuredScenario]:
    scenarios = [
        MeasuredScenario(
            suite=scenario.suite,
            scenario=scenario.scenario,
            baseline=means[0],
            candidate=means[1],
        )
        for scenario in both
        if (means := screened.means.get(_name_place(scenario)))
    ]
    return sorted(scenarios, key=lambda mean: -abs(mean.candidate - mean.baseline))


def _rank(measured: Measured) -> tuple[bool, float]:
    """Sort what is worth a look by how sure it is; the rest stays in the order of the measures."""
    p = measured.p_adjusted or 0.0
    return (not measured.worth_a_look, p if measured.worth_a_look else 0.0)
