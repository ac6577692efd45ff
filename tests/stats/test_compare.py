"""A verdict needs enough scenarios, an interval without 0, and results that are there."""

from __future__ import annotations

import math

import pytest
from promptverdict.stats.compare import compare
from promptverdict.stats.samples import MissingResults
from promptverdict.stats.score import compute_detectable, compute_quantile

from tests.cases import try_cases
from tests.stats.made import arm, flat, moved


def test_a_clear_gain_is_improved_and_a_clear_loss_regressed() -> None:
    better = compare(flat(0, 20, 3), flat(1, 20, 3))
    assert (better.verdict, better.estimate, better.reason) == ("improved", 1.0, "")
    assert (better.n, better.scenarios, better.trials) == (20, 20, (3, 3.0, 3))
    worse = compare(flat(1, 20, 3), flat(0, 20, 3))
    assert (worse.verdict, worse.estimate, worse.fragile) == ("regressed", -1.0, False)


@try_cases("score", [0.0, 1.0])
@try_cases(("n", "half"), [(10, 0.278), (20, 0.161), (50, 0.071), (100, 0.037)])
def test_where_nothing_differs_nothing_is_concluded(score: float, n: int, half: float) -> None:
    found = compare(flat(score, n), flat(score, n))
    assert (found.verdict, found.estimate, found.p) == ("inconclusive", 0.0, 1.0)
    assert found.reason == "the interval contains 0"
    assert (found.low, found.high) == pytest.approx((-half, half), abs=5e-4)
    assert found.mde80 == pytest.approx(1.43 * found.high, rel=1e-3)


def test_all_fail_against_all_pass_is_improved_at_ten_scenarios() -> None:
    found = compare(flat(0, 10), flat(1, 10))
    assert found.verdict == "improved"
    assert (found.low, found.high) == pytest.approx((0.445, 1.0), abs=1e-3)


def test_three_of_twenty_are_too_few_and_four_are_fragile() -> None:
    assert compare(*moved(*[-1] * 3, *[0] * 17)).verdict == "inconclusive"
    four = compare(*moved(*[-1] * 4, *[0] * 16))
    assert (four.verdict, four.fragile) == ("regressed", True)
    assert four.p == pytest.approx(0.0493, abs=1e-4)
    assert four.p_signflip == pytest.approx(0.0625)
    assert "4 of 20 changed, all in one direction" in four.reason


def test_strictness_turns_a_fragile_verdict_into_an_inconclusive_one() -> None:
    sides = moved(*[1] * 4, *[0] * 16)
    assert compare(*sides).verdict == "improved"
    strict = compare(*sides, strict=True)
    assert (strict.verdict, strict.fragile) == ("inconclusive", True)
    assert "permutation mid-p" in strict.reason


def test_strictness_leaves_a_sturdy_verdict_alone() -> None:
    assert compare(*moved(*[1] * 8, *[0] * 2), strict=True).verdict == "improved"


@try_cases("n", [1, 2, 3, 4, 5])
def test_fewer_than_six_scenarios_give_no_verdict_whatever_they_show(n: int) -> None:
    found = compare(flat(0, n, 10), flat(1, n, 10))
    assert found.verdict == "inconclusive"
    assert found.reason == f"fewer than 6 paired units ({n})"
    assert found.estimate == 1.0


def test_six_scenarios_can_give_a_verdict() -> None:
    assert compare(flat(0, 6), flat(1, 6)).verdict == "improved"


def test_no_scenario_is_invalid_and_has_no_estimate() -> None:
    found = compare({}, {})
    assert (found.verdict, found.low, found.high, found.p) == ("invalid", -1.0, 1.0, 1.0)
    assert math.isnan(found.estimate)
    assert str(found) == "invalid: no scenario has a score in both variants"


def test_ties_are_kept_because_they_tell_of_the_size() -> None:
    without = compare(*moved(*[-1] * 4, *[0] * 6))
    with_ties = compare(*moved(*[-1] * 4, *[0] * 46))
    assert with_ties.n == 50
    assert with_ties.high - with_ties.low < without.high - without.low


def test_scenarios_of_one_family_count_as_one() -> None:
    sides = flat(0, 12), flat(1, 12)
    families = {f"s{number}": str(number // 4) for number in range(12)}
    found = compare(*sides, families)
    assert (found.n, found.scenarios, found.unit) == (3, 12, "family")
    assert found.verdict == "inconclusive"
    assert compare(*sides).verdict == "improved"


@try_cases("wrong", [1.2, -0.1, math.inf])
def test_a_score_outside_the_scale_is_refused_and_not_clipped(wrong: float) -> None:
    with pytest.raises(ValueError, match=r"s0: score .* is not in 0\.\.1"):
        compare(arm([1]), arm([wrong]))


@try_cases("wrong", [0.0, 1.0, math.nan])
def test_an_alpha_that_is_no_level_is_refused(wrong: float) -> None:
    with pytest.raises(ValueError, match="alpha"):
        compare(arm([1]), arm([1]), alpha=wrong)


def test_more_than_a_tenth_missing_is_invalid_and_the_estimate_still_told() -> None:
    candidate = flat(1, 20)
    for number in range(3):
        candidate[f"s{number}"] = [None]
    found = compare(flat(0, 20), candidate)
    assert found.verdict == "invalid"
    assert found.reason == "3 of 20 results of the candidate are missing, more than 10%"
    assert (found.estimate, found.n) == (1.0, 17)


def test_results_missing_unequally_are_invalid_below_a_tenth() -> None:
    candidate = flat(1, 100)
    for number in range(8):
        candidate[f"s{number}"] = [None]
    found = compare(flat(0, 100), candidate)
    assert found.verdict == "invalid"
    assert "Fisher" in found.reason


def test_a_verdict_stands_where_the_missing_could_not_have_changed_it() -> None:
    candidate = flat(1, 20, 2)
    candidate["s3"] = [1, None]
    found = compare(flat(0, 20, 2), candidate)
    assert found.verdict == "improved"
    assert found.missing_candidate == MissingResults(1, 40)


def test_a_verdict_falls_where_the_missing_could_have_changed_it() -> None:
    baseline, candidate = moved(*[1] * 4, *[0] * 16)
    assert compare(baseline, candidate).verdict == "improved"
    baseline["s19"], candidate["s19"] = [1], [None]
    found = compare(baseline, candidate)
    assert (found.verdict, found.reason) == ("inconclusive", "depends on 1 missing result")
    assert found.low > 0


def test_a_scenario_of_one_variant_alone_is_named_and_can_cost_the_verdict() -> None:
    baseline, candidate = moved(*[1] * 4, *[0] * 16)
    candidate["new"] = [1.0, 1.0]
    found = compare(baseline, candidate)
    assert found.unpaired == ("new",)
    assert found.n == 20
    assert found.missing_candidate.results == found.missing_baseline.results == 0
    assert compare(flat(0, 20), flat(1, 20) | {"new": [1.0]}).verdict == "improved"
    del candidate["new"]
    baseline["old"] = [1.0, 1.0]
    assert compare(baseline, candidate).reason == "depends on 2 missing results"


def test_what_is_surely_so_holds_the_missing_against_or_for_the_candidate() -> None:
    whole = compare(flat(1, 40), flat(1, 40))
    gaps = compare(flat(1, 40), flat(1, 40) | {"s0": [None], "s1": [None]})
    assert whole.surely_above == pytest.approx(-whole.surely_below)
    assert gaps.surely_above < whole.surely_above
    assert gaps.surely_below == pytest.approx(whole.surely_below)
    assert gaps.estimate == 0.0


def test_the_one_sided_bounds_are_those_of_twice_the_level() -> None:
    sides = moved(*[1] * 6, *[-1] * 2, *[0] * 12)
    found, wider = compare(*sides), compare(*sides, alpha=0.10)
    assert found.surely_above == pytest.approx(wider.low)
    assert found.surely_below == pytest.approx(wider.high)
    assert wider.mde80 == pytest.approx(
        compute_detectable((wider.high - wider.low) / 2, compute_quantile(0.95))
    )


def test_a_comparison_tells_estimate_interval_and_what_would_be_missed() -> None:
    told = str(compare(*moved(1 / 3, 0, -1 / 3, 2 / 3, 0, 0, 1 / 3, 0, 1, 0)))
    assert told == (
        "inconclusive: the interval contains 0; +20.0 points (95% interval -8.6 to +46.9),"
        " a change smaller than about 40 points would usually be missed"
    )
