"""A screen finds what differs, holds its share of false alarms, and claims nothing on little."""

from __future__ import annotations

import math

import numpy as np
import pytest
from promptverdict.stats.samples import pair_scores
from promptverdict.stats.screen import SAME, Q, Ratio, Screened, screen
from promptverdict.stats.sign_flips import compute_sign_flip_p
from promptverdict.stats.unbounded import RatioTest, compare_unbounded
from scipy.stats import false_discovery_control

from tests.stats.made import Arm, arm, flat


def one(baseline: Arm, candidate: Arm, **more: object) -> Screened:
    return screen({"calls": baseline}, {"calls": candidate}, **more)["calls"]  # type: ignore[arg-type]


def ratio_of(test: RatioTest) -> Ratio:
    return Ratio(ratio=test.ratio, low=test.low, high=test.high)


def drawn(random: np.random.Generator, scenarios: int, shift: float = 0.0) -> tuple[Arm, Arm]:
    before = random.poisson(5, (scenarios, 2)).astype(float)
    after = random.poisson(5, (scenarios, 2)) + shift
    return arm(*before.tolist()), arm(*after.tolist())


def test_means_are_of_scenarios_and_not_of_trials() -> None:
    found = one(arm([10], [2, 2, 2, 2]), arm([12], [3]))
    assert (found.baseline, found.candidate, found.difference) == (6.0, 7.5, 1.5)
    assert found.means == {"s0": (10.0, 12.0), "s1": (2.0, 3.0)}


def test_p_is_the_sign_flip_mid_p_whatever_the_unit() -> None:
    baseline, candidate = drawn(np.random.default_rng(3), 9, shift=1)
    exact = compute_sign_flip_p(pair_scores(baseline, candidate).differences)
    for unit in (1.0, 1e-9, 1e9):
        scaled = [
            {name: [value * unit for value in values if value is not None] for name, values in side}
            for side in (baseline.items(), candidate.items())
        ]
        assert one(scaled[0], scaled[1]).p == pytest.approx(exact)  # type: ignore[arg-type]


def test_six_scenarios_that_all_move_one_way_are_worth_a_look_and_five_are_not() -> None:
    six, five = one(flat(1, 6), flat(2, 6)), one(flat(1, 5), flat(2, 5))
    assert (six.p, six.p_adjusted, six.worth_a_look) == (1 / 64, 1 / 64, True)
    assert (five.p, five.p_adjusted, five.worth_a_look) == (None, None, False)
    assert five.difference == 1.0
    assert five.reason == "fewer than 6 paired scenarios (5)"


def test_several_measures_are_adjusted_together() -> None:
    random = np.random.default_rng(5)
    sides = {f"m{number}": drawn(random, 12, shift=4 * (number == 3)) for number in range(10)}
    found = screen({n: s[0] for n, s in sides.items()}, {n: s[1] for n, s in sides.items()})
    raw = [each.p for each in found.values()]
    assert list(found) == list(sides)
    assert None not in raw
    assert [each.p_adjusted for each in found.values()] == pytest.approx(
        list(false_discovery_control(raw))
    )
    assert found["m3"].worth_a_look
    for each in found.values():
        assert each.worth_a_look == ((each.p_adjusted or 0) <= Q)
    assert not all(each.worth_a_look for each in found.values())


def test_what_is_the_same_everywhere_is_no_test() -> None:
    clear = (flat(1, 6), flat(2, 6))
    alone = one(*clear)
    same = {f"same{number}": flat(number, 6) for number in range(50)}
    found = screen({"calls": clear[0]} | same, {"calls": clear[1]} | same)
    assert found["calls"].p_adjusted == alone.p_adjusted
    assert (found["same3"].p, found["same3"].reason) == (None, "the same on both sides")


def test_trials_that_do_not_know_a_measure_are_counted_and_are_no_zeros() -> None:
    found = one(arm(*[[4, 4]] * 12), arm(*[[4, 4]] * 11, [None, 4]))
    assert (found.difference, found.missing_baseline, found.missing_candidate) == (
        0.0,
        0,
        1,
    )
    assert one(arm([None]), arm([3])).n == 0
    assert one(arm([None]), arm([3])).difference is None


def test_too_many_missing_are_no_reason_to_look() -> None:
    found = one(flat(1, 20), flat(2, 16) | {f"s{number}": [None] for number in range(16, 20)})
    assert (found.worth_a_look, found.p, found.difference) == (False, None, 1.0)
    assert "4 of 20 results of the candidate are missing" in found.reason


def test_a_ratio_comes_with_twenty_scenarios_above_zero_and_where_it_was_asked_for() -> None:
    baseline, candidate = drawn(np.random.default_rng(2), 20, shift=1)
    lifted = {name: [(value or 0) + 1 for value in each] for name, each in baseline.items()}
    found = one(lifted, candidate, ratios={"calls"})  # type: ignore[arg-type]
    assert found.ratio == ratio_of(compare_unbounded(lifted, candidate))
    assert one(lifted, candidate).ratio is None  # type: ignore[arg-type]
    assert one(flat(1, 19), flat(2, 19), ratios={"calls"}).ratio is None
    zero = flat(2, 20) | {"s3": [0.0]}
    assert one(zero, flat(2, 20), ratios={"calls"}).ratio is None


def test_means_and_ratio_count_a_family_once_as_the_test_does() -> None:
    baseline = arm(*[[1000]] * 30, *[[10]] * 20)
    candidate = arm(*[[500]] * 30, *[[40]] * 20)
    family = {f"s{number}": "shop" for number in range(30)}
    found = one(baseline, candidate, families=family, ratios={"calls"})
    assert found.n == 21
    assert found.difference == pytest.approx((20 * 30 - 500) / 21)
    assert found.ratio == ratio_of(compare_unbounded(baseline, candidate, family))
    assert found.ratio is not None
    assert found.ratio.ratio > 1


def test_differences_that_cancel_out_are_not_the_same() -> None:
    few = one(arm([10], [10]), arm([18], [2]))
    assert (few.difference, few.reason) == (0.0, "fewer than 6 paired scenarios (2)")
    assert one(flat(3, 2), flat(3, 2)).reason == SAME
    pairs = {f"s{number}": f"family{number // 2}" for number in range(12)}
    several = one(flat(10, 12), arm(*[[18], [2]] * 6), families=pairs)
    assert (several.n, several.reason) == (6, "no family differs on average")


def test_alarms_where_nothing_changed_are_as_rare_as_promised() -> None:
    random = np.random.default_rng(20261121)
    screens = 300
    alarms = 0
    for _ in range(screens):
        sides = [drawn(random, 8) for _ in range(12)]
        before, after = ({f"m{n}": side[at] for n, side in enumerate(sides)} for at in (0, 1))
        alarms += any(each.worth_a_look for each in screen(before, after).values())
    # Where nothing is true, the share of false alarms is the chance of any; 3 standard errors.
    assert alarms / screens <= Q + 3 * math.sqrt(Q * (1 - Q) / screens)


def test_nothing_measured_is_nothing_found() -> None:
    assert screen({}, {}) == {}
    assert one({}, {}).reason == "fewer than 6 paired scenarios (0)"
