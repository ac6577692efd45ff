"""A scenario's change stands out where chance alone seldom makes it."""

from __future__ import annotations

import itertools

import pytest
from promptverdict.stats.flips import _compute_fisher_p, stands_out
from scipy.stats import fisher_exact

from tests.cases import try_cases


@try_cases(
    ("before", "after", "expected"),
    [
        ((11, 1), (10, 2), False),
        ((12, 0), (7, 5), True),
        ((12, 0), (8, 4), False),
        ((1, 0), (0, 1), True),
        ((3, 0), (0, 3), True),
        ((3, 0), (1, 2), True),
        ((3, 0), (2, 1), False),
        ((2, 0), (1, 1), True),
        ((4, 0), (0, 4), True),
        ((2, 0), (2, 0), False),
        ((0, 0), (3, 0), False),
    ],
)
def test_only_clear_changes_stand_out(
    before: tuple[int, int], after: tuple[int, int], expected: bool
) -> None:
    assert stands_out(before, after) == stands_out(after, before) == expected


def test_the_p_is_fishers() -> None:
    for a, b, c, d in itertools.product(range(0, 7, 2), repeat=4):
        if a + b and c + d:
            theirs = fisher_exact([[a, b], [c, d]])[1]
            assert _compute_fisher_p((a, b), (c, d)) == pytest.approx(theirs)
