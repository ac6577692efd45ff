"""Figures about a judge are those that were published, or worked out by hand."""

from __future__ import annotations

import math

import pytest
from promptverdict.stats.agreement import (
    Confusion,
    compute_clopper_pearson,
    correct_by_labels,
    correct_by_rogan_gladen,
    correct_difference,
    correct_rate,
)

from tests.cases import try_cases

GOOD = Confusion(true_pass=45, false_pass=5, true_fail=40, false_fail=10)


def table(both: int, only_judge: int, only_people: int, neither: int) -> Confusion:
    return Confusion(both, only_judge, neither, only_people)


@try_cases(
    ("x", "n", "low", "high"),
    [
        # Newcombe 1998, table I, as the tests of the R package ratesci hold it.
        (1, 29, 0.0009, 0.1776),
        (0, 20, 0.0, 0.1684),
        # Ligarden 2010 in Fagerland, Lydersen and Laake 2017, chapter 2 (R: contingencytables).
        (13, 16, 0.5435, 0.9595),
        (0, 0, 0.0, 1.0),
    ],
)
def test_exact_intervals_are_those_of_the_books(x: int, n: int, low: float, high: float) -> None:
    assert compute_clopper_pearson(x, n) == pytest.approx((low, high), abs=6e-5)
    assert compute_clopper_pearson(n - x, n) == pytest.approx((1 - high, 1 - low), abs=6e-5)


@try_cases(
    ("found", "kappa"),
    [
        # Wikipedia, Cohen's kappa: two readers of 50 grant proposals.
        (table(20, 5, 10, 15), 0.4),
        # Gwet's paradox: an agreement of 94 % that kappa thinks nothing of.
        (table(118, 5, 2, 0), -0.0234),
        (table(10, 0, 0, 10), 1.0),
        (table(0, 10, 10, 0), -1.0),
    ],
)
def test_kappa_is_as_published(found: Confusion, kappa: float) -> None:
    assert found.kappa == pytest.approx(kappa, abs=6e-5)


def test_ac1_does_not_collapse_where_nearly_everything_passes() -> None:
    found = table(118, 5, 2, 0)
    assert found.agreement == pytest.approx(118 / 125)
    assert found.ac1 == pytest.approx(0.9408, abs=6e-5)


def test_kappa_of_ratings_that_are_all_the_same_is_undefined_and_not_1() -> None:
    assert math.isnan(table(10, 0, 0, 0).kappa)
    assert table(10, 0, 0, 0).ac1 == 1.0


def test_nothing_labelled_is_undefined_and_not_usable() -> None:
    found = table(0, 0, 0, 0)
    assert all(map(math.isnan, (found.agreement, found.kappa, found.ac1, found.j)))
    assert found.agreement_limits == (0.0, 1.0)
    assert not found.usable


def test_j_is_as_low_as_it_can_be_where_people_only_passed_or_only_failed() -> None:
    assert table(100, 0, 0, 0).least_j == -1.0
    assert table(0, 0, 0, 100).least_j == -1.0


def test_error_rates_are_of_what_people_said() -> None:
    assert (GOOD.sensitivity, GOOD.specificity) == pytest.approx((45 / 55, 40 / 45))
    assert GOOD.false_pass_limits == compute_clopper_pearson(5, 45)
    assert GOOD.false_fail_limits == compute_clopper_pearson(10, 55)
    assert GOOD.j == pytest.approx(45 / 55 + 40 / 45 - 1)


def test_the_lower_limit_of_j_is_put_together_from_both_limits() -> None:
    below_se = 45 / 55 - compute_clopper_pearson(45, 55)[0]
    below_sp = 40 / 45 - compute_clopper_pearson(40, 45)[0]
    assert GOOD.least_j == pytest.approx(GOOD.j - math.sqrt(below_se**2 + below_sp**2))


@try_cases(
    ("found", "usable"),
    [
        (GOOD, True),
        (table(50, 0, 0, 50), True),
        (table(3, 0, 0, 3), False),
        (table(118, 5, 2, 0), False),
        (table(100, 0, 0, 0), False),
        (table(0, 0, 0, 100), False),
        (table(25, 25, 25, 25), False),
    ],
)
def test_a_judge_of_whom_too_little_is_known_is_not_usable(found: Confusion, usable: bool) -> None:
    assert found.usable is usable


def test_a_rate_is_corrected_as_in_the_example_of_epi_r() -> None:
    # epi.prev, after Messam 2008: 23 of 150 positive, Se 0.96, Sp 0.89.
    assert correct_by_rogan_gladen(23 / 150, 0.96, 0.89) == pytest.approx(0.051, abs=6e-5)


def test_a_judge_that_tosses_a_coin_corrects_nothing() -> None:
    coin = table(25, 25, 25, 25)
    for correct in (lambda: correct_rate([1.0], coin), lambda: correct_difference([1.0], coin)):
        with pytest.raises(ValueError, match="no better than chance"):
            correct()
    with pytest.raises(ValueError, match="no better than chance"):
        correct_by_rogan_gladen(0.5, 0.4, 0.5)
    with pytest.raises(ValueError, match="no better than chance"):
        correct_difference([1.0], table(9, 0, 0, 0))


def test_a_rate_and_its_interval_follow_the_delta_method() -> None:
    rates = [0.0, 0.5, 1.0, 1.0]
    found = correct_rate(rates, GOOD)
    rate = (0.625 + 40 / 45 - 1) / GOOD.j
    v_se, v_sp = 46 / 57 * 11 / 57 / 57, 41 / 47 * 6 / 47 / 47
    v_observed = (0.625**2 + 0.125**2 + 2 * 0.375**2) / 3 / 4
    error = math.sqrt(v_observed + rate**2 * v_se + (1 - rate) ** 2 * v_sp) / GOOD.j
    assert found.estimate == pytest.approx(rate)
    # 3.1824 is the t quantile of 97.5 % with three degrees of freedom.
    assert (found.low, found.high) == pytest.approx(
        (max(0.0, rate - 3.182446 * error), min(1.0, rate + 3.182446 * error))
    )
    assert not found.clipped


def test_a_rate_beyond_what_is_possible_is_clipped_and_says_so() -> None:
    assert correct_rate([1.0, 1.0, 1.0], GOOD).estimate == 1.0
    assert correct_rate([1.0, 1.0, 1.0], GOOD).clipped
    assert correct_rate([0.0, 0.0, 0.0], GOOD).estimate == 0.0
    assert correct_difference([-1.0, -1.0, -1.0], GOOD).estimate == -1.0


def test_a_difference_is_stretched_by_j_and_its_interval_follows() -> None:
    differences = [0.5, 0.0, 0.5, -0.5, 0.5, 0.2]
    found = correct_difference(differences, GOOD)
    mean = sum(differences) / 6
    assert found.estimate == pytest.approx(mean / GOOD.j)
    v_d = sum((one - mean) ** 2 for one in differences) / 5 / 6
    v_j = 46 / 57 * 11 / 57 / 57 + 41 / 47 * 6 / 47 / 47
    error = math.sqrt(v_d / GOOD.j**2 + found.estimate**2 * v_j / GOOD.j**2)
    assert found.high - found.estimate == pytest.approx(2.570582 * error)


def test_one_scenario_tells_nothing_of_how_scenarios_differ() -> None:
    assert (correct_rate([0.5], GOOD).low, correct_rate([0.5], GOOD).high) == (0.0, 1.0)
    assert (correct_difference([0.1], GOOD).low, correct_difference([0.1], GOOD).high) == (
        -1,
        1,
    )


def test_no_scenario_is_refused() -> None:
    with pytest.raises(ValueError, match="no scenario"):
        correct_rate([], GOOD)
    with pytest.raises(ValueError, match="no scenario"):
        correct_difference([], GOOD)


def test_predictions_and_labels_together_remove_what_the_judge_adds_to_one_arm() -> None:
    # The judge sees a gain of 0.2 in every scenario; people see none in those they labelled.
    judged = [0.2] * 100
    labelled = [(0.0, 0.2)] * 20 + [(0.1, 0.2)] * 10 + [(-0.1, 0.2)] * 10
    found = correct_by_labels(judged, labelled)
    assert found.estimate == pytest.approx(0.0)
    v_errors = 20 * 0.1**2 / 39 / 40
    assert found.high == pytest.approx(2.022691 * math.sqrt(v_errors))


def test_too_few_labels_are_refused() -> None:
    with pytest.raises(ValueError, match="29 labelled scenarios, 30 are needed"):
        correct_by_labels([0.1] * 50, [(0.1, 0.1)] * 29)
