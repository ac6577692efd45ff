"""How many scenarios and trials show a change of a wanted size, by simulation.

Each simulated suite is judged by the score procedure itself, floor included.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from promptverdict.stats.paired_test import FLOOR
from promptverdict.stats.rule import Rule
from promptverdict.stats.samples import check_share
from promptverdict.stats.score import compute_quantile
from promptverdict.stats.suites import Chances, sample_differences

RUNS = 2_000
"""Simulated suites behind a power: right to about one point."""

SEED = 20261120
"""Of every simulation; the same draws serve every size, so that sizes compare smoothly."""

MOST_SCENARIOS = 500
"""No plan asks for more."""

MOST_TRIALS = 20
"""No plan asks for more of one scenario: beyond about 8 they buy little."""


def simulate_power(
    chances: Chances, change: float, scenarios: int, trials: int, alpha: float = 0.05
) -> float:
    """Simulate the share of comparisons, 0..1, that find a change, with the right sign.

    `change` is candidate minus baseline, a share (-0.1 is a drop of 10 points); `trials` are those
    of one scenario and variant. Raises ValueError where base + change leaves 0..1, and for counts
    below 1.
    """
    _check(chances, change, scenarios, trials)
    if scenarios < FLOOR:
        return 0.0
    random = np.random.default_rng(SEED)
    before, after = chances.draw(random, change, (RUNS, scenarios))
    differences = sample_differences(random, before, after, trials)
    changes = Rule(alpha, fewest=trials, most=trials).find_changes(differences)
    return float((changes == math.copysign(1, change)).mean())


def count_scenarios_needed(
    chances: Chances, change: float, trials: int, wanted: float = 0.80
) -> int | None:
    """Count the fewest scenarios that find a change with the wanted power; None: above 500.

    Units and errors as `simulate_power`.
    """
    check_share("wanted power", wanted)
    return find_fewest(
        lambda count: simulate_power(chances, change, count, trials) >= wanted,
        FLOOR,
        MOST_SCENARIOS,
    )


def count_trials_needed(
    chances: Chances, change: float, scenarios: int, wanted: float = 0.80
) -> int | None:
    """Count the fewest trials of each scenario and variant for it; None: above 20, or never.

    Units and errors as `simulate_power`.
    """
    check_share("wanted power", wanted)
    return find_fewest(
        lambda count: simulate_power(chances, change, scenarios, count) >= wanted, 1, MOST_TRIALS
    )


def estimate_scenarios_needed(
    change: float,
    spread: float,
    noise: float,
    trials: int,
    wanted: float = 0.80,
    alpha: float = 0.05,
) -> float:
    """Return the textbook's number of scenarios (Miller 2024, equation 9).

    `spread` is the variance of the scenarios' true changes, `noise` the mean variance within a
    scenario, summed over both variants, in squared shares. Right at middling rates; at high ones
    far too few, since a regression raises the variance: a lower bound to show beside a simulation.
    """
    z = compute_quantile(1 - alpha / 2) + compute_quantile(wanted)
    return z * z * (spread + noise / trials) / change**2


@dataclass(frozen=True)
class NextStep:
    """The cheapest way to know more: more scenarios, or more trials of those there are."""

    change: float
    """The change to be found, as a share."""
    power: float
    """The power it is now found with, 0..1."""
    more_scenarios: int | None
    """Further scenarios, with as many trials as now; None: no reachable number is enough."""
    scenario_calls: int | None
    """Trials those take, of both variants together."""
    trials: int | None
    """Trials of each scenario and variant, instead of those now; None: no number is enough."""
    trial_calls: int | None
    """Further trials that takes, of both variants together."""
    textbook: float
    """Scenarios, all in all, by the closed form; at high rates a lower bound."""

    @property
    def cheapest(self) -> Literal["scenarios", "trials", "none"]:
        """The way that takes fewer trials; at a tie that with no scenario to write."""
        if self.trial_calls is None and self.scenario_calls is None:
            return "none"
        if self.trial_calls is None:
            return "scenarios"
        if self.scenario_calls is None or self.trial_calls <= self.scenario_calls:
            return "trials"
        return "scenarios"

    def __str__(self) -> str:
        aim = f"to find a change of {100 * self.change:+g} points four times in five"
        ways = []
        if self.more_scenarios is not None:
            ways.append(f"{self.more_scenarios} more scenarios ({self.scenario_calls} trials)")
        if self.trials is not None:
            ways.append(f"{self.trials} trials of each instead ({self.trial_calls} trials more)")
        if not ways:
            return f"{aim} no number of scenarios or trials in reach is enough"
        if self.cheapest == "trials":
            ways.reverse()
        return f"{aim}: {', or '.join(ways)}"


def plan_next_step(
    chances: Chances, change: float, scenarios: int, trials: int, least: int = FLOOR
) -> NextStep:
    """Find what it takes to find a change with 80 % power, from the design there is.

    least: scenarios below which no number of trials is enough, as for a gate that takes so many.
    Units and errors as `simulate_power`; both ways are 0 more where the design is enough already.
    """
    total = count_scenarios_needed(chances, change, trials)
    each = count_trials_needed(chances, change, scenarios) if scenarios >= least else None
    more = None if total is None else max(0, max(total, least) - scenarios)
    each = None if each is None else max(each, trials)
    return NextStep(
        change=change,
        power=simulate_power(chances, change, scenarios, trials),
        more_scenarios=more,
        scenario_calls=None if more is None else 2 * more * trials,
        trials=each,
        trial_calls=None if each is None else 2 * scenarios * (each - trials),
        textbook=estimate_scenarios_needed(change, *chances.estimate_variances(), trials),
    )


def find_fewest(enough: Callable[[int], bool], low: int, most: int) -> int | None:
    """Find the smallest number that is enough, doubling to a bound and then halving between."""
    high = low
    while not enough(high):
        if high == most:
            return None
        low, high = high + 1, min(2 * high, most)
    while low < high:
        middle = (low + high) // 2
        low, high = (low, middle) if enough(middle) else (middle + 1, high)
    return high


def _check(chances: Chances, change: float, scenarios: int, trials: int) -> None:
    check_share("base + change", chances.base + change)
    if scenarios < 1 or trials < 1:
        raise ValueError(f"{scenarios} scenarios with {trials} trials are no design")
