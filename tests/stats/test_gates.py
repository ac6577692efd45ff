"""A gate passes what is shown, fails what is shown to be worse, and says where it cannot tell."""

from __future__ import annotations

import pytest
from promptverdict.stats.compare import compare
from promptverdict.stats.gates import answer_gate, count_units_needed
from promptverdict.stats.looks import Look
from promptverdict.stats.terms import GateMode

from tests.cases import try_cases
from tests.stats.made import arm, flat, moved


@try_cases(
    ("margin", "needed"),
    [(0.02, 149), (0.03, 99), (0.05, 59), (0.10, 29), (0.15, 19), (0.20, 14), (0.25, 11)],
)
def test_a_margin_needs_as_many_scenarios_as_could_hide_it(margin: float, needed: int) -> None:
    assert count_units_needed(margin) == needed
    assert 1 - (1 - margin) ** needed > 0.95
    assert 1 - (1 - margin) ** (needed - 1) < 0.95


def test_a_wide_margin_still_needs_six_scenarios() -> None:
    assert count_units_needed(0.9) == 6


@try_cases("margin", [0.0, 1.0, -0.1, 10.0])
def test_a_margin_outside_the_scale_is_refused(margin: float) -> None:
    with pytest.raises(ValueError, match="margin"):
        answer_gate(compare(flat(1, 9), flat(1, 9)), "no_regression", margin)


def test_non_inferiority_is_never_judged_without_a_margin() -> None:
    with pytest.raises(ValueError, match="needs a margin"):
        answer_gate(compare(flat(1, 9), flat(1, 9)), "non_inferiority")


@try_cases("mode", ["no_regression", "non_inferiority"])
def test_an_improvement_passes_with_few_scenarios_too(mode: GateMode) -> None:
    found = answer_gate(compare(flat(0, 8), flat(1, 8)), mode, 0.10)
    assert (found.outcome, found.exit_code, found.refused) == ("pass", 0, False)


@try_cases("mode", ["no_regression", "non_inferiority"])
def test_a_regression_fails(mode: GateMode) -> None:
    found = answer_gate(compare(flat(1, 40), flat(0, 40)), mode, 0.10)
    assert (found.outcome, found.exit_code, found.reason) == ("fail", 1, "regressed")


def test_a_regression_fails_without_a_margin() -> None:
    assert answer_gate(compare(flat(1, 8), flat(0, 8)), "no_regression").exit_code == 1


def test_enough_scenarios_that_tie_are_equivalent() -> None:
    found = answer_gate(compare(flat(1, 29), flat(1, 29)), "non_inferiority", 0.10)
    assert (found.outcome, found.exit_code) == ("pass", 0)
    assert found.reason == "equivalent within 10 points"


def test_one_scenario_below_the_floor_the_margin_is_refused() -> None:
    comparison = compare(flat(1, 28), flat(1, 28))
    assert comparison.surely_above > -0.10
    found = answer_gate(comparison, "non_inferiority", 0.10)
    assert (found.outcome, found.refused, found.exit_code) == ("inconclusive", True, 6)
    assert found.reason.endswith("28 paired units cannot show a margin of 10 points, 29 can")


def test_many_trials_do_not_make_up_for_few_scenarios() -> None:
    assert answer_gate(compare(flat(1, 20, 50), flat(1, 20, 50)), "non_inferiority", 0.10).refused


def test_doubt_blocks_under_non_inferiority_alone() -> None:
    comparison = compare(*moved(*[1] * 10, *[-1] * 12, *[0] * 18))
    strict = answer_gate(comparison, "non_inferiority", 0.10)
    assert (strict.outcome, strict.exit_code, strict.refused) == ("inconclusive", 6, False)
    loose = answer_gate(comparison, "no_regression", 0.10)
    assert (loose.outcome, loose.exit_code) == ("inconclusive", 0)
    assert loose.reason == "no regression shown: the interval contains 0"


def test_a_gate_that_blocks_on_regression_alone_is_not_refused_for_its_margin() -> None:
    found = answer_gate(compare(flat(1, 20), flat(1, 20)), "no_regression", 0.10)
    assert (found.outcome, found.refused, found.exit_code) == ("inconclusive", False, 0)
    assert "29 can" in found.reason


def test_what_may_be_better_by_more_than_the_margin_is_not_called_equivalent() -> None:
    comparison = compare(*moved(*[1] * 6, *[-1] * 3, *[0] * 31))
    assert comparison.verdict == "inconclusive"
    found = answer_gate(comparison, "non_inferiority", 0.10)
    assert (found.outcome, found.reason) == ("pass", "not worse by more than 10 points")


def test_a_gate_that_could_never_fail_says_that_it_is_refused() -> None:
    found = answer_gate(compare(flat(1, 5), flat(0, 5)), "no_regression")
    assert (found.outcome, found.refused) == ("inconclusive", True)
    assert found.reason == "fewer than 6 paired units (5)"


def test_a_small_certain_loss_passes_with_a_warning() -> None:
    comparison = compare(*moved(*[-0.05] * 60))
    assert comparison.verdict == "regressed"
    found = answer_gate(comparison, "non_inferiority", 0.10)
    assert (found.outcome, found.warning) == ("pass", "worse, but by less than the margin")


def test_passing_holds_the_missing_against_the_candidate() -> None:
    candidate = flat(1, 100)
    assert answer_gate(compare(flat(1, 100), candidate), "non_inferiority", 0.05).outcome == "pass"
    for number in range(5):
        candidate[f"s{number}"] = [None]
    found = answer_gate(compare(flat(1, 100), candidate), "non_inferiority", 0.05)
    assert (found.outcome, found.exit_code) == ("inconclusive", 6)


def test_invalid_evidence_is_no_pass_and_no_failure() -> None:
    comparison = compare(flat(1, 10), arm(*[[1]] * 8, [None], [None]))
    found = answer_gate(comparison, "no_regression", 0.10)
    assert (found.outcome, found.exit_code) == ("invalid", 7)
    assert "2 of 10" in found.reason


@try_cases("mode", ["no_regression", "non_inferiority"])
@try_cases("candidate", [flat(1, 40), flat(0.4, 40)], ids=["improved", "the same"])
def test_before_the_last_look_nothing_passes_and_that_blocks(
    mode: GateMode, candidate: dict[str, list[float | None]]
) -> None:
    found = answer_gate(compare(flat(0.4, 40), candidate, look=Look(4, 5)), mode, 0.10)
    assert (found.outcome, found.refused, found.exit_code) == ("inconclusive", True, 6)
    assert found.reason == "look 4 of 5: the gate answers at the last"
    assert (
        answer_gate(compare(flat(0.4, 40), candidate, look=Look(5, 5)), mode, 0.10).outcome
        == "pass"
    )


@try_cases("mode", ["no_regression", "non_inferiority"])
def test_a_regression_beyond_the_bound_fails_at_any_look(mode: GateMode) -> None:
    found = answer_gate(compare(flat(1, 40), flat(0, 40), look=Look(1, 5)), mode, 0.10)
    assert (found.outcome, found.refused, found.exit_code) == ("fail", False, 1)
    short = answer_gate(compare(flat(1, 10), flat(0, 10), look=Look(1, 5)), mode, 0.10)
    assert (short.outcome, short.refused) == ("inconclusive", True)


def test_a_certain_loss_within_the_margin_waits_for_the_last_look() -> None:
    sides = moved(*[-0.05] * 60)
    assert compare(*sides, look=Look(3, 5)).verdict == "regressed"
    assert answer_gate(compare(*sides, look=Look(3, 5)), "non_inferiority", 0.10).refused
    last = answer_gate(compare(*sides, look=Look(5, 5)), "non_inferiority", 0.10)
    assert (last.outcome, last.warning) == ("pass", "worse, but by less than the margin")


def test_invalid_evidence_is_invalid_at_any_look() -> None:
    comparison = compare(flat(1, 10), arm(*[[1]] * 8, [None], [None]), look=Look(1, 5))
    assert answer_gate(comparison, "no_regression").exit_code == 7


def test_a_gate_about_the_population_says_so() -> None:
    assert answer_gate(compare(flat(1, 9), flat(1, 9)), "no_regression").estimand == "population"
