"""About exactly these scenarios the trials are all there is to be unsure of, and no floor holds."""

from __future__ import annotations

import itertools
import math
from collections.abc import Sequence

import numpy as np
import pytest
from promptverdict.stats.compare import compare
from promptverdict.stats.corrections import adjust_verdicts
from promptverdict.stats.fixed import Trials, compare_fixed
from promptverdict.stats.gates import answer_gate, count_spotless_trials
from promptverdict.stats.looks import Look
from promptverdict.stats.newcombe import compute_interval, compute_newcombe, find_holding_quantile
from scipy.stats import binom

from tests.cases import try_cases


def tried(*scenarios: Sequence[float | None]) -> Trials:
    """Grades of s0, s1, ...: one grade for each trial."""
    return {f"s{number}": [[one] for one in trials] for number, trials in enumerate(scenarios)}


def even(passes: int, scenarios: int, trials: int) -> Trials:
    """As many passes in all, as evenly as can be."""
    grades = [float(number < passes) for number in range(scenarios * trials)]
    return tried(*[grades[first::scenarios] for first in range(scenarios)])


def ends(before: tuple[int, int], after: tuple[int, int]) -> tuple[float, float]:
    """The interval that holds for so many trials."""
    return compute_interval(before, after, find_holding_quantile((before[1], after[1]), 0.05))


def test_trials_are_pooled_over_scenarios_of_as_many_trials() -> None:
    found = compare_fixed(even(54, 20, 3), even(40, 20, 3))
    assert (found.low, found.high) == pytest.approx(ends((54, 60), (40, 60)))
    assert found.low < compute_newcombe((54, 60), (40, 60))[0]
    assert (found.estimate, found.trials, found.n) == (pytest.approx(-14 / 60), (60, 60), 20)
    assert found.verdict == "regressed"


def test_three_scenarios_are_enough_for_a_verdict_on_these_three() -> None:
    sides = even(60, 3, 20), even(30, 3, 20)
    assert compare_fixed(*sides).verdict == "regressed"
    flat = [{name: [one for (one,) in trials] for name, trials in side.items()} for side in sides]
    assert compare(*flat).verdict == "inconclusive"


@try_cases("trials", [1, 2])
def test_one_or_two_trials_are_no_verdict_whatever_they_show(trials: int) -> None:
    for before, after in ((1.0, 0.0), (0.0, 1.0)):
        found = compare_fixed(tried([before] * trials), tried([after] * trials))
        assert (found.verdict, found.is_decidable) == ("inconclusive", False)
        assert found.low <= 0 <= found.high
        for mode in ("no_regression", "non_inferiority"):
            said = answer_gate(found, mode, 0.10)
            assert (said.outcome, said.refused) == ("inconclusive", True)


def test_what_the_exact_count_alone_denies_is_said_to_be_of_too_few_trials() -> None:
    found = compare_fixed(tried([1.0] * 2), tried([0.0] * 2))
    assert found.reason == "too few trials (2 and 2): exact p=0.125"
    assert compute_newcombe((2, 2), (0, 2))[1] < 0
    assert compare_fixed(tried([1.0] * 3), tried([0.0] * 3)).verdict == "regressed"


def test_a_fraction_of_a_pass_counts_against_whatever_is_shown() -> None:
    found = compare_fixed(tried([1.0] * 3), tried([0.0, 0.0, 0.1]))
    assert (found.verdict, found.estimate) == ("inconclusive", pytest.approx(-0.9 - 0.2 / 3))
    assert found.low == pytest.approx(ends((3, 3), (0, 3))[0])
    assert found.high == pytest.approx(ends((3, 3), (1, 3))[1])
    assert "missing" not in found.reason


@try_cases("margin", [0.05, 0.10, 0.20])
@try_cases("trials", [2, 5, 11, 14])
def test_a_gate_passes_what_is_worse_by_its_margin_in_5_percent_at_most(
    margin: float, trials: int
) -> None:
    sides = [even(passes, 1, trials) for passes in range(trials + 1)]
    passed = [
        [
            answer_gate(compare_fixed(before, after), "non_inferiority", margin).outcome == "pass"
            for after in sides
        ]
        for before in sides
    ]
    chances = np.linspace(margin, 1, 500)
    shares = [
        np.stack([binom.pmf(passes, trials, chance) for passes in range(trials + 1)], axis=1)
        for chance in (chances, chances - margin)
    ]
    errs = np.einsum("px,xy,py->p", shares[0], np.array(passed, dtype=float), shares[1])
    assert errs.max() <= 0.05
    assert (trials == 2) == (errs.max() == 0)


def test_interval_and_p_never_contradict_each_other() -> None:
    for before, after in itertools.product(range(0, 31, 3), repeat=2):
        found = compare_fixed(even(before, 10, 3), even(after, 10, 3))
        assert (found.p < 0.05) == (found.low > 0 or found.high < 0)
        assert (found.verdict == "inconclusive") == (found.p >= 0.05)
        assert found.low <= found.surely_above <= found.estimate <= found.surely_below <= found.high


def test_a_scenario_that_was_tried_more_often_weighs_no_more() -> None:
    easy_often = tried([1.0] * 9, [0.0])
    hard_often = tried([1.0], [0.0] * 9)
    found = compare_fixed(easy_often, hard_often)
    assert (found.estimate, found.verdict) == (0.0, "inconclusive")


def test_scenarios_tried_unequally_often_count_as_the_one_tried_least() -> None:
    uneven = tried(*[[1.0] * 5] * 9, [1.0, 1.0])
    assert compare_fixed(uneven, uneven).trials == (20, 20)


def test_grades_of_one_trial_count_once() -> None:
    once: Trials = {f"s{number}": [[1.0]] * 3 for number in range(4)}
    thrice: Trials = {f"s{number}": [[1.0, 1.0, 1.0]] * 3 for number in range(4)}
    assert compare_fixed(thrice, thrice).low == compare_fixed(once, once).low
    half: Trials = {f"s{number}": [[1.0, 0.0]] * 3 for number in range(4)}
    assert compare_fixed(half, half).low == pytest.approx(ends((6, 12), (6, 12))[0])


def test_what_is_missing_counts_against_whatever_is_shown() -> None:
    baseline = even(60, 20, 3)
    candidate = dict(baseline) | {"s0": [[1.0], [1.0], [None]]}
    found = compare_fixed(baseline, candidate)
    assert found.estimate == 0.0
    assert found.low == pytest.approx(ends((60, 60), (59, 60))[0])
    assert found.high == pytest.approx(ends((60, 60), (60, 60))[1])
    assert found.missing_candidate.results == 1
    assert "missing results" in found.reason


def test_a_verdict_that_missing_results_could_undo_is_none() -> None:
    failed, lost = (
        compare_fixed(even(60, 20, 3), tried(*[[1.0, 1.0, last]] * 6, *[[1.0] * 3] * 14))
        for last in (0.0, None)
    )
    assert (failed.verdict, lost.verdict, lost.p) == ("regressed", "inconclusive", 1.0)
    assert (lost.low, lost.surely_above) == (failed.low, failed.surely_above)


def test_too_much_or_unequally_missing_is_invalid() -> None:
    candidate = dict(even(60, 20, 3)) | {f"s{number}": [[None]] * 3 for number in range(3)}
    found = compare_fixed(even(60, 20, 3), candidate)
    assert (found.verdict, found.is_decidable) == ("invalid", False)
    assert "9 of 60 results of the candidate" in found.reason


def test_a_scenario_that_one_side_alone_ran_is_missing_in_the_other() -> None:
    baseline = even(60, 20, 3)
    found = compare_fixed(baseline, {name: baseline[name] for name in list(baseline)[:-1]})
    assert (found.n, found.trials, found.estimate) == (20, (60, 60), 0.0)
    assert found.low == pytest.approx(ends((60, 60), (57, 60))[0])


@try_cases("sides", [({}, {}), (tried([1.0]), {}), (tried([1.0]), tried([None]))])
def test_nothing_to_compare_is_invalid(sides: tuple[Trials, Trials]) -> None:
    found = compare_fixed(*sides)
    assert found.verdict == "invalid"
    assert math.isnan(found.estimate)
    assert answer_gate(found, "no_regression").exit_code == 7


@try_cases("grade", [-0.1, 1.1, math.inf])
def test_a_grade_outside_the_scale_is_refused(grade: float) -> None:
    with pytest.raises(ValueError, match="s0"):
        compare_fixed(tried([1.0]), tried([grade]))


def test_it_covers_what_the_chances_of_these_scenarios_differ_by() -> None:
    random = np.random.default_rng(9)
    before, after = random.random(12), random.random(12)
    inside = []
    for _ in range(300):
        sides = [random.random((2, 12)) < chances for chances in (before, after)]
        found = compare_fixed(*(tried(*side.T.astype(float).tolist()) for side in sides))
        inside.append(found.low <= (after - before).mean() <= found.high)
    assert np.mean(inside) > 0.95


def test_holm_takes_behaviours_below_any_floor_into_its_family() -> None:
    slight = compare_fixed(even(20, 2, 10), even(15, 2, 10))
    still = compare_fixed(even(20, 2, 10), even(20, 2, 10))
    assert slight.verdict == "regressed"
    left = adjust_verdicts({"slight": slight, "a": still, "b": still, "c": still})["slight"]
    assert (left.verdict, left.p_holm) == ("inconclusive", pytest.approx(4 * slight.p))


@try_cases(("margin", "trials"), [(0.05, 59), (0.10, 29), (0.20, 14)])
def test_a_margin_takes_so_many_trials_that_all_pass_in_however_few_scenarios(
    margin: float, trials: int
) -> None:
    assert count_spotless_trials(margin) == trials
    enough = answer_gate(compare_fixed(*[even(trials, 1, trials)] * 2), "non_inferiority", margin)
    assert (enough.outcome, enough.exit_code, enough.needed) == ("pass", 0, 1)
    few = answer_gate(
        compare_fixed(*[even(trials - 1, 1, trials - 1)] * 2), "non_inferiority", margin
    )
    assert (few.outcome, few.exit_code, few.refused) == ("inconclusive", 6, False)
    assert f"{trials - 1} trials cannot show a margin" in few.reason
    assert f"{trials} that all pass can" in few.reason


def test_a_gate_says_that_it_answers_for_exactly_these() -> None:
    found = answer_gate(compare_fixed(even(60, 20, 3), even(40, 20, 3)), "no_regression")
    assert (found.estimand, found.outcome, found.exit_code) == ("suite", "fail", 1)
    assert found.reason == (
        "regressed; exactly these 20 scenarios, no claim about others:"
        " -33.3 points (95% interval -46.3 to -20.7)"
    )
    broken = answer_gate(compare_fixed({}, {}), "no_regression")
    assert broken.reason.endswith("exactly these 0 scenarios, no claim about others")


def test_a_gate_tells_apart_what_both_ran_and_what_one_alone_ran() -> None:
    candidate = tried([1.0] * 3, [1.0] * 3)
    baseline = tried([0.0] * 3, [0.0] * 3, *[[1.0, 0.0, 1.0]] * 8)
    found = compare_fixed(baseline, candidate)
    assert (found.n, found.paired, found.estimate) == (10, 2, 1.0)
    assert found.high < found.estimate
    assert answer_gate(found, "no_regression").reason.endswith(
        "exactly these 10 scenarios, no claim about others: +100.0 points over the 2 that both"
        f" variants ran; 95% interval over all 10, whatever the missing results were:"
        f" {100 * found.low:+.1f} to {100 * found.high:+.1f}"
    )


def test_a_gate_lets_doubt_pass_or_blocks_it_by_its_mode() -> None:
    doubt = compare_fixed(even(50, 20, 3), even(47, 20, 3))
    assert answer_gate(doubt, "no_regression", 0.10).exit_code == 0
    assert answer_gate(doubt, "non_inferiority", 0.10).exit_code == 6


def test_a_small_certain_loss_passes_with_a_warning() -> None:
    found = answer_gate(
        compare_fixed(even(500, 5, 100), even(485, 5, 100)), "non_inferiority", 0.10
    )
    assert (found.outcome, found.warning) == ("pass", "worse, but by less than the margin")


@try_cases("margin", [0.0, 1.0])
def test_a_margin_outside_the_scale_is_refused(margin: float) -> None:
    with pytest.raises(ValueError, match="margin"):
        answer_gate(compare_fixed(even(5, 5, 1), even(5, 5, 1)), "no_regression", margin)


def test_before_the_last_look_nothing_is_said_of_exactly_these() -> None:
    sides = even(60, 20, 3), even(0, 20, 3)
    early = compare_fixed(*sides, look=Look(1, 2))
    assert early.reason == "look 1 of 2: not all of these scenarios are in"
    waiting = answer_gate(early, "no_regression")
    assert (waiting.outcome, waiting.refused, waiting.exit_code) == ("inconclusive", True, 6)
    assert waiting.reason.endswith("no claim about others")
    assert compare_fixed(*sides, look=Look(2, 2)).verdict == "regressed"


def families_of(count: int, size: int) -> dict[str, str]:
    return {f"s{number}": f"f{number % count}" for number in range(count * size)}


def shared(passes: Sequence[int], trials: int, size: int) -> Trials:
    """Families of a size whose members share the outcome of each trial: passes of each family."""
    return tried(*[[1.0] * n + [0.0] * (trials - n) for n in passes] * size)


def test_a_family_that_shares_its_outcomes_counts_as_one_scenario() -> None:
    before, after = shared([5, 5, 4], 5, 3), shared([1, 2, 2], 5, 3)
    once = compare_fixed(shared([5, 5, 4], 5, 1), shared([1, 2, 2], 5, 1))
    family = compare_fixed(before, after, families_of(3, 3))
    assert (family.low, family.high, family.p) == (once.low, once.high, once.p)
    assert (family.n, family.unit, once.unit) == (3, "family", "scenario")
    assert compare_fixed(before, after).p < family.p


@try_cases(("count", "trials"), [(2, 2), (4, 3), (8, 1), (3, 5)])
def test_families_that_share_their_outcomes_err_in_five_percent_at_most(
    count: int, trials: int
) -> None:
    families, total = families_of(count, 3), count * trials
    sides = [
        shared([n // count + (place < n % count) for place in range(count)], trials, 3)
        for n in range(total + 1)
    ]

    def count_verdicts(given: dict[str, str] | None) -> float:
        found = [
            [compare_fixed(a, b, given).verdict != "inconclusive" for b in sides] for a in sides
        ]
        chances = binom.pmf(np.arange(total + 1), total, np.linspace(0, 1, 201)[:, None])
        return float(np.einsum("pa,ab,pb->p", chances, np.array(found, dtype=float), chances).max())

    assert count_verdicts(families) <= 0.05
    assert count_verdicts(None) > 0.05


def test_what_one_variant_alone_ran_of_a_family_is_missing_in_the_other() -> None:
    baseline = shared([5, 5, 5], 5, 2)
    candidate = {name: trials for name, trials in baseline.items() if name != "s3"}
    found = compare_fixed(baseline, candidate, families_of(3, 2))
    whole = compare_fixed(baseline, baseline, families_of(3, 2))
    assert found.low < whole.low
    assert (found.n, found.paired) == (3, 3)
