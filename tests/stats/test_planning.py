"""A plan finds the change it was made for, as often as it says."""

from __future__ import annotations

import pytest
from promptverdict.stats.planning import (
    NextStep,
    count_scenarios_needed,
    count_trials_needed,
    estimate_scenarios_needed,
    plan_next_step,
    simulate_power,
)
from promptverdict.stats.suites import Chances

from tests.cases import try_cases
from tests.stats.made import published

MIDDLE, HIGH = Chances(0.70), Chances(0.92)


@try_cases(
    ("chances", "change", "scenarios", "trials", "expected"),
    [
        (MIDDLE, 0.10, 20, 3, 0.263),
        (MIDDLE, 0.20, 20, 3, 0.800),
        (MIDDLE, 0.10, 50, 5, 0.724),
        (HIGH, -0.20, 10, 5, 0.494),
        (HIGH, -0.10, 100, 1, 0.716),
        (MIDDLE, 0.174, 20, 5, 0.80),
        (HIGH, -0.087, 50, 5, 0.80),
    ],
)
def test_power_is_that_of_the_study(
    chances: Chances, change: float, scenarios: int, trials: int, expected: float
) -> None:
    assert simulate_power(chances, change, scenarios, trials) == pytest.approx(expected, abs=0.04)


def test_power_is_the_same_at_each_call() -> None:
    assert simulate_power(MIDDLE, 0.1, 20, 3) == simulate_power(MIDDLE, 0.1, 20, 3)


def test_a_verdict_with_the_wrong_sign_has_found_nothing() -> None:
    assert 0.01 < simulate_power(MIDDLE, 0.0005, 50, 5) < 0.04


def test_below_the_floor_nothing_is_found() -> None:
    assert simulate_power(MIDDLE, 0.29, 5, 20) == 0.0


@try_cases(("change", "scenarios", "trials"), [(0.3, 9, 3), (-0.7, 9, 3), (0.1, 0, 3), (0.1, 9, 0)])
def test_a_design_that_cannot_be_is_refused(change: float, scenarios: int, trials: int) -> None:
    with pytest.raises(ValueError, match=r"base|design"):
        simulate_power(MIDDLE, change, scenarios, trials)


def test_the_scenarios_needed_are_just_enough() -> None:
    needed = count_scenarios_needed(MIDDLE, 0.15, 3)
    assert needed is not None
    assert simulate_power(MIDDLE, 0.15, needed, 3) >= 0.80
    assert simulate_power(MIDDLE, 0.15, needed - 2, 3) < 0.82
    assert 30 < needed < 50


def test_the_trials_needed_are_just_enough() -> None:
    needed = count_trials_needed(MIDDLE, 0.15, 30)
    assert needed is not None
    assert (
        simulate_power(MIDDLE, 0.15, 30, needed)
        >= 0.80
        > simulate_power(MIDDLE, 0.15, 30, needed - 1)
    )


def test_no_number_of_trials_makes_up_for_few_scenarios() -> None:
    assert count_trials_needed(MIDDLE, 0.05, 12) is None
    assert count_trials_needed(MIDDLE, 0.25, 5) is None


def test_a_change_too_small_for_any_suite_is_told() -> None:
    assert count_scenarios_needed(MIDDLE, 0.005, 1) is None


@try_cases("wanted", [0.0, 1.0])
def test_a_power_that_is_no_chance_is_refused(wanted: float) -> None:
    with pytest.raises(ValueError, match="wanted power"):
        count_scenarios_needed(MIDDLE, 0.1, 3, wanted)


def test_the_closed_form_is_millers() -> None:
    figure = published()["miller_n_969"]
    found = estimate_scenarios_needed(0.03, 1 / 9, 0, 1)
    assert found == pytest.approx(figure.expected, abs=1)
    assert estimate_scenarios_needed(0.210, 0.030, 0.253, 3) == pytest.approx(20, abs=0.6)


def test_the_closed_form_is_a_lower_bound_at_high_rates() -> None:
    simulated = count_scenarios_needed(HIGH, -0.10, 3)
    assert simulated is not None
    assert estimate_scenarios_needed(0.10, 0.014, 0.088, 3) < 0.8 * simulated


def test_the_next_step_offers_scenarios_and_trials_with_what_they_take() -> None:
    step = plan_next_step(MIDDLE, 0.15, 30, 3)
    assert step.power < 0.80
    assert step.more_scenarios is not None
    assert step.trials is not None
    assert step.scenario_calls == 6 * step.more_scenarios
    assert step.trial_calls == 60 * (step.trials - 3)
    assert step.textbook == pytest.approx(30 + step.more_scenarios, rel=0.15)
    told = str(step)
    assert told.startswith("to find a change of +15 points four times in five: ")
    assert f"{step.more_scenarios} more scenarios" in told
    assert f"{step.trials} trials of each instead" in told


def test_where_the_design_is_enough_nothing_more_is_asked() -> None:
    step = plan_next_step(MIDDLE, 0.25, 60, 5)
    assert (step.more_scenarios, step.trials, step.trial_calls) == (0, 5, 0)


def step(scenario_calls: int | None, trial_calls: int | None) -> NextStep:
    return NextStep(
        change=-0.1,
        power=0.3,
        more_scenarios=None if scenario_calls is None else 7,
        scenario_calls=scenario_calls,
        trials=None if trial_calls is None else 9,
        trial_calls=trial_calls,
        textbook=20.0,
    )


@try_cases(
    ("scenario_calls", "trial_calls", "cheapest", "first"),
    [
        (40, 60, "scenarios", "7 more scenarios (40 trials), or 9 trials"),
        (60, 40, "trials", "9 trials of each instead (40 trials more), or 7"),
        (40, 40, "trials", "9 trials of each instead"),
        (None, 60, "trials", ": 9 trials"),
        (60, None, "scenarios", ": 7 more"),
        (None, None, "none", "no number of scenarios or trials in reach is enough"),
    ],
)
def test_the_cheapest_way_comes_first(
    scenario_calls: int | None, trial_calls: int | None, cheapest: str, first: str
) -> None:
    found = step(scenario_calls, trial_calls)
    assert found.cheapest == cheapest
    assert first in str(found)
