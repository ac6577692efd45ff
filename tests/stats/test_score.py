"""The interval and the p of the score procedure are Tango's and McNemar's."""

from __future__ import annotations

import itertools
import math

import numpy as np
import pytest
from promptverdict.stats.score import (
    compute_detectable,
    compute_interval,
    compute_interval_at,
    compute_p_values,
    compute_quantile,
)
from scipy import stats

from tests.cases import try_cases
from tests.stats.made import published

FIGURES = published()
Z = 1.959963984540054


def ends(differences: list[float], confidence: float = 0.95) -> list[float]:
    return [float(end) for end in compute_interval(np.array(differences), confidence)]


def of_table(table: list[list[int]]) -> list[float]:
    (both, gained), (lost, neither) = table
    return [1.0] * gained + [-1.0] * lost + [0.0] * (both + neither)


@try_cases("name", ["tango_cavo_2012", "tango_no_discordant_n10", "tango_all_discordant_3"])
def test_with_one_binary_trial_the_interval_is_tangos(name: str) -> None:
    figure = FIGURES[name]
    assert ends(of_table(figure.inputs["table"])) == figure.about


@try_cases("name", ["own_k3_mixed", "own_k1_equals_tango"])
def test_the_interval_of_means_of_trials_stays_what_it_was(name: str) -> None:
    assert ends(FIGURES[name].inputs["d"]) == FIGURES[name].about


def test_with_one_binary_trial_p_is_mcnemars() -> None:
    figure = FIGURES["mcnemar_asymptotic_cavo"]
    differences = [1.0] * figure.inputs["b"] + [-1.0] * figure.inputs["c"] + [0.0] * 139
    assert compute_p_values(np.array(differences)) == pytest.approx(figure.expected[1], abs=1e-6)


@try_cases("n", [1, 10, 20, 50, 100, 200])
def test_where_all_ties_the_interval_has_a_width(n: int) -> None:
    half = Z**2 / (n + Z**2)
    assert ends([0.0] * n) == pytest.approx([-half, half], abs=1e-9)


@try_cases(
    ("differences", "expected"),
    [
        ([1.0] * 10, [0.44493, 1]),
        ([-1.0] * 10, [-1, -0.44493]),
        ([1.0], [-0.58690, 1]),
        ([], [-1, 1]),
    ],
)
def test_extreme_samples_have_intervals_within_the_scale(
    differences: list[float], expected: list[float]
) -> None:
    assert ends(differences) == pytest.approx(expected, abs=1e-5)


def samples() -> list[list[float]]:
    random = np.random.default_rng(7)
    sizes = [1, 2, 3, 6, 10, 20, 50]
    return [
        list(random.integers(-k, k + 1, n) * keep / k)
        for n, k in itertools.product(sizes, [1, 3, 5])
        for keep in (random.random(n) < 0.3, random.random(n) < 0.9, np.arange(n) < 4)
    ]


@try_cases("differences", samples())
def test_interval_and_p_never_contradict_each_other(differences: list[float]) -> None:
    low, high = ends(differences)
    excluded = low > 0 or high < 0
    assert excluded == (compute_p_values(np.array(differences)) < 0.05)
    assert -1 <= low <= np.mean(differences) <= high <= 1


@try_cases("differences", samples())
def test_swapping_the_variants_mirrors_the_interval(differences: list[float]) -> None:
    low, high = ends(differences)
    assert ends([-change for change in differences]) == pytest.approx([-high, -low], abs=1e-9)


def test_many_samples_at_once_give_what_each_gives_alone() -> None:
    random = np.random.default_rng(3)
    many = random.integers(-3, 4, (5, 2, 12)) / 3
    low, high = compute_interval(many)
    assert low.shape == (5, 2)
    for place in np.ndindex(5, 2):
        assert [low[place], high[place]] == pytest.approx(ends(list(many[place])), abs=1e-12)
        assert compute_p_values(many)[place] == pytest.approx(float(compute_p_values(many[place])))


@try_cases("z", [0.5, 1.645, 1.96, 3.3])
def test_an_interval_is_the_same_to_the_last_bit_alone_and_among_many(z: float) -> None:
    random = np.random.default_rng(4)
    for n in (1, 2, 5, 12, 40):
        signs = random.integers(-1, 2, (60, n)).astype(float)
        means = random.integers(-5, 6, (60, n)) / 5
        alike = np.repeat([[-1.0], [0.0], [1.0]], n, axis=1)
        many = np.concatenate([signs, means, alike])
        together = np.stack(compute_interval_at(many, z), axis=-1)
        assert [compute_interval_at(row, z) for row in many] == [tuple(row) for row in together]


def test_a_wider_confidence_gives_a_wider_interval() -> None:
    differences = [1.0, 1, 0, 0, -1, 0, 0, 0]
    assert ends(differences, 0.99)[0] < ends(differences)[0] < ends(differences, 0.90)[0]


def test_what_can_be_detected_is_1_43_half_widths() -> None:
    assert compute_detectable(0.10, compute_quantile(0.975)) == pytest.approx(0.14294, abs=1e-5)
    assert compute_detectable(0.10, compute_quantile(0.95)) == pytest.approx(
        0.10 * (stats.norm.ppf(0.95) + stats.norm.ppf(0.8)) / stats.norm.ppf(0.95)
    )
    assert math.isclose(compute_detectable(0.0, compute_quantile(0.975)), 0.0)
