"""The verdict in words says what was concluded, and no more."""

from __future__ import annotations

from typing import Any

from promptverdict.comparison.behaviour_verdict import Theme
from promptverdict.comparison.verdicts import Comparison, Side, SuiteGate
from promptverdict.report.evidence import describe_sides
from promptverdict.report.headline import MOST_REASONS, build_headline, combine_headlines

from tests.cases import try_cases
from tests.report.compared import NOW, changed, comparison, run

BASE = comparison(run())


def told(found: Comparison) -> tuple[str, str]:
    head = build_headline(found)
    return head.word, head.sentence


def reason_of(found: Comparison) -> str:
    (reason,) = [one for one in build_headline(found).reasons if one.subject == "kind"]
    return reason.text


def theme(name: str, role: str, word: str | None, **more: Any) -> Theme:
    fields = BASE.behaviours[0].model_dump() | {"behaviour": name, "verdict": word}
    return Theme.model_validate({**fields, "role": role, "behaviours": ("kind",), **more})


def themed(*themes: Theme) -> Comparison:
    return BASE.model_copy(update={"themes": themes})


@try_cases(
    ("word", "sentence"),
    [
        ("improved", "helper/terse shows kind more often than helper/base."),
        ("regressed", "helper/terse shows kind less often than helper/base."),
        (
            "inconclusive",
            "The evidence does not show whether helper/terse improved or regressed against"
            " helper/base.",
        ),
        ("invalid", "The evidence on helper/terse against helper/base cannot be used."),
    ],
)
def test_each_verdict_has_its_sentence(word: str, sentence: str) -> None:
    assert told(changed(BASE, verdict=word))[1] == sentence


def test_primary_themes_decide_unless_a_behaviour_regressed_beside_them() -> None:
    both = (theme("honesty", "primary", "improved"), theme("manner", "control", "improved"))
    found = changed(themed(*both), verdict="inconclusive")
    assert told(found) == ("Improved", "helper/terse shows honesty more often than helper/base.")
    assert told(changed(found, verdict="regressed")) == (
        "Improved and regressed",
        "helper/terse shows honesty more often and kind less often than helper/base.",
    )


def gated(verdict: str, outcome: str, code: int) -> Comparison:
    gate = {"suite": "manners", "outcome": outcome, "mode": "no_regression", "reasons": ("x",)}
    gates = (SuiteGate.model_validate({**gate, "exit_code": code}),)
    return changed(BASE, verdict=verdict).model_copy(update={"gates": gates})


@try_cases(
    ("found", "word", "sentence"),
    [
        (
            gated("improved", "fail", 1),
            "Blocked",
            "helper/terse shows kind more often than helper/base, and is blocked by the gate of"
            " manners.",
        ),
        (
            gated("inconclusive", "fail", 1),
            "Blocked",
            "helper/terse is blocked by the gate of manners.",
        ),
        (
            gated("improved", "inconclusive", 6),
            "Improved in part",
            "helper/terse shows kind more often than helper/base; the gate of manners is"
            " undecided.",
        ),
        (
            gated("improved", "invalid", 7),
            "Invalid",
            "The evidence on helper/terse against helper/base cannot be used.",
        ),
    ],
)
def test_no_improvement_heads_what_a_gate_blocks(
    found: Comparison, word: str, sentence: str
) -> None:
    assert told(found) == (word, sentence)
    assert build_headline(found).style != "improved"


def test_no_improvement_heads_what_lacks_evidence_beside_it() -> None:
    control = theme("manner", "control", "invalid")
    found = changed(themed(theme("honesty", "primary", "improved"), control), verdict="improved")
    assert told(found) == (
        "Improved in part",
        "helper/terse shows honesty more often than helper/base; the evidence on manner cannot be"
        " used.",
    )
    both = combine_headlines([found, changed(BASE, verdict="inconclusive")])
    assert (both.word, both.style) == ("Improved in part", "mixed")


def test_a_control_theme_that_regressed_is_told_with_what_improved() -> None:
    found = themed(theme("honesty", "primary", "improved"), theme("manner", "control", "regressed"))
    assert told(found) == (
        "Improved and regressed",
        "helper/terse shows honesty more often and manner less often than helper/base.",
    )


def test_what_moved_is_told_before_what_did_not_and_the_rest_is_counted() -> None:
    (one,) = BASE.behaviours
    still = [
        one.model_copy(update={"behaviour": f"still-{number}", "verdict": "inconclusive"})
        for number in range(MOST_REASONS)
    ]
    head = build_headline(BASE.model_copy(update={"behaviours": (*still, one)}))
    assert [reason.subject for reason in head.reasons[:2]] == ["kind", "still-0"]
    assert head.reasons[-1].text == "1 more below."


def test_what_has_too_few_scenarios_is_counted_where_something_is_decided() -> None:
    (one,) = BASE.behaviours
    few = [
        one.model_copy(update={"behaviour": f"few-{number}", "verdict": None, "n": 2})
        for number in range(3)
    ]
    head = build_headline(BASE.model_copy(update={"behaviours": (*few, one)}))
    assert [reason.subject for reason in head.reasons] == ["kind", ""]
    assert head.reasons[-1].text == "3 more below with too few scenarios."
    alone = build_headline(BASE.model_copy(update={"behaviours": tuple(few)}))
    assert [reason.subject for reason in alone.reasons] == ["few-0", "few-1", "few-2"]


def test_missing_results_and_the_reason_are_told() -> None:
    found = changed(
        BASE, verdict="invalid", reason="2 of 8 are missing", missing_baseline=2, estimate=None
    )
    (reason,) = build_headline(found).reasons
    assert reason.text == (
        "invalid, from 100% to 25%, unknown, 8 paired scenarios, 2 results missing;"
        " 2 of 8 are missing."
    )


def test_a_result_that_was_never_asked_for_is_missing_and_told_apart() -> None:
    found = changed(BASE, missing_candidate=1, unasked_candidate=4)
    assert ", 8 paired scenarios, 5 results missing (4 never asked)." in reason_of(found)


def test_where_nothing_pairs_no_rates_are_told() -> None:
    rate = BASE.behaviours[0].baseline_rate.model_copy(update={"estimate": None})
    none = {"baseline_rate": rate, "candidate_rate": rate, "estimate": None, "n": 0}
    found = changed(BASE, verdict="invalid", reason="no scenario has a score", **none)
    assert reason_of(found) == "invalid, unknown, 0 paired scenarios; no scenario has a score."


def test_doubt_says_how_small_a_change_would_be_missed() -> None:
    told = "; a change below 40 points would usually be missed."
    assert reason_of(changed(BASE, verdict="inconclusive")).endswith(told)
    assert "missed" not in reason_of(BASE)
    assert "missed" not in reason_of(changed(BASE, verdict="invalid"))
    wide = changed(BASE, verdict="inconclusive", mde80=1.3)
    assert "a change below 100 points" in reason_of(wide)


def test_what_is_not_all_is_not_told_as_all_and_no_small_change_as_none() -> None:
    (one,) = BASE.behaviours
    rate = one.candidate_rate.model_copy(update={"estimate": 299 / 300})
    found = changed(BASE, candidate_rate=rate, estimate=-1 / 300, low=-0.01, high=0.004)
    assert reason_of(found).startswith("regressed, from 100% to 99.7%, -0.3 points (-1 to +0.4), ")


def test_the_notes_of_a_comparison_are_told() -> None:
    found = BASE.model_copy(update={"status": "stale", "notes": ("recording takes 8 trials",)})
    head = build_headline(found.model_copy(update={"behaviours": ()}))
    assert head.word == "Stale"
    assert [reason.text for reason in head.reasons] == ["recording takes 8 trials"]


def test_the_worst_of_several_comparisons_is_told_first() -> None:
    found = [changed(BASE, verdict=word) for word in ("improved", "regressed")]
    assert combine_headlines(found).style == "regressed"
    assert combine_headlines(found).word == "Regressed in part"
    assert combine_headlines(found[:1]) == build_headline(found[0])
    both = combine_headlines([found[1], found[1]])
    assert (both.word, both.sentence) == ("Regressed", "All 2 comparisons: regressed.")


@try_cases("other", ["stale", "invalid"])
def test_an_improvement_beside_stale_or_invalid_evidence_is_never_the_headline(other: str) -> None:
    stale = BASE.model_copy(update={"status": "stale"})
    lacking = {"stale": stale, "invalid": changed(BASE, verdict="invalid")}[other]
    both = combine_headlines([changed(BASE, verdict="improved"), lacking])
    assert (both.word, both.style) == (other.capitalize(), "unknown")
    assert both.sentence == f"2 comparisons: 1 improved, 1 {other}."


def test_a_paired_family_is_not_called_a_scenario() -> None:
    reasons = build_headline(changed(BASE, n=13, unit="family")).reasons
    assert any("13 paired units" in one.text for one in reasons)


def test_the_evidence_says_what_both_sides_share_once_and_of_which_revision_they_are() -> None:
    side = Side(
        label="helper/base @ main",
        variant="helper/base",
        revision="0123456789abcdef",
        model="relay/claude",
        provenance=("live",),
        oldest="2026-01-03T11:00:00Z",
        newest="2026-01-03T11:00:00Z",
        trials=1,
    )
    newer = side.model_copy(update={"label": "helper/base", "revision": None, "trials": 2})
    both = BASE.model_copy(update={"baseline": side, "candidate": newer})
    assert describe_sides(both, NOW) == (
        "baseline (0123456789, 1 trial); candidate (2 trials); both today, live, model relay/claude"
    )
    older = side.model_copy(update={"oldest": "2025-12-25T11:00:00Z"})
    assert describe_sides(both.model_copy(update={"baseline": older}), NOW) == (
        "baseline (0123456789, 1 trial), today to 9 days old; candidate (2 trials), today;"
        " both live, model relay/claude"
    )
    bare = Side(label="helper/base", variant="helper/base", model=None)
    one = both.model_copy(update={"candidate": bare})
    assert describe_sides(one, NOW) == (
        "baseline (0123456789, 1 trial), today, live, model relay/claude; candidate (no evidence)"
    )
