"""The comment says the verdict first, is short enough, and is harmless whatever an agent wrote."""

from __future__ import annotations

import re

from promptverdict.comparison.verdicts import Unpaired
from promptverdict.report.markdown.comment import LIMIT, MARKER, MOST_SCENARIOS, render_comment
from promptverdict.report.markdown.escape import escape_markdown
from promptverdict.trials.grade import failed
from promptverdict.trials.transcript import Say

from tests.cases import try_cases
from tests.report.compared import changed, comparison, report, run
from tests.report.made import PROVENANCE, graded, record
from tests.report.page.test_html import everywhere


def test_the_marker_comes_first_then_the_verdict_then_the_table() -> None:
    records = run()
    lines = render_comment(report(records, comparison(records))).splitlines()
    assert lines[0] == MARKER == "<!-- promptverdict -->"
    assert lines[1] == "## ▼ Regressed"
    assert lines[3] == "helper/terse shows kind less often than helper/base."
    table = next(place for place, line in enumerate(lines) if line.startswith("| verdict"))
    assert set(lines[table + 1]) == {"|", "-", ":"}
    assert lines[table + 2].startswith("| regressed | kind | 100% | 25% | -75 (-90 to -30) | 8 |")
    assert [line.count("|") for line in lines[table : table + 3]] == [11, 11, 11]
    assert "| usually missed |" in lines[table]
    assert "| below 40 points |" in lines[table + 2]


def test_what_flipped_is_told_with_reasons_and_commands() -> None:
    records = run()
    text = render_comment(report(records, comparison(records)))
    assert "**What flipped**: 0 gained, 6 lost in 6 scenarios" in text
    assert text.count("  - ▼ **lost** kind\n") == 6
    assert "    - candidate, 0 of 1 shown: It says nothing kind.\n" in text
    show = "promptverdict show 'manners/scenario-0::helper/terse#0' --whole"
    folded = text.partition("<summary>Read these trials</summary>")[2]
    assert f"\n{show} --run 20260101T120000.000000Z\n" in folded


def test_a_flip_says_where_the_two_transcripts_part() -> None:
    records = [
        one.model_copy(
            update={
                "evidence": one.evidence.model_copy(
                    update={"events": (events[0], Say(text=one.key), *events[2:])}
                )
            }
        )
        for one in run()
        for events in [one.evidence.events]
    ]
    parted = report(records, comparison(records))
    parting = next(flip.parting for flip in parted.comparisons[0].flips if flip.parting)
    assert parting.startswith("They part at step 2. Baseline: says: ")
    assert escape_markdown(parting) in render_comment(parted)


def test_provenance_and_age_stand_with_the_verdict_and_in_every_cell() -> None:
    records = run()
    text = render_comment(report(records, comparison(records)))
    sides = "Evidence: baseline (8 trials); candidate (8 trials); both 1 to 2 days old, relay: Ann"
    assert sides in text
    assert text.count("relay, 2 days old |") == 16


def test_a_run_without_comparison_shows_rates() -> None:
    text = render_comment(report(run(scenarios=2)))
    assert "## ○ Not compared" in text
    assert "| kind | helper/base | 2 of 2 | 100% (34 to 100%) |" in text


@try_cases(
    "attack",
    [
        "@everyone see #1",
        "| a | b |\n|---|---|",
        "<script>alert(1)</script>",
        "![x](https://example.com/x.png)",
        "\n\n```\n## Improved",
        "</details><!-- promptverdict -->",
        "::error::x",
    ],
)
def test_what_somebody_else_wrote_is_one_line_of_words(attack: str) -> None:
    records = [
        one.model_copy(update={"grades": (graded(failed(attack), "kind"),)}) for one in run()
    ]
    unpaired = (Unpaired(suite="manners", scenario="x", why=attack),)
    found = comparison(run(), unpaired=unpaired, prompt_diff="")
    text = render_comment(report(records, found))
    told = escape_markdown(attack)
    assert told in text
    assert attack not in text.replace(told, "")
    assert "@" not in text
    assert not re.search(r"<(?!!-- |/?details>|/?summary>|/?sub>)", text)
    assert text.count(MARKER) == 1


def test_names_of_models_and_people_are_escaped_too() -> None:
    text = render_comment(report([everywhere("@ann <b>|")]))
    assert "@" not in text
    assert "<b>" not in text


def test_a_long_report_is_cut_between_its_parts_and_says_so() -> None:
    scenarios = 700
    records = run(scenarios, lost=scenarios)
    text = render_comment(report(records, comparison(records)))
    assert len(text) <= LIMIT < 65_536
    assert f"{scenarios - MOST_SCENARIOS} more scenarios in the HTML report" in text
    assert text.count("**lost**") == MOST_SCENARIOS
    assert "*Something is left out: a comment holds no more. The HTML report has it.*" in text
    assert "<summary>The prompts' diff" in text
    assert text.splitlines()[-1].startswith("<sub>promptverdict ")
    assert text.count("`") % 2 == 0


def test_a_long_name_takes_no_room_from_the_rest() -> None:
    operator = "o" * 70_000
    loud = PROVENANCE.model_copy(update={"operator": operator})
    records = [one.model_copy(update={"provenance": loud}) for one in run()]
    side = comparison(records).baseline.model_copy(update={"provenance": (f"relay: {operator}",)})
    text = render_comment(
        report(records, comparison(records).model_copy(update={"baseline": side}))
    )
    assert text.count("**lost**") == 6
    assert "| verdict | behaviour |" in text
    assert "left out" not in text


def test_a_prompt_diff_that_is_too_long_is_left_out_whole() -> None:
    records = run()
    found = comparison(records, prompt_diff="+ `a` long line\n" * 10_000)
    text = render_comment(report(records, found))
    assert "The prompts' diff" not in text
    assert "Something is left out" in text
    assert "| verdict | behaviour |" in text


def test_a_prompt_diff_is_folded() -> None:
    records = run()
    text = render_comment(report(records, comparison(records)))
    assert (
        "```diff\n--- base\n+++ terse\n@@ -1 +1 @@\n-You are careful.\n+You are terse.\n```" in text
    )
    assert text.count("<details>") == text.count("</details>") == 2


def test_several_comparisons_each_have_their_verdict() -> None:
    records = run()
    found = comparison(records)
    text = render_comment(report(records, found, changed(found, verdict="inconclusive")))
    assert "## ▼ Regressed in part" in text
    assert "### ▼ Regressed" in text
    assert "### ○ Inconclusive" in text


def test_a_record_of_a_trial_that_broke_off_is_harmless() -> None:
    assert render_comment(report([record()])).startswith(MARKER)
