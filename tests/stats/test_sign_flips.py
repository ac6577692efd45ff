"""Sign flips are counted, however many there are, and never drawn."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from promptverdict.stats.sign_flips import compute_sign_flip_p
from scipy import stats

from tests.cases import try_cases
from tests.stats.made import published

FIGURES = published()


def count_flips(differences: list[float]) -> float:
    flips = np.array(list(itertools.product((-1, 1), repeat=len(differences))))
    sums, observed = np.abs(flips @ np.array(differences)), abs(sum(differences))
    ties = np.abs(sums - observed) < 1e-9
    return float((sums[~ties] > observed).sum() + 0.5 * ties.sum()) / len(flips)


def test_sign_flips_of_darwins_maize_are_fishers_but_for_half_the_ties() -> None:
    figure = FIGURES["signflip_darwin_two_sided"]
    heights = np.array(figure.inputs["d"])
    flips = np.array(list(itertools.product((-1, 1), repeat=heights.size)))
    ties = float((np.abs(np.abs(flips @ heights) - heights.sum()) < 1e-9).mean())
    assert compute_sign_flip_p(heights) + ties / 2 == figure.about


@try_cases(
    ("differences", "expected"),
    [
        ([1.0] * 4 + [0.0] * 16, 1 / 16),
        ([1.0] * 3, 1 / 8),
        ([1.0, -1.0], 1 - 0.5 / 2),
        ([0.0] * 9, 1.0),
        ([], 1.0),
    ],
)
def test_few_sign_flips_are_counted_by_hand(differences: list[float], expected: float) -> None:
    assert compute_sign_flip_p(np.array(differences)) == pytest.approx(expected)


@try_cases(("gains", "losses"), [(16, 6), (26, 14), (60, 41), (300, 240)])
def test_many_sign_flips_of_one_size_are_the_sign_tests_mid_p(gains: int, losses: int) -> None:
    moved = gains + losses
    exact = 2 * stats.binom.sf(gains, moved, 0.5) + stats.binom.pmf(gains, moved, 0.5)
    differences = np.array([1.0] * gains + [-1.0] * losses + [0.0] * 7)
    assert compute_sign_flip_p(differences) == pytest.approx(exact, abs=1e-12)


def test_shares_of_unequal_numbers_of_trials_are_counted_exactly() -> None:
    random = np.random.default_rng(4)
    for _ in range(20):
        trials = random.integers(1, 8, (2, 12))
        sides = random.binomial(trials, 0.6) / trials
        differences = list(sides[0] - sides[1])
        assert compute_sign_flip_p(np.array(differences)) == pytest.approx(
            count_flips([change for change in differences if abs(change) > 1e-12]), abs=1e-12
        )


def test_sizes_without_a_common_step_are_as_good_as_counted() -> None:
    random = np.random.default_rng(5)
    for shift in (0.0, 0.4, 0.9):
        few = list(random.normal(shift, 1, 12))
        assert compute_sign_flip_p(np.array(few)) == pytest.approx(count_flips(few), abs=2e-3)
    many = random.normal(0.3, 1, 30)
    theirs = stats.permutation_test(
        (many,), np.mean, permutation_type="samples", n_resamples=20_000, rng=1
    )
    assert compute_sign_flip_p(many) == pytest.approx(theirs.pvalue, abs=0.01)


def test_the_unit_of_the_differences_changes_nothing() -> None:
    differences = np.random.default_rng(6).integers(-3, 5, 40) / 4
    p = compute_sign_flip_p(differences)
    assert compute_sign_flip_p(differences / 5) == pytest.approx(p, abs=1e-12)
    assert compute_sign_flip_p(-differences) == p
