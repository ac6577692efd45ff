"""Betting may be looked at any time: nobody wins often where nothing changed."""

from __future__ import annotations

import numpy as np
import pytest
from promptverdict.stats.betting import STAKES, always_valid_interval, capital
from promptverdict.stats.score import interval


def test_the_capital_is_the_mean_of_what_each_stake_has_won() -> None:
    differences = [1.0, -1 / 3, 0.5, 0.0]
    each = [
        np.prod([1 + sign * stake * one for one in differences])
        for stake in STAKES
        for sign in (1, -1)
    ]
    found = capital(np.array(differences))
    assert found[-1] == pytest.approx(np.mean(each))
    assert found[-1] == found[-2]


def test_the_capital_of_many_is_that_of_each() -> None:
    draws = np.random.default_rng(5).integers(-2, 3, (4, 3, 10)) / 2
    found = capital(draws)
    assert found.shape == draws.shape
    assert found[2, 1] == pytest.approx(capital(draws[2, 1]))


def test_a_fair_bet_gains_nothing_on_average() -> None:
    both = np.array([[one, other] for one in (-0.5, 0.5) for other in (-1.0, 1.0)])
    assert capital(both).mean(axis=0) == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("size", [1.0, 1 / 3])
def test_one_twentieth_of_unchanged_comparisons_is_never_reached_at_any_look(size: float) -> None:
    draws = size * np.random.default_rng(11).choice([-1.0, 0.0, 1.0], (2_000, 200))
    assert (capital(draws).max(axis=-1) >= 20).mean() < 0.05


def test_a_clear_change_is_found_early_and_either_way() -> None:
    assert (capital(np.ones(30)) >= 20).argmax() == (capital(-np.ones(30)) >= 20).argmax() == 8


@pytest.mark.parametrize("sign", [1.0, -1.0])
def test_the_interval_leaves_out_zero_exactly_where_the_bettor_has_won(sign: float) -> None:
    for n in (8, 9):
        low, high = always_valid_interval(sign * np.ones(n))
        assert (low > 0 or high < 0) == (capital(sign * np.ones(n))[-1] >= 20) == (n == 9)


def test_the_interval_contains_the_mean_and_is_wider_than_that_of_one_look() -> None:
    random = np.random.default_rng(2)
    for n in (1, 5, 20, 200):
        differences = random.integers(-3, 4, n) / 3
        low, high = always_valid_interval(differences)
        once = [float(end) for end in interval(differences)]
        assert -1 <= low <= differences.mean() <= high <= 1
        assert n == 1 or high - low > once[1] - once[0]


@pytest.mark.parametrize(
    ("differences", "expected"),
    [([], (-1, 1)), ([1.0] * 500, (0.975, 1)), ([-1.0] * 500, (-1, -0.975))],
)
def test_extreme_samples_have_intervals_within_the_scale(
    differences: list[float], expected: tuple[float, float]
) -> None:
    assert always_valid_interval(np.array(differences)) == pytest.approx(expected, abs=5e-3)


def test_the_interval_mirrors_when_the_variants_change_places() -> None:
    differences = np.random.default_rng(3).integers(-3, 4, 40) / 3
    low, high = always_valid_interval(differences)
    assert always_valid_interval(-differences) == (-high, -low)


@pytest.mark.parametrize("alpha", [0.0, 1.0])
def test_a_level_outside_the_scale_is_refused(alpha: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        always_valid_interval(np.ones(3), alpha)
