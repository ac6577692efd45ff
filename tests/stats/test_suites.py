"""Simulated suites have the rates, the unlikeness and the likeness that they are asked for."""

from __future__ import annotations

import numpy as np
import pytest
from promptverdict.stats.suites import (
    _GRID,
    Chances,
    _compute_beta_quantiles,
    _interpolate,
    sample_differences,
)
from scipy import stats

from tests.cases import try_cases
from tests.stats.made import Arm, arm, flat


def drawn(chances: Chances, change: float = 0.0) -> tuple[np.ndarray, np.ndarray]:
    return chances.draw(np.random.default_rng(2), change, (100_000,))


@try_cases(("base", "change"), [(0.7, 0.2), (0.92, -0.1), (0.5, 0.0)])
def test_chances_have_the_means_and_the_variance_between_scenarios(
    base: float, change: float
) -> None:
    before, after = drawn(Chances(base), change)
    assert before.mean() == pytest.approx(base, abs=0.005)
    assert after.mean() == pytest.approx(base + change, abs=0.005)
    assert before.var() == pytest.approx(0.4 * base * (1 - base), rel=0.03)


def test_chances_are_beta_distributed() -> None:
    before, _ = drawn(Chances(0.7))
    theirs = stats.beta(0.7 * 1.5, 0.3 * 1.5)
    assert stats.kstest(before[:5000], theirs.cdf).pvalue > 0.001


class Drawn:
    """A source of randomness whose normal draws are known."""

    def __init__(self, shares: np.ndarray) -> None:
        self.shares = shares

    def standard_normal(self, shape: tuple[int, ...]) -> np.ndarray:
        return stats.norm.ppf(self.shares)


def test_interpolated_chances_are_the_exact_quantiles() -> None:
    shares = np.linspace(0.001, 0.999, 999)
    for base in (0.05, 0.7, 0.92):
        before, _ = Chances(base).draw(Drawn(shares), 0.0, shares.shape)
        exact = stats.beta.ppf(shares, base * 1.5, (1 - base) * 1.5)
        assert before == pytest.approx(exact, abs=1e-5)


def test_the_copula_ties_the_variants() -> None:
    before, after = drawn(Chances(0.7, correlation=0.6))
    assert stats.spearmanr(before, after)[0] == pytest.approx(0.58, abs=0.02)
    before, after = drawn(Chances(0.7, correlation=1.0))
    assert after == pytest.approx(before)


def test_the_variances_are_those_that_the_defaults_were_fitted_to() -> None:
    for base, spread, noise in ((0.70, 0.030, 0.253), (0.92, 0.014, 0.088)):
        assert Chances(base).estimate_variances() == pytest.approx((spread, noise), abs=0.0015)


def test_sampled_differences_are_of_means_of_trials() -> None:
    random = np.random.default_rng(1)
    certain = sample_differences(random, np.zeros((2, 3)), np.ones((2, 3)), 4)
    assert (certain == 1).all()
    many = sample_differences(random, np.full(10_000, 0.5), np.full(10_000, 0.5), 4)
    assert set(many * 4) <= set(range(-4, 5))
    assert many.var() == pytest.approx(2 * 0.25 / 4, rel=0.05)


@try_cases("wrong", [{"base": 1.0}, {"base": 0.5, "icc": 0.0}, {"base": 0.5, "correlation": 1.5}])
def test_chances_that_make_no_sense_are_refused(wrong: dict[str, float]) -> None:
    with pytest.raises(ValueError, match="not"):
        Chances(**wrong)


def pilot(chances: Chances, scenarios: int, trials: int) -> tuple[Arm, Arm]:
    random = np.random.default_rng(4)
    before, after = (
        arm(*random.binomial(1, side[:, None], (scenarios, trials)).tolist())
        for side in chances.draw(random, 0.0, (scenarios,))
    )
    return before, after


@try_cases("truth", [Chances(0.7, 0.4, 0.85), Chances(0.6, 0.2, 0.3)])
def test_a_large_pilot_gives_back_what_it_was_drawn_from(truth: Chances) -> None:
    found = Chances.from_scores(*pilot(truth, 2000, 5))
    assert found.base == pytest.approx(truth.base, abs=0.02)
    assert found.icc == pytest.approx(truth.icc, abs=0.03)
    assert found.correlation == pytest.approx(truth.correlation, abs=0.06)


def test_a_pilot_of_one_trial_tells_the_rate_alone() -> None:
    assert Chances.from_scores(flat(1, 9), flat(0, 9)) == Chances(9.5 / 10)


def test_a_spotless_pilot_leaves_room_on_both_sides() -> None:
    assert Chances.from_scores(flat(1, 9, 3), flat(1, 9, 3)) == Chances(9.5 / 10)
    assert Chances.from_scores(flat(0, 9, 3), flat(0, 9, 3)) == Chances(0.5 / 10)


def test_a_pilot_of_few_scenarios_leaves_the_defaults() -> None:
    few = Chances.from_scores(arm(*[[1, 1], [0, 0]] * 2, [1, 0]), flat(1, 5, 2))
    assert (few.icc, few.correlation) == (0.4, 0.85)


def test_no_pilot_is_refused() -> None:
    with pytest.raises(ValueError, match="no score to plan from"):
        Chances.from_scores(arm([None]), arm([1]))


def test_quantiles_are_interpolated_bit_by_bit_as_numpy_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("promptverdict.stats.suites._MOST_AT_ONCE", 7_000)
    values = _compute_beta_quantiles(0.7, 0.4)
    drawn = np.random.default_rng(1).standard_normal(20_000)
    borders = [np.nextafter(_GRID, end) for end in (-9, 9)]
    for points in (drawn, _GRID, *borders, np.array([-9.0, 9.0, -np.inf, np.inf, -0.0])):
        assert np.array_equal(_interpolate(points, values), np.interp(points, _GRID, values))
