"""A verdict, its p and its interval agree; few are false; no width falls when a tie breaks."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from promptverdict.stats.compare import compare
from promptverdict.stats.looks import Look
from promptverdict.stats.rule import Rule, allow_for_skew, count_alike
from promptverdict.stats.samples import Array
from promptverdict.stats.score import compute_interval, compute_quantile
from promptverdict.stats.suites import sample_differences

from tests.benchmarks.verdicts import NULLS
from tests.cases import try_cases
from tests.stats.made import Arm, flat

RUNS = 10_000


def draw(trials: int, scenarios: int, *, runs: int = 1) -> Array:
    random = np.random.default_rng(scenarios * 10 + trials)
    before = random.random((runs, scenarios)) ** 0.5
    return sample_differences(random, before, np.clip(before - 0.2, 0, 1), trials)


CASES = [
    (sample, Rule(look=look, fewest=trials, most=trials))
    for trials, scenarios in itertools.product((1, 2, 3, 5), (3, 6, 13, 20, 40))
    for sample in draw(trials, scenarios, runs=6)
    for look in (None, Look(2, 3))
]


@try_cases(("differences", "rule"), CASES)
def test_score_p_and_interval_agree(differences: Array, rule: Rule) -> None:
    beyond = abs(rule.score(differences)) > rule.bound
    low, high = rule.interval(differences)
    assert beyond == (low > 0 or high < 0)
    assert beyond == (rule.p(differences) < rule.alpha)
    assert -1 <= low <= differences.mean() <= high <= 1
    mirrored = rule.interval(-differences)
    assert mirrored == pytest.approx((-high, -low), abs=1e-9)


@try_cases("trials", [1, 2, 3, 5])
@try_cases("scenarios", [6, 13, 20, 40])
def test_many_samples_at_once_have_the_verdicts_of_each_alone(trials: int, scenarios: int) -> None:
    rule = Rule(fewest=trials, most=trials)
    samples = draw(trials, scenarios, runs=200)
    alone = [
        np.sign(score) if abs(score := rule.score(sample)) > rule.bound else 0.0
        for sample in samples
    ]
    assert list(rule.find_changes(samples)) == alone
    assert {-1.0, 0.0} <= set(alone) or scenarios == 6


@try_cases("scenarios", [6, 8, 12, 14, 20, 25, 40, 60])
def test_few_verdicts_on_means_of_trials_are_false(scenarios: int) -> None:
    for null, chances in NULLS.items():
        random = np.random.default_rng(20261201)
        before, after = chances(random, (RUNS, scenarios))
        # The comparisons of two trials are the first two of those of three, and so on.
        ahead = np.zeros(before.shape)
        for trials in range(1, 6):
            ahead += random.random(after.shape) < after
            ahead -= random.random(before.shape) < before
            if trials > 1:
                changes = Rule(fewest=trials, most=trials).find_changes(ahead / trials)
                assert (changes != 0).mean() <= 0.055, (null, trials)


def test_at_the_normal_quantile_more_than_that_are_false() -> None:
    random = np.random.default_rng(20261201)
    before, after = NULLS["asym"](random, (RUNS, 20))
    low, high = compute_interval(sample_differences(random, before, after, 5))
    assert ((low > 0) | (high < 0)).mean() > 0.055


def test_one_trial_takes_no_allowance_and_more_take_more() -> None:
    assert [allow_for_skew(13, 5), allow_for_skew(20, 1)] == [1.0, 1.0]
    allowances = [allow_for_skew(pairs, 5) for pairs in (14, 20, 40, 100)]
    assert allowances == pytest.approx([1.04, 1.04, 1.02, 1.008])
    assert allow_for_skew(20, 3) == pytest.approx(1.02)


def test_differences_of_one_size_are_told_from_others() -> None:
    assert count_alike(np.array([0.2, 0.0, -0.2, 0.2])) == (2, 1)
    assert count_alike(np.array([0.0, 0.0])) == (0, 0)
    assert count_alike(np.array([0.2, 0.4])) is None


def break_ties(scenarios: int, trials: int, broken: int, *, both_ways: bool) -> tuple[Arm, Arm]:
    """All pass, but for one trial in each of some scenarios."""
    sides = flat(1, scenarios, trials), flat(1, scenarios, trials)
    for number in range(broken):
        sides[(number + 1) % 2 if both_ways else 1][f"s{number}"][0] = 0.0
    return sides


@try_cases(("scenarios", "trials"), [(14, 10), (20, 5), (6, 3), (40, 2), (60, 5)])
@try_cases("both_ways", [True, False])
def test_no_width_falls_when_a_tie_breaks(scenarios: int, trials: int, both_ways: bool) -> None:
    found = [
        compare(*break_ties(scenarios, trials, broken, both_ways=both_ways))
        for broken in range(min(scenarios, 9))
    ]
    widths = [test.high - test.low for test in found]
    assert all(later >= earlier - 1e-9 for earlier, later in itertools.pairwise(widths))
    missed = [test.mde80 for test in found]
    assert all(later >= earlier - 1e-9 for earlier, later in itertools.pairwise(missed))


def test_fourteen_scenarios_of_ten_trials_that_nearly_all_tie() -> None:
    tied, broken = (compare(*break_ties(14, 10, n, both_ways=False)) for n in (0, 1))
    assert (tied.low, tied.high) == pytest.approx((-0.112, 0.112), abs=5e-4)
    assert (broken.low, broken.high) == pytest.approx((-0.129, 0.095), abs=5e-4)
    assert tied.mde80 == pytest.approx(0.160, abs=5e-4)


def test_more_trials_where_all_tie_say_more() -> None:
    widths = [compare(flat(1, 14, trials), flat(1, 14, trials)).high for trials in (1, 2, 5, 20)]
    assert widths == sorted(widths, reverse=True)
    assert widths[0] == pytest.approx(1.959964**2 / (14 + 1.959964**2), abs=1e-6)


@pytest.mark.parametrize("alpha", [0.05, 0.16, 0.2, 0.4])
def test_of_one_pair_that_differs_nothing_is_known_at_any_level(alpha: float) -> None:
    test = compare({}, {"s0": [0.0]}, alpha=alpha)
    assert test.verdict == "invalid"
    alone = Rule(alpha).find_limits(np.array([-1.0]), compute_quantile(1 - alpha))
    assert alone[0] == pytest.approx(-1)
    assert alone[1] >= 0
