"""A drift between two times: Fisher's exact test, and what it would have noticed."""

from __future__ import annotations

import math

import numpy as np
import pytest
from promptverdict.stats.drift import Count, compute_drift_p, find_noticeable_changes

from tests.cases import try_cases


@try_cases(("old", "new"), [(7, 4), (12, 3), (30, 10)])
def test_all_and_then_none_is_one_table_of_all_with_these_margins(old: int, new: int) -> None:
    p = compute_drift_p(Count(old, old), Count(0, new))
    assert p == pytest.approx(1 / math.comb(old + new, new))


def test_without_trials_nothing_is_shown() -> None:
    assert compute_drift_p(Count(5, 5), Count(0, 0)) == 1
    assert find_noticeable_changes(Count(0, 0), 4, 0.05) == (None, None)
    assert find_noticeable_changes(Count(5, 5), 0, 0.05) == (None, None)


def test_what_would_be_noticed_is_noticed_in_eight_of_ten_cases() -> None:
    before = Count(16, 20)
    fall, rise = find_noticeable_changes(before, 20, 0.05)
    assert fall is not None
    assert rise is None
    draw = np.random.default_rng(1)
    for chance, least, most in ((0.8 - fall, 0.78, 0.86), (0.8 - fall + 0.08, 0, 0.78)):
        passed = draw.binomial(20, chance, 2000)
        noticed = [compute_drift_p(before, Count(each, 20)) <= 0.05 for each in range(21)]
        assert least <= np.mean(np.array(noticed)[passed]) <= most


def test_a_rise_is_noticed_as_a_fall_of_the_opposite() -> None:
    fall, _ = find_noticeable_changes(Count(16, 20), 20, 0.05)
    _, rise = find_noticeable_changes(Count(4, 20), 20, 0.05)
    assert rise == pytest.approx(fall)


def test_too_few_trials_notice_nothing() -> None:
    assert find_noticeable_changes(Count(4, 7), 2, 0.05) == (None, None)


@try_cases("share", [0.0, 0.2, 0.5, 0.9])
def test_the_same_baseline_drifts_by_chance_in_at_most_a_twentieth(share: float) -> None:
    """The scenarios differ in difficulty as much as they can; the new trials are a random part."""
    draw = np.random.default_rng(3)
    alarms = 0
    for _ in range(600):
        easy = draw.random(12) < share
        chances = np.where(draw.random(12) < 0.5, easy, share)
        old = int((draw.random(12) < chances).sum())
        chosen = draw.choice(chances, 6, replace=False)
        new = int((draw.random(6) < chosen).sum())
        alarms += compute_drift_p(Count(old, 12), Count(new, 6)) <= 0.05
    assert alarms / 600 <= 0.05
