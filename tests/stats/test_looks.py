"""Planned looks hold 5 % in all: their bounds are the published ones, and p goes with them."""

from __future__ import annotations

import numpy as np
import pytest
from promptverdict.stats.compare import compare
from promptverdict.stats.looks import MOST, Look, Shape, compute_bounds, compute_crossing
from promptverdict.stats.score import compute_interval, compute_statistics
from scipy.stats import multivariate_normal, norm

from tests.cases import try_cases
from tests.stats.made import flat, moved, published

FIGURES = published()


@try_cases("shape", ["obrien_fleming", "pocock"])
def test_constants_are_the_published_ones(shape: Shape) -> None:
    figure = FIGURES[f"{shape}_constants"]
    found = [
        compute_bounds(looks, shape, figure.inputs["alpha"])[-1] for looks in figure.inputs["looks"]
    ]
    assert found == figure.about


def test_obrien_and_fleming_ask_for_much_at_first_and_pocock_for_the_same() -> None:
    assert compute_bounds(5) == pytest.approx((4.562, 3.226, 2.634, 2.281, 2.040), abs=6e-4)
    assert len(set(compute_bounds(5, "pocock"))) == 1


def test_one_look_is_the_usual_analysis() -> None:
    assert compute_bounds(1) == pytest.approx((norm.ppf(0.975),))
    assert Look(1, 1).p(2.5) == pytest.approx(2 * norm.sf(2.5))


def test_looking_five_times_at_the_bound_of_one_errs_fourteen_times_in_a_hundred() -> None:
    assert compute_crossing([norm.ppf(0.975)] * 5) == pytest.approx(0.142, abs=5e-4)


@try_cases("limits", [compute_bounds(5), compute_bounds(5, "pocock"), (3.0, 1.0, 2.5)])
def test_the_recursion_agrees_with_the_multivariate_normal(limits: tuple[float, ...]) -> None:
    steps = np.arange(1, len(limits) + 1)
    correlations = np.sqrt(np.minimum.outer(steps, steps) / np.maximum.outer(steps, steps))
    inside = multivariate_normal(cov=correlations).cdf(
        np.array(limits), lower_limit=-np.array(limits)
    )
    assert compute_crossing(limits) == pytest.approx(1 - float(inside), abs=1e-4)


@try_cases("alpha", [0.01, 0.05 / 6, 0.2])
@try_cases("shape", ["obrien_fleming", "pocock"])
def test_the_bounds_hold_any_level(shape: Shape, alpha: float) -> None:
    assert compute_crossing(compute_bounds(7, shape, alpha)) == pytest.approx(alpha, abs=1e-9)


@try_cases("number", [1, 2, 3, 4, 5])
def test_p_is_below_alpha_exactly_where_the_bound_is_exceeded(number: int) -> None:
    look = Look(number, 5)
    assert look.p(look.bound()) == pytest.approx(0.05, abs=1e-9)
    assert look.p(-1.001 * look.bound()) < 0.05 < look.p(0.999 * look.bound())
    assert look.p(0.0) == 1.0
    assert 0 <= look.p(40.0) < 1e-9


def test_holm_holds_over_repeated_p_values_and_not_quite_over_nominal_ones() -> None:
    for behaviours in (2, 6, 20):
        repeated = compute_bounds(5, alpha=0.05 / behaviours)
        nominal = [norm.isf(norm.sf(bound) / behaviours) for bound in compute_bounds(5)]
        assert behaviours * compute_crossing(repeated) == pytest.approx(0.05, abs=1e-8)
        assert behaviours * compute_crossing(nominal) > 0.051


@try_cases("places", [(0, 5), (6, 5), (-1, 5), (1, 0), (1, MOST + 1)])
def test_a_look_that_cannot_be_is_refused(places: tuple[int, int]) -> None:
    with pytest.raises(ValueError, match="is no look of a plan of 1 to 20"):
        Look(*places)


@try_cases(("looks", "alpha"), [(0, 0.05), (MOST + 1, 0.05), (5, 0.0), (5, 1.0)])
def test_bounds_that_cannot_be_are_refused(looks: int, alpha: float) -> None:
    with pytest.raises(ValueError, match=r"can be planned|alpha"):
        compute_bounds(looks, alpha=alpha)


def test_a_look_says_what_it_asks_for() -> None:
    assert str(Look(2, 5)) == "look 2 of 5"
    assert "a verdict takes |T| above 3.23" in Look(2, 5).describe()
    assert (Look(4, 5).last, Look(5, 5).last) == (False, True)


CHANGED = moved(*[1] * 9, *[0] * 11)
"""T is 3: enough for one look, and for the third of five."""


@try_cases(
    ("number", "verdict"),
    [(1, "inconclusive"), (2, "inconclusive"), (3, "improved"), (4, "improved"), (5, "improved")],
)
def test_a_verdict_takes_more_the_earlier_one_looks(number: int, verdict: str) -> None:
    found = compare(*CHANGED, look=Look(number, 5))
    assert found.verdict == verdict
    assert (found.low > 0) == (found.p < 0.05) == (verdict == "improved")


def test_below_the_bound_it_says_how_much_is_needed() -> None:
    found = compare(*CHANGED, look=Look(2, 5))
    assert found.reason == "look 2 of 5: |T| 3.00 of 3.23 needed"
    assert found.look == Look(2, 5)


def test_the_interval_at_a_look_is_the_one_of_its_bound() -> None:
    found = compare(*CHANGED, look=Look(2, 5))
    level = 1 - 2 * norm.sf(compute_bounds(5)[1])
    differences = np.array([1.0] * 9 + [0.0] * 11)
    low, high = compute_interval(differences, float(level))
    assert (found.low, found.high) == pytest.approx((float(low), float(high)), abs=1e-9)
    assert found.low < compare(*CHANGED).low


def test_the_one_sided_bounds_of_a_gate_are_those_of_one_analysis() -> None:
    early, late = compare(*CHANGED, look=Look(1, 5)), compare(*CHANGED)
    assert (early.surely_above, early.surely_below) == (late.surely_above, late.surely_below)


def test_the_first_of_twenty_looks_has_an_interval_though_its_level_is_no_float() -> None:
    found = compare(flat(0, 40), flat(1, 40), look=Look(1, MOST))
    assert (found.verdict, found.high) == ("inconclusive", 1.0)
    assert -1 <= found.low < 0
    assert found.mde80 == pytest.approx(
        (compute_bounds(MOST)[0] + norm.ppf(0.8))
        / compute_bounds(MOST)[0]
        * (found.high - found.low)
        / 2
    )


def test_what_is_missing_is_held_to_the_look_too() -> None:
    baseline, candidate = flat(0, 22) | {"s0": [1]}, flat(1, 22) | {"s0": [None]}
    found = compare(baseline, candidate, look=Look(1, 5))
    assert found.p < 0.05
    assert (found.verdict, found.reason) == ("inconclusive", "depends on 1 missing result")
    assert compare(baseline, candidate).verdict == "improved"


def test_a_look_that_random_flips_cannot_reach_is_not_called_fragile() -> None:
    found = compare(flat(0, 30), flat(1, 30), look=Look(1, 5))
    assert (found.verdict, found.fragile, found.reason) == ("improved", False, "")


def test_fragile_is_what_the_permutation_test_does_not_hold_to_the_looks_own_level() -> None:
    sides = moved(*[1] * 6, -1, 2 / 3, *[0] * 8)
    once, last = compare(*sides), compare(*sides, look=Look(5, 5))
    assert once.p_signflip == last.p_signflip == pytest.approx(0.043, abs=1e-3)
    assert (once.verdict, once.fragile) == ("improved", False)
    assert (last.verdict, last.fragile) == ("improved", True)
    assert compare(*sides, look=Look(5, 5), strict=True).verdict == "inconclusive"


def test_few_scenarios_stay_few_at_any_look() -> None:
    found = compare(flat(0, 5), flat(1, 5), look=Look(5, 5))
    assert found.reason == "fewer than 6 paired units (5)"


def test_the_statistic_is_the_mean_over_its_root_of_squares() -> None:
    assert compute_statistics(np.array([[1.0, 1, 1, -1], [0, 0, 0, 0]])) == pytest.approx(
        [1.0, 0.0]
    )
