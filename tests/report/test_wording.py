"""The verdict in words says what was concluded, and no more."""

from __future__ import annotations

from typing import Any

import pytest

from harness.report.wording import MOST, Headline, all_in_all, chance, evidence, verdict
from harness.verdicts import Comparison, Side, Theme
from tests.report.compared import NOW, changed, comparison, run

BASE = comparison(run())


def told(found: Comparison) -> tuple[str, str]:
    head = verdict(found)
    return head.word, head.sentence


def theme(name: str, role: str, word: str | None, **more: Any) -> Theme:
    fields = BASE.behaviours[0].model_dump() | {"behaviour": name, "verdict": word}
    return Theme.model_validate({**fields, "role": role, "behaviours": ("kind",), **more})


def themed(*themes: Theme) -> Comparison:
    return BASE.model_copy(update={"themes": themes})


@pytest.mark.parametrize(
    ("word", "sentence"),
    [
        ("improved", "helper/terse shows kind more often than helper/base."),
        ("regressed", "helper/terse shows kind less often than helper/base."),
        (
            "inconclusive",
            "Whether helper/terse is better or worse than helper/base cannot be told from this.",
        ),
        ("invalid", "The evidence on helper/terse against helper/base cannot be used."),
    ],
)
def test_each_verdict_has_its_sentence(word: str, sentence: str) -> None:
    assert told(changed(BASE, verdict=word))[1] == sentence


def test_primary_themes_decide_over_behaviours() -> None:
    found = themed(theme("honesty", "primary", "improved"), theme("manner", "control", "improved"))
    assert told(found) == ("Improved", "helper/terse shows honesty more often than helper/base.")


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
        for number in range(MOST)
    ]
    head = verdict(BASE.model_copy(update={"behaviours": (*still, one)}))
    assert [reason.about for reason in head.reasons[:2]] == ["kind", "still-0"]
    assert head.reasons[-1].told == "1 more below."


def test_missing_results_and_the_reason_are_told() -> None:
    found = changed(
        BASE, verdict="invalid", reason="2 of 8 are missing", missing_baseline=2, estimate=None
    )
    (reason,) = verdict(found).reasons
    assert reason.told == (
        "from 100% to 25%, no difference known, 8 paired scenarios, 2 results missing;"
        " 2 of 8 are missing."
    )


def test_the_notes_of_a_comparison_are_told() -> None:
    found = BASE.model_copy(update={"status": "stale", "notes": ("recording takes 8 trials",)})
    head = verdict(found.model_copy(update={"behaviours": ()}))
    assert head.word == "No evidence"
    assert [reason.told for reason in head.reasons] == ["recording takes 8 trials"]


def test_the_worst_of_several_comparisons_is_told_first() -> None:
    heads = [verdict(changed(BASE, verdict=word)) for word in ("improved", "regressed")]
    assert all_in_all(heads).style == "regressed"
    assert all_in_all(heads).word == "Regressed in part"
    assert all_in_all(heads[:1]) == heads[0]
    both = all_in_all([heads[1], heads[1]])
    assert (both.word, both.sentence) == ("Regressed", "2 comparisons: regressed in each.")


def test_an_improvement_beside_stale_or_invalid_evidence_is_never_the_headline() -> None:
    improved = verdict(changed(BASE, verdict="improved"))
    for other in ("No evidence", "Invalid evidence"):
        lacking = Headline(word=other, style="unknown", sentence="", reasons=())
        both = all_in_all([improved, lacking])
        assert (both.word, both.style) == (other, "unknown")
        assert both.sentence == f"2 comparisons: 1 improved, 1 {other.lower()}."


def test_a_p_value_is_never_told_as_zero() -> None:
    assert [chance(p) for p in (0.0, 0.0004, 0.0005, 0.0312, 1.0)] == [
        "<0.001",
        "<0.001",
        "0.001",
        "0.031",
        "1.000",
    ]


def test_a_paired_family_is_not_called_a_scenario() -> None:
    reasons = verdict(changed(BASE, n=13, unit="family")).reasons
    assert any("13 paired units" in one.told for one in reasons)


def test_a_side_at_a_revision_says_which_and_one_without_evidence_says_so() -> None:
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
    assert evidence(side, "baseline", NOW) == (
        "baseline helper/base @ main at 0123456789: 1 trial, live, model relay/claude, today"
    )
    bare = Side(label="helper/base", variant="helper/base", model=None)
    assert evidence(bare, "candidate", NOW) == "candidate helper/base: none"
