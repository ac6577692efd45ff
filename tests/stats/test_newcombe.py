"""Every result of so many trials is counted, and none errs more often than it says."""

from __future__ import annotations

import numpy as np
import pytest
from promptverdict.stats.newcombe import (
    can_show_a_change,
    compute_change_p,
    compute_interval,
    compute_margin_p,
    compute_newcombe,
    find_holding_quantile,
)
from promptverdict.stats.samples import Array
from scipy.stats import binom, fisher_exact, norm

from tests.cases import try_cases
from tests.stats.made import published

CHANCES = np.linspace(0, 1, 2001)
USUAL = float(norm.ppf(0.975))


def outside(trials: tuple[int, int], z: float) -> Array:
    """Whether the interval leaves out 0, for each number of passes of both."""
    ends = [
        [compute_interval((x, trials[0]), (y, trials[1]), z) for y in range(trials[1] + 1)]
        for x in range(trials[0] + 1)
    ]
    return np.array([[float(low > 0 or high < 0) for low, high in row] for row in ends])


def worst(results: Array, loss: float = 0.0) -> float:
    """The greatest chance of these results, whatever the chance of passing before a loss."""
    before = loss + (1 - loss) * CHANCES
    shares = [
        np.stack([binom.pmf(passes, size - 1, chance) for passes in range(size)], axis=1)
        for size, chance in zip(results.shape, (before, before - loss), strict=True)
    ]
    return float(np.einsum("px,xy,py->p", shares[0], results, shares[1]).max())


def test_the_interval_is_newcombes() -> None:
    figure = published()["newcombe_indep_5_56_0_29"]
    x1, n1, x2, n2 = (figure.inputs[name] for name in ("x1", "n1", "x2", "n2"))
    assert list(compute_newcombe((x2, n2), (x1, n1), figure.inputs["conf"])) == figure.about


@try_cases("counts", [((0, 0), (1, 2)), ((1, 2), (0, 0)), ((3, 2), (1, 2))])
def test_counts_that_make_no_share_are_refused(counts: tuple[tuple[int, int], ...]) -> None:
    with pytest.raises(ValueError, match="share"):
        compute_newcombe(*counts)


@try_cases(
    ("trials", "errs"), [(2, 0.125), (4, 0.070), (5, 0.062), (6, 0.068), (8, 0.077), (12, 0.064)]
)
def test_as_it_is_published_it_errs_too_often_with_few_trials(trials: int, errs: float) -> None:
    assert worst(outside((trials, trials), USUAL)) == pytest.approx(errs, abs=5e-4)


def test_made_wider_it_errs_in_at_most_5_percent_with_1_to_30_trials_of_each() -> None:
    errs = {
        n: worst(outside((n, n), find_holding_quantile((n, n), 0.05))) if n > 2 else 0.0
        for n in range(1, 31)
    }
    assert max(errs.values()) == pytest.approx(0.0497, abs=5e-5)
    assert max(errs, key=lambda n: errs[n]) == 22
    assert not any(outside((n, n), find_holding_quantile((n, n), 0.05)).any() for n in (1, 2))


@try_cases("trials", [(2, 4), (3, 30), (10, 1), (9, 10), (20, 7)])
@try_cases("alpha", [0.05, 0.05 / 6])
def test_it_holds_where_one_variant_was_tried_more(trials: tuple[int, int], alpha: float) -> None:
    assert worst(outside(trials, find_holding_quantile(trials, alpha))) <= alpha


@try_cases("trials", [(1, 1), (30, 30), (3, 50), (500, 500)])
def test_it_is_never_narrower_than_published(trials: tuple[int, int]) -> None:
    assert find_holding_quantile(trials, 0.05) > USUAL - 1e-12


@try_cases("trials", [(2, 2), (3, 3), (7, 7), (4, 9), (12, 12)])
def test_p_is_below_alpha_exactly_where_the_interval_leaves_out_0(trials: tuple[int, int]) -> None:
    before, after = trials
    told = [
        [float(compute_change_p((x, before), (y, after)) < 0.05) for y in range(after + 1)]
        for x in range(before + 1)
    ]
    assert (np.array(told) == outside(trials, find_holding_quantile(trials, 0.05))).all()


def test_two_trials_that_turn_are_one_chance_in_eight() -> None:
    assert compute_change_p((2, 2), (0, 2)) == pytest.approx(0.125)
    assert not can_show_a_change((2, 2), 0.05)
    assert can_show_a_change((3, 3), 0.05)


@try_cases("counts", [((7, 10), (1, 10)), ((20, 20), (15, 20)), ((30, 60), (42, 60))])
def test_p_is_below_that_of_fishers_test_which_asks_for_more(
    counts: tuple[tuple[int, int], ...],
) -> None:
    table = [[passes, trials - passes] for passes, trials in counts]
    assert compute_change_p(*counts) < fisher_exact(table)[1]


def test_p_mirrors() -> None:
    assert compute_change_p((3, 9), (8, 12)) == pytest.approx(compute_change_p((8, 12), (3, 9)))
    assert compute_change_p((3, 9), (8, 12)) == pytest.approx(compute_change_p((6, 9), (4, 12)))


@try_cases("counts", [((0, 0), (1, 2)), ((2, 4), (3, 6)), ((0, 5), (0, 5))])
def test_where_nothing_moved_or_was_tried_p_is_1(counts: tuple[tuple[int, int], ...]) -> None:
    assert compute_change_p(*counts) == 1.0


def test_many_trials_are_counted_too() -> None:
    assert compute_change_p((1500, 3000), (1600, 3000)) == pytest.approx(0.0098, abs=3e-4)


@try_cases("trials", [(5, 5), (12, 12), (6, 15)])
@try_cases("margin", [0.05, 0.10, 0.20])
def test_a_bound_beyond_the_margin_is_as_rare_as_its_p(
    trials: tuple[int, int], margin: float
) -> None:
    lows = np.array(
        [
            [
                compute_interval((x, trials[0]), (y, trials[1]), USUAL)[0]
                for y in range(trials[1] + 1)
            ]
            for x in range(trials[0] + 1)
        ]
    )
    for bound in (-margin, 0.0, float(lows.max())):
        rare = worst((lows > bound - 1e-12).astype(float), margin)
        assert compute_margin_p(trials, bound, margin, 0.025) == pytest.approx(rare, abs=1e-5)
