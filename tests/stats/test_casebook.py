"""A public gate once failed its users in five ways; none of them is possible here.

dotnet/skills: issues 952 and 986, pull requests 965 and 1027. 27 % of its verdicts flipped between
runs of identical inputs, more than half of its evaluations had three scenarios or fewer.
"""

from __future__ import annotations

import itertools
import random

import numpy as np
import pytest
from promptverdict.stats.compare import compare
from promptverdict.stats.gates import answer_gate
from promptverdict.stats.score import compute_interval
from promptverdict.stats.suites import Chances, sample_differences

from tests.cases import try_cases
from tests.stats.made import Arm, arm, flat


def test_twelve_runs_of_four_tasks_are_four_tasks() -> None:
    found = compare(flat(0, 4, 3), flat(1, 4, 3))
    assert (found.n, found.trials) == (4, (3, 3.0, 3))
    assert found.verdict == "inconclusive"
    assert found.p_signflip == pytest.approx(1 / 16)


def test_repeating_every_trial_makes_nothing_surer() -> None:
    baseline = arm(*[[1], [0]] * 6)
    candidate = arm(*[[1], [1], [1], [0]] * 3)
    thrice = [{name: kept * 3 for name, kept in side.items()} for side in (baseline, candidate)]
    once, repeated = compare(baseline, candidate), compare(*thrice)
    assert (repeated.low, repeated.high, repeated.p) == (once.low, once.high, once.p)


def test_a_judge_that_timed_out_did_not_find_a_loss() -> None:
    candidate = flat(1, 40)
    for number in range(4):
        candidate[f"s{number}"] = [None]
    found = compare(flat(1, 40), candidate)
    assert (found.verdict, found.estimate) == ("inconclusive", 0.0)
    assert found.missing_candidate.results == 4
    assert answer_gate(found, "no_regression", 0.10).outcome != "fail"
    as_losses = flat(1, 40) | {f"s{number}": [0] for number in range(4)}
    assert compare(flat(1, 40), as_losses).verdict == "regressed"


def test_a_judge_that_times_out_on_one_variant_alone_ends_the_comparison() -> None:
    candidate: Arm = flat(1, 40) | {f"s{number}": [None] for number in range(12)}
    assert compare(flat(0, 40), candidate).verdict == "invalid"


@try_cases("n", [1, 2, 3, 4, 5])
def test_no_outcome_of_five_scenarios_or_fewer_is_a_verdict(n: int) -> None:
    for passing, after in itertools.product(range(n + 1), itertools.product((0, 1), repeat=n)):
        before = [[1]] * passing + [[0]] * (n - passing)
        found = compare(arm(*before), arm(*[[score] for score in after]))
        assert found.verdict == "inconclusive"
        assert answer_gate(found, "non_inferiority", 0.20).exit_code == 6


def test_identical_results_are_never_a_verdict() -> None:
    for seed in range(50):
        draws = np.random.default_rng(seed).integers(0, 2, (12, 3)).tolist()
        found = compare(arm(*draws), arm(*draws))
        assert (found.verdict, found.estimate, found.p) == ("inconclusive", 0.0, 1.0)


def test_identical_input_gives_an_identical_answer_in_any_order() -> None:
    draws = np.random.default_rng(3)
    before, after = draws.integers(0, 2, (30, 3)).tolist(), draws.integers(0, 2, (30, 3)).tolist()
    baseline, candidate = arm(*before), arm(*after)
    first = compare(baseline, candidate)
    for seed in range(5):
        names = list(baseline)
        random.Random(seed).shuffle(names)
        shuffled = [{name: side[name] for name in names} for side in (baseline, candidate)]
        assert compare(*shuffled) == first


def test_a_variant_seldom_differs_from_itself() -> None:
    draws = np.random.default_rng(20)
    for scenarios, trials in ((6, 1), (10, 3), (20, 3), (20, 5), (50, 5)):
        before, _ = Chances(0.70).draw(draws, 0.0, (2000, scenarios))
        low, high = compute_interval(sample_differences(draws, before, before, trials))
        assert ((low > 0) | (high < 0)).mean() < 0.08


def test_a_change_that_few_scenarios_cannot_show_is_no_false_alarm() -> None:
    found = compare(arm(*[[1, 1, 1]] * 8), arm(*[[1, 1, 1]] * 6, [0, 1, 1], [0, 0, 1]))
    assert found.verdict == "inconclusive"
    assert found.mde80 > 0.25
