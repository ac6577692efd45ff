"""One variant's rate counts scenarios, and says how little a spotless run may mean."""

from __future__ import annotations

import itertools
import math
from statistics import fmean

import numpy as np
import pytest
from promptverdict.stats.compare import compare
from promptverdict.stats.rates import (
    compute_wilson,
    estimate_pass_at_k,
    estimate_pass_hat_k,
    estimate_rate,
    limit_failures,
    score_scenarios,
)
from promptverdict.stats.samples import MissingResults
from scipy import stats

from tests.cases import try_cases
from tests.stats.made import arm, flat, published

FIGURES = published()


@try_cases("name", ["wilson_18_20", "wilson_15_148", "wilson_4_200"])
def test_wilsons_interval_is_the_published_one(name: str) -> None:
    figure = FIGURES[name]
    assert list(compute_wilson(figure.inputs["x"], figure.inputs["n"])) == figure.about


@try_cases(("passes", "n"), [(0, 7), (7, 7), (3, 9), (1, 1)])
def test_wilsons_interval_is_that_of_scipy(passes: int, n: int) -> None:
    theirs = stats.binomtest(passes, n).proportion_ci(method="wilson")
    assert compute_wilson(passes, n) == pytest.approx((theirs.low, theirs.high))


def test_none_and_all_reach_the_ends_exactly() -> None:
    assert compute_wilson(0, 5)[0] == 0.0
    assert compute_wilson(5, 5)[1] == 1.0
    assert compute_wilson(0, 0) == (0.0, 1.0)


@try_cases(("passes", "n"), [(3, 2), (-1, 4)])
def test_counts_that_make_no_share_are_refused(passes: int, n: int) -> None:
    with pytest.raises(ValueError, match="no share"):
        compute_wilson(passes, n)


def test_with_one_trial_a_rate_is_wilsons() -> None:
    found = estimate_rate(arm(*[[1]] * 18, [0], [0]))
    assert found.estimate == pytest.approx(0.9)
    assert [found.low, found.high] == FIGURES["wilson_18_20"].about


def test_no_score_is_no_rate_of_zero() -> None:
    found = estimate_rate(arm([None], []))
    assert math.isnan(found.estimate)
    assert (found.low, found.high, found.valid) == (0.0, 1.0, False)
    assert found.missing == MissingResults(1, 1)
    assert not estimate_rate({}).valid


def test_scenarios_that_all_fail_alike_are_worth_one_trial_each() -> None:
    thirds = estimate_rate(arm(*[[1, 1, 1]] * 6, *[[0, 0, 0]] * 4))
    assert (thirds.low, thirds.high) == pytest.approx(compute_wilson(6, 10))


def test_scenarios_that_are_alike_are_worth_at_most_their_trials() -> None:
    even = estimate_rate(arm(*[[1, 0]] * 5, *[[1, 1]] * 3, *[[0, 0]] * 2))
    spread = np.var([0.5] * 5 + [1.0] * 3 + [0.0] * 2, ddof=1)
    worth = 0.55 * 0.45 / spread
    assert 1 < worth < 2
    assert (even.low, even.high) == pytest.approx(compute_wilson(0.55 * 10 * worth, 10 * worth))
    nearly = estimate_rate(arm(*[[1, 0]] * 9, [1, 1]))
    assert (nearly.low, nearly.high) == pytest.approx(compute_wilson(0.55 * 20, 20))


def test_equal_means_are_worth_one_trial_each() -> None:
    found = estimate_rate(flat(0.5, 10, 4))
    assert (found.low, found.high) == pytest.approx(compute_wilson(5, 10))


def test_a_spotless_run_says_what_may_still_fail() -> None:
    found = estimate_rate(flat(1, 30, 5))
    assert found.high == 1.0
    assert found.failing_at_most == FIGURES["rule_of_three_exact_n30"].about
    assert estimate_rate(arm([1], [0])).failing_at_most is None
    assert estimate_rate(arm([1, 0.9])).failing_at_most is None


def test_the_limit_of_no_failures_is_clopper_pearsons() -> None:
    theirs = stats.binomtest(0, 12, alternative="less").proportion_ci(method="exact")
    assert limit_failures(12) == pytest.approx(theirs.high)
    with pytest.raises(ValueError, match="set no limit"):
        limit_failures(0)


@try_cases("name", ["pass_at_2_of_5_2", "pass_at_10_of_200_20"])
def test_any_of_k_is_the_unbiased_estimate(name: str) -> None:
    counts = FIGURES[name].inputs
    assert estimate_pass_at_k(counts["n"], counts["c"], counts["k"]) == FIGURES[name].about


def test_all_of_k_is_the_unbiased_estimate() -> None:
    counts = FIGURES["pass_hat_2_of_5_4"].inputs
    found = estimate_pass_hat_k(counts["n"], counts["c"], counts["k"])
    assert found == FIGURES["pass_hat_2_of_5_4"].about


@try_cases(("passes", "k"), list(itertools.product(range(5), range(1, 5))))
def test_both_are_what_counting_every_choice_gives(passes: int, k: int) -> None:
    chosen = list(itertools.combinations([1] * passes + [0] * (4 - passes), k))
    assert estimate_pass_at_k(4, passes, k) == pytest.approx(fmean(map(any, chosen)))
    assert estimate_pass_hat_k(4, passes, k) == pytest.approx(fmean(map(all, chosen)))


def test_too_few_trials_are_not_known_instead_of_a_failure() -> None:
    assert math.isnan(estimate_pass_at_k(2, 2, 3))
    assert math.isnan(estimate_pass_hat_k(2, 0, 3))


@try_cases(("trials", "passes", "k"), [(3, 4, 1), (3, -1, 1), (3, 1, 0)])
def test_counts_that_make_no_sense_are_refused(trials: int, passes: int, k: int) -> None:
    with pytest.raises(ValueError, match="make no sense"):
        estimate_pass_at_k(trials, passes, k)


def test_all_of_k_over_scenarios_is_a_rate_and_can_be_compared() -> None:
    scores = arm([1, 1, 0], [1, 1, 1], [1, None, 1], [1, None, None])
    values = score_scenarios(scores, 2, estimate_pass_hat_k)
    found = estimate_rate(values)
    assert found.estimate == pytest.approx((1 / 3 + 1 + 1) / 3)
    assert found.missing == MissingResults(1, 4)
    assert (
        compare(
            score_scenarios(flat(0, 9, 2), 2, estimate_pass_hat_k),
            score_scenarios(flat(1, 9, 2), 2, estimate_pass_hat_k),
        ).n
        == 9
    )


def test_all_of_one_is_the_mean() -> None:
    scores = arm([1, 1, 0], [1, 0, 1, 0])
    assert estimate_rate(score_scenarios(scores, 1, estimate_pass_hat_k)).estimate == pytest.approx(
        estimate_rate(scores).estimate
    )


def test_passes_are_not_counted_among_scores_in_between() -> None:
    with pytest.raises(ValueError, match="s0: passes are counted"):
        score_scenarios(arm([0.5, 1]), 2, estimate_pass_at_k)


@try_cases(("scenarios", "trials"), [(14, 10), (20, 5), (6, 3), (60, 2)])
def test_no_width_falls_when_a_trial_of_a_spotless_run_fails(scenarios: int, trials: int) -> None:
    scores = flat(1, scenarios, trials)
    widths = []
    for broken in range(min(scenarios, 9)):
        found = estimate_rate(scores)
        widths.append(found.high - found.low)
        scores[f"s{broken}"][0] = 0.0
    assert all(later >= earlier - 1e-9 for earlier, later in itertools.pairwise(widths))


def test_one_failure_in_140_trials_of_14_scenarios() -> None:
    scores = flat(1, 14, 10)
    assert estimate_rate(scores).low == pytest.approx(0.785, abs=1e-3)
    scores["s3"][4] = 0.0
    found = estimate_rate(scores)
    assert (found.low, found.high) == pytest.approx((0.784, 0.999), abs=2e-3)


def test_scores_outside_the_scale_are_refused() -> None:
    with pytest.raises(ValueError, match=r"not in 0\.\.1"):
        estimate_rate(arm([7, 7]))
