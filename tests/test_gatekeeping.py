"""A gate blocks what it was asked to block, says why, and is refused where it cannot know."""

from __future__ import annotations

from typing import Any

import pytest

from harness.compare import compare_variants
from harness.gatekeeping import lacking
from harness.records import TrialRecord
from harness.verdicts import Comparison, SuiteGate
from tests.compared import BASE, TERSE, side, suite, trial

THEMES = {"honesty": {"behaviours": ["kind"]}}


def gated(
    records: list[TrialRecord], gate: dict[str, Any], **more: Any
) -> tuple[SuiteGate, Comparison]:
    names = more.pop("behaviours", ("kind",))
    refused = more.pop("refused", {})
    of = suite(*names, gate=gate, **more)
    found = compare_variants(records, {"manners": of}, BASE, TERSE, refused=refused)
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
    records = [*side(BASE, *["+"] * 10), *side(TERSE, *["-"] * 4, *["+"] * 6)]
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
    assert gate.warnings == ("critical scenario s0: kind fails in the baseline too",)


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
    assert gate.warnings == ("critical scenario s0 was tried 1 times, fewer than 3",)


def test_a_gate_that_finds_nothing_to_judge_is_invalid() -> None:
    gate, _ = gated([trial(BASE, "s0", 0, {}), trial(TERSE, "s0", 0, {})], {})
    assert (gate.exit_code, gate.reasons) == (
        7,
        ("nothing that the gate is about was compared",),
    )


def test_a_gate_is_refused_where_cells_did_not_run() -> None:
    told = lacking([f"manners/s{n}::a" for n in range(5)], ["manners/s0::a"])
    gate, found = gated(sides("+", "-"), {}, refused=told)
    assert (gate.outcome, gate.exit_code) == ("invalid", 7)
    assert gate.reasons == ("refused: 4 of its cells did not run: s1::a, s2::a, s3::a, ...",)
    assert found.behaviours[0].verdict == "regressed"


@pytest.mark.parametrize("ran", [["m/a::x"], ["m/a::x", "n/b::x"]])
def test_nothing_is_lacking_where_all_that_was_expected_ran(ran: list[str]) -> None:
    assert lacking(["m/a::x"], ran) == {}
