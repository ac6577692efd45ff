"""Quantities without a ceiling are compared as ratios, and are never scores."""

from __future__ import annotations

import math

import numpy as np
import pytest
from promptverdict.stats.unbounded import compare_unbounded
from scipy import stats

from tests.cases import try_cases
from tests.stats.made import Arm, arm, flat, published


def times(count: int, factor: float, trials: int = 1) -> tuple[Arm, Arm]:
    """Lognormal seconds, and the same multiplied and shaken a little."""
    random = np.random.default_rng(8)
    before = random.lognormal(3, 1, (count, trials))
    after = before * factor * random.lognormal(0, 0.2, (count, trials))
    return arm(*before.tolist()), arm(*after.tolist())


def test_it_is_the_paired_t_test_on_logarithms() -> None:
    baseline, candidate = times(25, 1.1)
    logs = [np.log([values[0] for values in side.values()]) for side in (candidate, baseline)]
    theirs = stats.ttest_rel(*logs)
    ends = theirs.confidence_interval()
    found = compare_unbounded(baseline, candidate)
    assert found.p == pytest.approx(theirs.pvalue)
    assert (found.low, found.high) == pytest.approx((math.exp(ends.low), math.exp(ends.high)))
    assert found.ratio == pytest.approx(math.exp((logs[0] - logs[1]).mean()))


def test_darwins_maize_has_its_published_p_and_too_few_pairs() -> None:
    figure = published()["paired_t_darwin"]
    heights = figure.inputs["d"]
    found = compare_unbounded(flat(1, 15), arm(*[[math.exp(height)] for height in heights]))
    assert found.p == pytest.approx(figure.expected[1], abs=5e-5)
    assert (found.verdict, found.reason) == (
        "inconclusive",
        "fewer than 20 paired scenarios (15)",
    )


@try_cases(("factor", "verdict"), [(1.5, "higher"), (0.6, "lower")])
def test_a_clear_change_is_named_by_its_direction(factor: float, verdict: str) -> None:
    found = compare_unbounded(*times(30, factor, 3))
    assert (found.verdict, found.reason, found.n) == (verdict, "", 30)
    assert found.low < found.ratio < found.high
    assert found.ratio == pytest.approx(factor, rel=0.15)
    assert found.p_signflip < 0.05


def test_the_same_is_inconclusive_and_one_time_as_much() -> None:
    baseline, _ = times(30, 1)
    found = compare_unbounded(baseline, baseline)
    assert (found.verdict, found.ratio, found.p) == ("inconclusive", 1.0, 1.0)
    assert found.reason == "the interval contains 1"


def test_twice_as_much_everywhere_is_certain() -> None:
    found = compare_unbounded(flat(10, 20), flat(20, 20))
    assert (found.verdict, found.p) == ("higher", 0.0)
    assert found.low == found.high == pytest.approx(2.0)


def test_trials_count_inside_their_scenario() -> None:
    found = compare_unbounded(arm(*[[1, 4]] * 20), arm(*[[2, 2]] * 20))
    assert found.ratio == pytest.approx(1.0)
    assert found.n == 20


def test_a_family_counts_once_and_is_averaged_first() -> None:
    growing = arm(*[[8]] * 4, *[[2]] * 20)
    family = {f"s{number}": "shop" for number in range(4)}
    found = compare_unbounded(flat(1, 24), growing, family)
    assert found.n == 21
    assert found.ratio == pytest.approx((8 * 2**20) ** (1 / 21))
    few = compare_unbounded(flat(1, 22), flat(2, 22), family)
    assert few.reason == "fewer than 20 paired units (19)"


def test_one_scenario_has_a_ratio_and_no_interval() -> None:
    found = compare_unbounded(arm([2]), arm([6]))
    assert (found.low, found.high, found.p) == (0.0, math.inf, 1.0)
    assert found.ratio == pytest.approx(3.0)


def test_nothing_paired_is_invalid() -> None:
    found = compare_unbounded({}, arm([1]))
    assert found.verdict == "invalid"
    assert math.isnan(found.ratio)
    assert found.unpaired == ("s0",)


def test_too_many_missing_are_invalid() -> None:
    found = compare_unbounded(flat(5, 30), flat(9, 26) | {f"s{n}": [None] for n in range(26, 30)})
    assert found.verdict == "invalid"
    assert "4 of 30" in found.reason
    assert found.ratio == pytest.approx(1.8)


@try_cases("wrong", [0.0, -1.0, math.inf])
def test_a_quantity_that_has_no_ratio_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match=r"s0: .* is not above 0"):
        compare_unbounded(arm([1]), arm([wrong]))
