"""Records in, verdicts out: what pairs, what is missing, what is adjusted, what it all says."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from promptverdict.comparison.compare import compare_run, compare_variants
from promptverdict.comparison.verdicts import Comparison
from promptverdict.scenarios.suite import Suite
from promptverdict.stats.compare import compare
from promptverdict.stats.looks import Look
from promptverdict.trials.record import Fault, TrialRecord
from promptverdict.trials.transcript import Call, End, Say, User

from tests.cases import try_cases
from tests.compared import BASE, COMPATIBLE, DIGEST, TERSE, samples, side, signs, suite, trial
from tests.report.made import PROVENANCE


def compared(records: list[TrialRecord], of: Suite | None = None, **more: Any) -> Comparison:
    return compare_variants(samples(records), {"manners": of or suite()}, BASE, TERSE, **more)


def test_a_clear_loss_is_regressed_and_every_figure_leads_to_its_trials() -> None:
    found = compared([*side(BASE, *["++"] * 12), *side(TERSE, *["--"] * 12)])
    assert (found.word, found.exit_code) == ("regressed", 1)
    (kind,) = found.behaviours
    assert (kind.kind, kind.verdict, kind.estimate, kind.n) == ("verdict", "regressed", -1.0, 12)
    assert (kind.says, kind.next_step) == ("It is kind", "")
    assert (kind.baseline_rate.passed, kind.baseline_rate.graded) == (24, 24)
    assert kind.baseline_rate.failing_at_most == pytest.approx(0.2209, abs=1e-4)
    assert kind.flipped == kind.pairs
    assert kind.pairs[0].candidate == ("fail", "fail")
    assert kind.pairs[0].candidate_trials == (
        "manners-s0-helper/terse-0",
        "manners-s0-helper/terse-1",
    )


def test_a_side_that_called_no_tool_where_the_other_did_is_named() -> None:
    call = Call(id="t1", tool="Bash", args={"command": "ls"})

    def play(variant: str, scenario: str, number: int, *calls: Call) -> TrialRecord:
        made = trial(variant, scenario, number, {"kind": "+"})
        events = (User(text="Do it."), *calls, Say(text="Done."), End(reason="done"))
        evidence = made.evidence.model_copy(update={"events": events})
        return made.model_copy(update={"evidence": evidence})

    both = [play(variant, "s0", 0) for variant in (BASE, TERSE)]
    idle = [play(BASE, "s1", 0), play(BASE, "s1", 1, call), play(TERSE, "s1", 0, call)]
    mixed = [play(TERSE, "s2", 0), play(BASE, "s2", 0), play(BASE, "s2", 1, call)]
    assert compared([*both, *idle, *mixed]).notes == (
        "the baseline called no tool in manners/s1 (1 of 2 trials), and the candidate always did:"
        " what it passes there it may pass by doing nothing",
    )


def test_the_sides_say_what_their_evidence_is() -> None:
    late = PROVENANCE.model_copy(update={"recorded": "2026-01-09T12:00:00Z"})
    records = [*side(BASE, *["+"] * 6), *side(TERSE, *["+"] * 6, provenance=late)]
    found = compared([*records, trial(TERSE, "s0", 1, {"kind": "+"})])
    candidate = found.candidate
    assert (candidate.label, candidate.model, candidate.trials) == (TERSE, "relay/claude", 7)
    assert candidate.provenance == ("relay: Ann, by hand",)
    assert (candidate.oldest, candidate.newest) == ("2026-01-01T12:00:00Z", "2026-01-09T12:00:00Z")


def test_a_side_whose_tools_ran_without_a_sandbox_says_so() -> None:
    bare = {"compatible": COMPATIBLE | {"sandbox": "none"}}
    found = compared([*side(BASE, "+", **bare), *side(TERSE, "+", **bare)])
    told = ("relay: Ann, by hand, without a sandbox",)
    assert (found.baseline.provenance, found.candidate.provenance) == (told, told)


def test_below_six_scenarios_there_are_rates_only_and_what_a_verdict_takes() -> None:
    found = compared([*side(BASE, *["+"] * 5), *side(TERSE, *["-"] * 5)])
    assert (found.word, found.exit_code) == ("too few scenarios", 0)
    (kind,) = found.behaviours
    assert (kind.kind, kind.verdict, kind.estimate) == ("too few scenarios", None, -1.0)
    assert kind.reason == "fewer than 6 paired units (5)"
    assert kind.next_step == "1 more scenario (2 trials), if it goes like these"


def test_doubt_comes_with_the_cheapest_way_out_of_it() -> None:
    found = compared([*side(BASE, *["+", "-"] * 5), *side(TERSE, *["+", "-"] * 5)])
    (kind,) = found.behaviours
    assert (found.word, kind.verdict, kind.reason) == (
        "inconclusive",
        "inconclusive",
        "the interval contains 0",
    )
    assert "more scenarios" in kind.next_step or "trials of each instead" in kind.next_step


def test_what_is_missing_is_counted_and_never_a_failure() -> None:
    base = side(BASE, *["++++"] * 10)
    found = compared([*base, *side(TERSE, *["++++"] * 8, "?+++", "!+++")])
    (kind,) = found.behaviours
    assert kind.estimate == 0.0
    assert (kind.missing_baseline, kind.missing_candidate) == (0, 2)
    rate = kind.candidate_rate
    assert (rate.passed, rate.graded, rate.ungraded, rate.missing) == (38, 38, 1, 1)
    assert kind.pairs[9].candidate[0] == "missing"


def test_too_much_missing_is_invalid_and_says_what_to_do() -> None:
    found = compared([*side(BASE, *["+"] * 10), *side(TERSE, *["+"] * 7, *["!"] * 3)])
    (kind,) = found.behaviours
    assert (kind.verdict, found.word, found.exit_code) == ("invalid", "invalid", 7)
    assert "3 of 10 results of the candidate are missing" in kind.reason
    assert kind.next_step.startswith("get the results that are missing")


def test_a_scenario_that_one_side_never_ran_is_told_and_could_be_anything() -> None:
    found = compared([*side(BASE, *["-"] * 8), *side(TERSE, *["-"] * 3, *["+"] * 4)])
    assert [(one.scenario, one.why) for one in found.unpaired] == [
        ("s7", "only the baseline ran it")
    ]
    (kind,) = found.behaviours
    assert (kind.n, kind.unasked_baseline, kind.unasked_candidate) == (7, 0, 1)
    assert kind.reason == "depends on 1 missing result"


def test_what_one_side_alone_ran_is_no_part_of_its_rate() -> None:
    found = compared([*side(BASE, *["-"] * 6, *["++"] * 2), *side(TERSE, *["+"] * 6)])
    (kind,) = found.behaviours
    rates = (kind.baseline_rate, kind.candidate_rate)
    assert [(one.estimate, one.passed, one.graded) for one in rates] == [(0.0, 0, 6), (1.0, 6, 6)]
    assert (kind.estimate, kind.unasked_candidate, kind.missing_candidate) == (1.0, 4, 0)
    assert kind.reason == "depends on 4 missing results"


def test_a_scenario_that_only_one_side_has_a_grade_of_is_no_part_of_a_rate_either() -> None:
    found = compared([*side(BASE, *["+"] * 19, "-"), *side(TERSE, *["+"] * 19, "?")])
    (kind,) = found.behaviours
    rates = (kind.baseline_rate, kind.candidate_rate)
    assert [(one.estimate, one.graded, one.ungraded) for one in rates] == [
        (1.0, 19, 0),
        (1.0, 19, 1),
    ]
    assert kind.estimate == 0.0


def test_where_nothing_pairs_there_are_no_rates() -> None:
    (kind,) = compared([*side(BASE, "+"), *side(TERSE, "?")]).behaviours
    assert (kind.baseline_rate.estimate, kind.candidate_rate.estimate) == (None, None)
    assert (kind.verdict, kind.estimate) == ("invalid", None)


@try_cases("families", [{}, {"shop": ("s0", "s1", "s2"), "inn": ("s3", "s11")}])
def test_the_two_rates_are_apart_by_the_change(families: dict[str, tuple[str, ...]]) -> None:
    random = np.random.default_rng(20261122)
    told = 0
    for _ in range(20):
        rows = [
            ["".join(random.choice(list("+++--?"), random.integers(0, 4))) for _ in range(12)]
            for _ in range(2)
        ]
        records = [*side(BASE, *rows[0]), *side(TERSE, *rows[1])]
        for one in compared(records, suite(families=families)).behaviours:
            rates = (one.baseline_rate, one.candidate_rate)
            apart = (rates[1].estimate or 0.0) - (rates[0].estimate or 0.0)
            assert one.estimate == pytest.approx(apart)
            for rate in rates:
                assert rate.low <= (rate.estimate or 0.0) <= rate.high
            told += 1
    assert told == 20


@try_cases(
    ("more", "why"),
    [
        ({"digest": DIGEST | {"message": "x"}}, "the two were asked differently: the task"),
        (
            {"digest": DIGEST | {"workspace": "x"}},
            "the two were asked differently: a workspace file",
        ),
        ({"digest": DIGEST | {"model": "x"}}, "the two were asked differently: the model"),
        (
            {"provenance": PROVENANCE.model_copy(update={"model": "anthropic/claude"})},
            "different models: anthropic/claude, relay/claude",
        ),
        (
            {"compatible": COMPATIBLE | {"python": "3.12.1"}},
            "recorded with different python (3.12.1 and 3.13.5)",
        ),
    ],
)
def test_what_was_asked_or_made_otherwise_does_not_pair(more: dict[str, Any], why: str) -> None:
    odd = trial(TERSE, "s9", 0, {"kind": "-"}, **more)
    records = [*side(BASE, *["+"] * 9), trial(BASE, "s9", 0, {"kind": "+"})]
    found = compared([*records, *side(TERSE, *["+"] * 9), odd])
    assert [(one.scenario, one.why) for one in found.unpaired] == [("s9", why)]
    (kind,) = found.behaviours
    assert (kind.n, kind.estimate, kind.missing_candidate) == (9, 0.0, 0)
    assert (found.baseline.trials, found.candidate.trials) == (9, 9)
    assert found.candidate.model == "relay/claude"


def test_other_tools_are_under_test_too_and_are_told() -> None:
    more = {"digest": DIGEST | {"tools": "other"}}
    found = compared([*side(BASE, *["+"] * 6), *side(TERSE, *["+"] * 6, **more)])
    assert not found.unpaired
    assert found.notes[0].startswith("the two are offered different tools in manners/s0")


def test_one_false_alarm_among_many_behaviours_is_held_back() -> None:
    names = [f"b{number}" for number in range(8)]
    before = [dict.fromkeys(names, "+") for _ in range(10)]
    after = [one | {"b0": "-" if place < 5 else "+"} for place, one in enumerate(before)]
    records = [
        trial(variant, f"s{place}", 0, grades)
        for variant, each in ((BASE, before), (TERSE, after))
        for place, grades in enumerate(each)
    ]
    found = compared(records, suite(*names))
    first = found.behaviours[0]
    assert first.p is not None
    assert first.p < 0.05 < (first.p_holm or 0)
    assert first.verdict == "inconclusive"
    assert "its own interval excludes 0" in first.reason


def test_a_behaviour_that_the_suite_no_longer_knows_is_compared_all_the_same() -> None:
    found = compared(both(6, {"old": "+", "kind": "+"}, {"old": "+", "kind": "+"}))
    assert [(one.behaviour, one.says) for one in found.behaviours] == [
        ("kind", "It is kind"),
        ("old", ""),
    ]


def themed(**roles: str) -> Suite:
    themes = {
        "honesty": {"behaviours": ["kind", "true"], "role": "primary"},
        "control": {"behaviours": ["useful"], "role": "control"},
    }
    return suite("kind", "true", "useful", themes=themes, **roles)


def both(count: int, before: dict[str, str], after: dict[str, str]) -> list[TrialRecord]:
    return [
        trial(variant, f"s{place}", 0, grades)
        for variant, grades in ((BASE, before), (TERSE, after))
        for place in range(count)
    ]


def test_a_theme_takes_the_grades_of_its_behaviours_together_scenario_by_scenario() -> None:
    before, after = ({"kind": "-", "true": sign, "useful": "+"} for sign in "-+")
    found = compared(both(10, before, after), themed())
    honesty, control = found.themes
    assert (honesty.behaviour, honesty.role, honesty.n) == ("honesty", "primary", 10)
    assert (honesty.estimate, honesty.verdict) == (0.5, "improved")
    assert honesty.candidate_rate.graded == 20
    assert {pair.behaviour for pair in honesty.pairs} == {"kind", "true"}
    assert (control.verdict, found.word) == ("inconclusive", "improved")
    assert honesty.p_holm is None


def test_a_control_that_suffers_is_part_of_the_verdict() -> None:
    before, after = ({"kind": sign, "true": sign, "useful": other} for sign, other in ("-+", "+-"))
    found = compared(both(10, before, after), themed())
    assert (found.word, found.exit_code) == ("improved and regressed", 1)


def test_an_ungraded_behaviour_of_a_theme_is_one_missing_result() -> None:
    before = {"kind": "+", "true": "+", "useful": "+"}
    records = both(20, before, before)
    odd = trial(TERSE, "s0", 0, before | {"true": "?"})
    records = [odd if one.key == odd.key else one for one in records]
    honesty = compared(records, themed()).themes[0]
    assert (honesty.missing_candidate, honesty.candidate_rate.graded) == (1, 39)


def test_the_prompts_diff_is_told() -> None:
    records = [*side(BASE, "+"), *side(TERSE, "+")]
    found = compared(records, prompts={BASE: "Be kind.\nBe brief.", TERSE: "Be kind.\nBe terse."})
    assert found.prompt_diff.splitlines()[-2:] == ["-Be brief.", "+Be terse."]


def test_each_variant_is_compared_with_the_baseline_of_its_suites() -> None:
    records = [
        *side(BASE, "+"),
        *side(TERSE, "+"),
        *side("helper/long", "+"),
        *side(TERSE, "+", suite="alone"),
        *side("other/one", "+", suite="plain"),
    ]
    suites = {
        "manners": suite(),
        "alone": suite(),
        "plain": suite(baseline=None),
    }
    found = compare_run(samples(records), suites, {})
    told = [(one.baseline.label, one.candidate.label) for one in found.comparisons]
    assert told == [(BASE, "helper/long"), (BASE, TERSE)]
    assert {one.suite for two in found.comparisons for one in two.behaviours} == {"manners"}


def test_nothing_graded_is_invalid_and_no_pass() -> None:
    found = compared([trial(BASE, "s0", 0, {}), trial(TERSE, "s0", 0, {})])
    assert (found.behaviours, found.word, found.exit_code) == ((), "invalid", 7)


def test_records_say_what_the_pure_function_says() -> None:
    random = np.random.default_rng(20261121)
    for _ in range(8):
        chances = random.random(12)
        arms = [
            {
                f"s{place}": [
                    None if lost else float(drawn)
                    for drawn, lost in zip(
                        random.random(3) < chance, random.random(3) < 0.02, strict=True
                    )
                ]
                for place, chance in enumerate(chances)
            }
            for _ in range(2)
        ]
        pure = compare(*arms)
        records = [*side(BASE, *signs(arms[0])), *side(TERSE, *signs(arms[1]))]
        (kind,) = compared(records).behaviours
        assert (kind.verdict, kind.reason, kind.n) == (pure.verdict, pure.reason, pure.n)
        assert (kind.estimate, kind.low, kind.high) == (pure.estimate, pure.low, pure.high)


def test_a_planned_look_is_told_and_takes_more_for_a_verdict() -> None:
    records = [*side(BASE, *["+"] * 8), *side(TERSE, *["-"] * 8)]
    once = compared(records)
    early = compared(records, look=Look(2, 5))
    assert (once.word, once.notes) == ("regressed", ())
    assert early.word == "inconclusive"
    (kind,) = early.behaviours
    assert kind.reason == "look 2 of 5: |T| 2.66 of 3.23 needed"
    assert kind.high > 0 > once.behaviours[0].high
    assert kind.next_step == "run the scenarios of look 3 of 5 too"
    (note,) = early.notes
    assert note.startswith("look 2 of 5, at equal steps of the planned scenarios in random order")
    assert "above 3.23 here" in note


def test_at_a_look_a_primary_theme_stands_alone_and_behaviours_are_adjusted() -> None:
    records = [
        trial(variant, f"s{place}", 0, {"kind": kind, "loud": "+", "brief": "+"})
        for variant, kind in ((BASE, "+"), (TERSE, "-"))
        for place in range(11)
    ]
    of = suite("kind", "loud", "brief", themes={"manners": {"behaviours": ["kind"]}})
    found = compared(records, of, look=Look(2, 5))
    assert found.themes[0].verdict == "regressed"
    (kind, *_) = found.behaviours
    assert kind.verdict == "inconclusive"
    assert (kind.p or 1) < 0.05 < (kind.p_holm or 0)


def test_scenarios_of_one_family_count_as_one_and_that_is_told() -> None:
    records = [*side(BASE, *["+"] * 8), *side(TERSE, *["-"] * 8)]
    alone = compared(records)
    family = {"shop": tuple(f"s{number}" for number in range(4))}
    together = compared(records, suite(families=family))
    assert (alone.behaviours[0].n, alone.behaviours[0].unit) == (8, "scenario")
    assert (together.behaviours[0].n, together.behaviours[0].unit) == (5, "family")
    assert alone.behaviours[0].verdict == "regressed"
    assert together.behaviours[0].kind == "too few scenarios"
    assert together.notes == (
        "manners: n counts each family of scenarios once: shop (4 scenarios)",
    )
    assert {one.n for one in together.fingerprint} == {5}


def test_repeats_tell_how_often_all_and_any_of_a_scenarios_trials_showed_it() -> None:
    records = [*side(BASE, *["++-"] * 6), *side(TERSE, *["+++"] * 3, *["?+-"] * 3)]
    (found,) = compared(records).behaviours
    before, after = found.baseline_rate.repeats, found.candidate_rate.repeats
    assert before is not None
    assert after is not None
    assert (before.k, before.all, before.any) == (3, 0.0, 1.0)
    # Two of each three trials have a grade in half of the scenarios, so two are drawn everywhere.
    assert (after.k, after.all, after.any) == (2, 0.5, 1.0)


def test_trials_that_were_not_repeated_and_themes_have_no_repeats() -> None:
    once = compared([*side(BASE, *["+"] * 6), *side(TERSE, *["+"] * 6)]).behaviours[0]
    assert once.baseline_rate.repeats is None
    themes = {"manner": {"behaviours": ["kind", "brief"]}}
    twice = [
        trial(variant, f"s{place}", number, {"kind": "+", "brief": "-"})
        for variant in (BASE, TERSE)
        for place in range(6)
        for number in (0, 1)
    ]
    (theme,) = compared(twice, suite("kind", "brief", themes=themes)).themes
    assert theme.baseline_rate.repeats is None


def test_a_candidate_of_which_every_recording_is_stale_is_stale_and_not_invalid() -> None:
    stale = Fault(kind="StaleRecording", message="stale: the prompt changed", exit_code=7)
    base = side(BASE, *["+"] * 6)
    edited = side(TERSE, *["!"] * 6, fault=stale)
    found = compared([*base, *edited])
    assert (found.status, found.word, found.exit_code) == ("stale", "stale", 7)
    assert found.notes == ("record: pytest evals/ --record stale",)


def test_one_recording_that_fits_is_evidence_and_the_others_are_missing() -> None:
    stale = Fault(kind="StaleRecording", message="stale: the prompt changed", exit_code=7)
    base = side(BASE, *["+"] * 6)
    edited = [*side(TERSE, "+"), *side(TERSE, *["!"] * 6, fault=stale)[1:]]
    found = compared([*base, *edited])
    assert (found.status, found.word) == ("compared", "invalid")
