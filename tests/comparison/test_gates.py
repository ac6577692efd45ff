"""A gate blocks what it was asked to block, says why, and is refused where it cannot know."""

from __future__ import annotations

from typing import Any

import pytest
from promptverdict.comparison.compare import compare_variants
from promptverdict.comparison.gates import find_lacking_cells
from promptverdict.comparison.verdicts import Comparison, SuiteGate
from promptverdict.core.errors import InputError
from promptverdict.stats.looks import Look
from promptverdict.trials.record import TrialRecord

from tests.cases import try_cases
from tests.compared import BASE, COMPATIBLE, TERSE, samples, side, suite, trial

THEMES = {"honesty": {"behaviours": ["kind"]}}


def gated(
    records: list[TrialRecord], gate: dict[str, Any], **more: Any
) -> tuple[SuiteGate, Comparison]:
    names = more.pop("behaviours", ("kind",))
    refused, look = more.pop("refused", {}), more.pop("look", None)
    of = suite(*names, gate=gate, **more)
    found = compare_variants(
        samples(records), {"manners": of}, BASE, TERSE, refused=refused, look=look
    )
    (one,) = found.gates
    return one, found


def sides(before: str, after: str, count: int = 10) -> list[TrialRecord]:
    return [*side(BASE, *[before] * count), *side(TERSE, *[after] * count)]


def test_no_regression_lets_doubt_pass_and_labels_it() -> None:
    gate, found = gated(sides("+", "+"), {})
    assert (gate.outcome, gate.exit_code, found.exit_code) == ("inconclusive", 0, 0)
    assert gate.reasons == ("kind: no regression shown: the interval contains 0",)


def test_a_regression_blocks() -> None:
    gate, found = gated(sides("+", "-"), {})
    assert (gate.outcome, gate.exit_code, gate.reasons) == ("fail", 1, ("kind: regressed",))
    result = found.behaviours[0].gate
    assert result is not None
    assert (result.outcome, result.exit_code) == ("fail", 1)


def test_non_inferiority_blocks_doubt_and_says_how_many_scenarios_it_takes() -> None:
    gate, _ = gated(sides("+", "+"), {"mode": "non_inferiority", "margin": 0.1})
    assert (gate.outcome, gate.exit_code) == ("inconclusive", 6)
    assert "10 paired units cannot show a margin of 10 points, 29 can" in gate.reasons[0]
    enough, _ = gated(sides("+", "+", 40), {"mode": "non_inferiority", "margin": 0.1})
    assert (enough.outcome, enough.exit_code) == ("pass", 0)


@try_cases(("scenarios", "more"), [(14, 15), (25, 4)])
def test_the_gate_and_the_next_step_name_the_same_number_of_scenarios(
    scenarios: int, more: int
) -> None:
    gate = {"mode": "non_inferiority", "margin": 0.1}
    answer, found = gated(sides("+" * 10, "+" * 10, scenarios), gate)
    assert (
        f"{scenarios} paired units cannot show a margin of 10 points, 29 can" in answer.reasons[0]
    )
    (kind,) = found.behaviours
    assert f": {more} more scenarios" in kind.next_step
    assert "trials of each instead" not in kind.next_step


def test_a_gate_says_that_what_decides_it_is_fragile() -> None:
    records = [*side(BASE, *["+"] * 20), *side(TERSE, *["-"] * 4, *["+"] * 16)]
    gate, _ = gated(records, {})
    assert gate.outcome == "fail"
    assert gate.reasons[0].startswith("kind: regressed, fragile: 4 of 20 changed")


def test_six_scenarios_with_four_losses_and_two_ties_do_not_block() -> None:
    records = [*side(BASE, *["+"] * 6), *side(TERSE, *["-"] * 4, *["+"] * 2)]
    gate, found = gated(records, {})
    assert (gate.exit_code, found.word) == (0, "inconclusive")


def test_a_gate_about_exactly_these_counts_a_family_once() -> None:
    trials = "+-+"
    records = [*side(BASE, *["+++"] * 8), *side(TERSE, *[trials] * 8)]
    gate = {"estimand": "suite"}
    alone, _ = gated(records, gate)
    assert alone.outcome == "fail"
    families = {"two": ["s0", "s1"], "six": [f"s{place}" for place in range(2, 8)]}
    together, _ = gated(records, gate, families=families)
    assert together.outcome == "inconclusive"
    assert "exactly these 2 units" in together.reasons[0]


def test_what_is_missing_makes_a_gate_invalid() -> None:
    gate, found = gated(sides("+", "!"), {})
    assert (gate.outcome, gate.exit_code, found.exit_code) == ("invalid", 7, 7)


def test_with_themes_a_behaviour_in_none_does_not_block() -> None:
    worse = [
        trial(variant, f"s{place}", 0, {"kind": "+", "loud": loud})
        for variant, loud in ((BASE, "+"), (TERSE, "-"))
        for place in range(10)
    ]
    names = ("kind", "loud")
    gate, found = gated(worse, {}, behaviours=names, themes=THEMES)
    assert gate.exit_code == 0
    assert found.behaviours[1].verdict == "regressed"
    assert found.behaviours[1].gate is None
    whole, _ = gated(worse, {}, behaviours=names)
    assert whole.reasons == ("loud: regressed",)


def test_a_theme_does_not_hide_a_behaviour_of_its_own_that_regressed() -> None:
    swapped = [
        trial(variant, f"s{place}", 0, {"kind": kind, "true": true})
        for variant, kind, true in ((BASE, "+", "-"), (TERSE, "-", "+"))
        for place in range(10)
    ]
    themes = {"honesty": {"behaviours": ["kind", "true"]}}
    gate, found = gated(swapped, {}, behaviours=("kind", "true"), themes=themes)
    assert found.themes[0].estimate == 0.0
    assert (gate.outcome, gate.reasons) == ("fail", ("kind: regressed",))


def test_strictness_lets_no_verdict_stand_on_few_scenarios() -> None:
    records = [*side(BASE, *["+"] * 20), *side(TERSE, *["-"] * 4, *["+"] * 16)]
    assert gated(records, {})[0].outcome == "fail"
    assert gated(records, {"strict": True})[0].outcome == "inconclusive"


def test_a_critical_scenario_must_not_fail_where_the_baseline_passes() -> None:
    critical = {"critical": ["s0"]}
    base = side(BASE, *["+++"] * 10)
    gate, _ = gated([*base, *side(TERSE, "++-", *["+++"] * 9)], critical)
    assert (gate.exit_code, gate.reasons) == (
        1,
        ("critical scenario s0: kind failed in 1 of 3 trials",),
    )


def test_a_critical_scenario_that_failed_before_is_reported_and_does_not_block() -> None:
    before, after = side(BASE, "+-+", *["+++"] * 9), side(TERSE, "---", *["+++"] * 9)
    gate, _ = gated([*before, *after], {"critical": ["s0"]})
    assert gate.exit_code == 0
    assert gate.warnings == (
        "critical scenario s0: kind failed in 3 of 3 trials, in the baseline in 1 of 3",
    )


def test_a_critical_scenario_without_evidence_is_invalid() -> None:
    base = side(BASE, *["+++"] * 10)
    gate, _ = gated([*base, *side(TERSE, "++?", *["+++"] * 9)], {"critical": ["s0"]})
    assert (gate.exit_code, gate.reasons) == (
        7,
        ("critical scenario s0: kind has trials without a grade",),
    )
    absent, _ = gated(sides("+", "+"), {"critical": ["s99"]})
    assert absent.reasons == ("critical scenario s99 was not compared",)


def test_few_trials_of_a_critical_scenario_are_told() -> None:
    gate, _ = gated(sides("+", "+"), {"critical": ["s0"]})
    assert gate.warnings == ("critical scenario s0 was tried once, fewer than 3 times",)


def test_a_gate_that_finds_nothing_to_judge_is_invalid() -> None:
    gate, _ = gated([trial(BASE, "s0", 0, {}), trial(TERSE, "s0", 0, {})], {})
    assert (gate.exit_code, gate.reasons) == (
        7,
        ("nothing that the gate is about was compared",),
    )


def test_a_gate_is_refused_where_cells_did_not_run() -> None:
    told = find_lacking_cells([f"manners/s{n}::a" for n in range(5)], ["manners/s0::a"])
    gate, found = gated(sides("+", "-"), {}, refused=told)
    assert (gate.outcome, gate.exit_code) == ("invalid", 7)
    assert gate.reasons == ("refused: 4 of its cells did not run: s1::a, s2::a, s3::a, ...",)
    assert found.behaviours[0].verdict == "regressed"


@try_cases("ran", [["m/a::x"], ["m/a::x", "n/b::x"]])
def test_nothing_is_lacking_where_all_that_was_expected_ran(ran: list[str]) -> None:
    assert find_lacking_cells(["m/a::x"], ran) == {}


SUITE_ALONE = {"estimand": "suite"}


def test_about_exactly_these_scenarios_three_are_enough_and_that_is_said() -> None:
    records = [*side(BASE, *["+" * 20] * 3), *side(TERSE, *["-" * 10 + "+" * 10] * 3)]
    gate, found = gated(records, SUITE_ALONE)
    assert (gate.outcome, gate.exit_code, gate.estimand) == ("fail", 1, "suite")
    assert gate.reasons[0].startswith(
        "kind: regressed; exactly these 3 scenarios, no claim about others: -50.0 points"
    )
    (kind,) = found.behaviours
    assert kind.gate is not None
    assert (kind.verdict, kind.gate.estimand, kind.gate.needed) == (None, "suite", 1)
    others, _ = gated(records, {})
    assert (others.outcome, others.estimand) == ("inconclusive", "population")
    assert others.reasons == ("kind: fewer than 6 paired units (3)",)


def test_about_exactly_these_scenarios_a_margin_takes_trials_and_no_number_of_scenarios() -> None:
    asked = {"mode": "non_inferiority", "margin": 0.1}
    records = [*side(BASE, *["+" * 6] * 5), *side(TERSE, *["+" * 6] * 5)]
    assert gated(records, asked)[0].exit_code == 6
    assert gated(records, asked | SUITE_ALONE)[0].exit_code == 0
    few = [one for one in records if one.trial < 4]
    gate, _ = gated(few, asked | SUITE_ALONE)
    assert gate.exit_code == 6
    assert "20 trials cannot show a margin of 10 points, 29 that all pass can" in gate.reasons[0]


def test_about_exactly_these_scenarios_ungraded_and_missing_trials_are_held_against_it() -> None:
    asked = {"mode": "non_inferiority", "margin": 0.15} | SUITE_ALONE
    base = side(BASE, *["+" * 5] * 6)
    assert gated([*base, *side(TERSE, *["+" * 5] * 6)], asked)[0].exit_code == 0
    for sign in "?!":
        left = side(TERSE, *[f"{sign}++++"] * 3, *["+" * 5] * 3)
        gate, _ = gated([*base, *left], asked)
        assert (gate.outcome, gate.exit_code) == ("inconclusive", 6)
        assert "as the missing results may be" in gate.reasons[0]
    assert gated([*base, *side(TERSE, *["!++++"] * 6)], asked)[0].exit_code == 7


def two(number: int, kind: str, true: str) -> list[TrialRecord]:
    """Make three scenarios of ten trials for each variant, of which some of the candidate fail."""
    return [
        trial(
            variant,
            f"s{place}",
            attempt,
            {"kind": kind, "true": true} if lost else {"kind": "+", "true": "+"},
        )
        for variant in (BASE, TERSE)
        for place in range(3)
        for attempt in range(10)
        for lost in [variant == TERSE and attempt < number]
    ]


def test_behaviours_of_one_trial_do_not_make_a_theme_of_these_scenarios_surer() -> None:
    both = {"behaviours": ("kind", "true"), "themes": {"all": {"behaviours": ["kind", "true"]}}}
    asked = {"mode": "non_inferiority", "margin": 0.05} | SUITE_ALONE
    gate, _ = gated(two(0, "+", "+"), asked, **both)
    assert gate.exit_code == 6
    assert "30 trials cannot show a margin of 5 points, 59 that all pass can" in gate.reasons[0]


def test_several_behaviours_of_exactly_these_scenarios_are_adjusted() -> None:
    lost = two(2, "-", "+")
    assert gated(lost, SUITE_ALONE, behaviours=("kind",))[0].outcome == "fail"
    steady = [
        one.model_copy(
            update={
                "grades": (
                    *one.grades,
                    *(one.grades[1].model_copy(update={"behaviour": f"b{n}"}) for n in range(9)),
                )
            }
        )
        for one in lost
    ]
    gate, _ = gated(steady, SUITE_ALONE)
    assert gate.outcome == "inconclusive"
    assert "Holm-adjusted p=" in gate.reasons[0]
    controls = {f"c{n}": {"behaviours": [f"b{n}"], "role": "control"} for n in range(9)}
    primary = {"honesty": {"behaviours": ["kind"], "role": "primary"}}
    named, _ = gated(steady, SUITE_ALONE, themes=primary | controls)
    assert (named.outcome, named.reasons[0].partition(";")[0]) == ("fail", "honesty: regressed")


def test_a_critical_scenario_must_not_fail_whatever_the_gate_is_about() -> None:
    records = [*side(BASE, *["+++"] * 10), *side(TERSE, "++-", *["+++"] * 9)]
    gate, _ = gated(records, {"critical": ["s0"]} | SUITE_ALONE)
    assert gate.reasons == ("critical scenario s0: kind failed in 1 of 3 trials",)


LACKING = {"manners": "12 of its cells did not run"}


@try_cases("estimand", ["population", "suite"])
@try_cases("mode", ["no_regression", "non_inferiority"])
def test_before_the_last_look_a_gate_waits_and_blocks(mode: str, estimand: str) -> None:
    asked = {"mode": mode, "margin": 0.1, "estimand": estimand}
    gate, _ = gated(sides("+", "+", 40), asked, refused=LACKING, look=Look(2, 5))
    assert (gate.outcome, gate.exit_code) == ("inconclusive", 6)
    assert gate.reasons[0].startswith("kind: look 2 of 5: the gate answers at the last")


def test_a_regression_beyond_the_bound_fails_though_not_all_cells_ran() -> None:
    gate, found = gated(sides("+", "-", 12), {}, refused=LACKING, look=Look(2, 5))
    assert (gate.outcome, gate.reasons) == ("fail", ("kind: regressed",))
    assert found.exit_code == 1


def test_at_the_last_look_the_gate_answers_where_all_cells_ran() -> None:
    whole, _ = gated(sides("+", "-", 12), {}, look=Look(5, 5))
    assert whole.outcome == "fail"
    part, _ = gated(sides("+", "-", 12), {}, refused=LACKING, look=Look(5, 5))
    assert (part.outcome, part.exit_code) == ("invalid", 7)


def test_a_critical_scenario_may_still_come_at_a_later_look_and_must_not_fail_at_any() -> None:
    base, look = side(BASE, *["+++"] * 12), Look(1, 2)
    later, _ = gated([*base, *side(TERSE, *["+++"] * 12)], {"critical": ["s0", "s99"]}, look=look)
    assert (later.outcome, later.exit_code) == ("inconclusive", 6)
    failed, _ = gated([*base, *side(TERSE, "++-", *["+++"] * 11)], {"critical": ["s0"]}, look=look)
    assert (failed.outcome, failed.exit_code) == ("fail", 1)


def test_a_scenario_that_broke_on_both_sides_is_missing_and_not_gone() -> None:
    records = [*side(BASE, *["-"] * 6, *["!"] * 14), *side(TERSE, *["+"] * 6, *["!"] * 14)]
    gate, found = gated(records, {})
    (kind,) = found.behaviours
    assert (kind.verdict, kind.missing_baseline, kind.missing_candidate) == ("invalid", 14, 14)
    assert (gate.outcome, gate.exit_code, found.exit_code) == ("invalid", 7, 7)


def test_a_theme_does_not_go_missing_with_its_evidence() -> None:
    themes = {
        "main": {"behaviours": ["kind"]},
        "beside": {"behaviours": ["brief"], "role": "control"},
    }
    records = [
        trial(variant, f"s{place}", 0, {"brief": sign})
        for variant, sign in ((BASE, "-"), (TERSE, "+"))
        for place in range(8)
    ]
    gate, found = gated(records, {}, behaviours=("kind", "brief"), themes=themes)
    assert [(one.behaviour, one.verdict) for one in found.themes] == [
        ("main", "invalid"),
        ("beside", "improved"),
    ]
    assert gate.exit_code == 7


def test_a_gate_is_refused_where_too_many_scenarios_do_not_pair() -> None:
    other = {"compatible": COMPATIBLE | {"python": "3.14.0"}}
    records = [
        *side(BASE, *["+"] * 20),
        *side(TERSE, *["+"] * 20)[:18],
        *side(TERSE, *["-"] * 20, **other)[18:],
    ]
    assert gated(records, {})[0].exit_code == 0
    worse = [*records[:37], *side(TERSE, *["-"] * 20, **other)[17:]]
    gate, _ = gated(worse, {})
    assert gate.reasons == ("refused: 3 of 20 scenarios that both ran do not pair",)
    assert gate.exit_code == 7


def test_the_gate_of_a_suite_that_one_side_did_not_run_is_refused() -> None:
    suites = {"manners": suite(gate={}), "logic": suite(gate={})}
    records = [*sides("-", "+"), *side(BASE, *["+"] * 6, suite="logic")]
    found = compare_variants(samples(records), suites, BASE, TERSE)
    assert [(gate.suite, gate.exit_code) for gate in found.gates] == [("manners", 0), ("logic", 7)]
    assert found.exit_code == 7
    assert found.notes == ("not run by both: logic",)
    elsewhere = {"manners": suite(gate={}), "logic": suite(gate={}, variants=[BASE, "helper/x"])}
    assert len(compare_variants(samples(records), elsewhere, BASE, TERSE).gates) == 1


def test_a_critical_scenario_counts_in_every_behaviour_also_outside_themes() -> None:
    themes = {"main": {"behaviours": ["kind"]}}
    records = [
        trial(variant, f"s{place}", number, {"kind": "+", "brief": sign if place == 0 else "+"})
        for variant, sign in ((BASE, "+"), (TERSE, "-"))
        for place in range(8)
        for number in range(3)
    ]
    critical = {"critical": ["s0"]}
    gate, _ = gated(records, critical, behaviours=("kind", "brief"), themes=themes)
    assert gate.reasons == ("critical scenario s0: brief failed in 3 of 3 trials",)


def test_two_records_of_one_trial_are_refused() -> None:
    records = sides("+", "+")
    again = records[0].model_copy(update={"key": "another"})
    with pytest.raises(InputError, match="two records, manners-s0-helper/base-0 and another, "):
        gated([*records, again], {})
