"""The comment says the verdict first, is short enough, and is harmless whatever an agent wrote."""

from __future__ import annotations

import re

import pytest
from promptverdict.comparison.verdicts import Unpaired
from promptverdict.report.markdown import LIMIT, MARKER, MOST_FLIPS, code, fenced, markdown, words
from promptverdict.trials.grade import failed

from tests.report.compared import changed, comparison, page, run
from tests.report.made import PROVENANCE, graded, record
from tests.report.page.test_html import everywhere


def test_the_marker_comes_first_then_the_verdict_then_the_table() -> None:
    records = run()
    lines = markdown(page(records, comparison(records))).splitlines()
    assert lines[0] == MARKER == "<!-- promptverdict -->"
    assert lines[1] == "## ▼ Regressed"
    assert lines[3] == "helper/terse shows kind less often than helper/base."
    table = next(place for place, line in enumerate(lines) if line.startswith("| behaviour"))
    assert set(lines[table + 1]) == {"|", "-"}
    assert lines[table + 2].startswith("| kind | regressed | 100% (80 to 100%), 8 of 8 |")
    assert [line.count("|") for line in lines[table : table + 3]] == [10, 10, 10]
    assert "| usually missed |" in lines[table]
    assert "| below 40 points |" in lines[table + 2]


def test_what_flipped_is_told_with_reasons_and_commands() -> None:
    records = run()
    text = markdown(page(records, comparison(records)))
    assert text.count("▼ **lost** kind in scenario-") == 6
    assert "  - candidate, 0 of 1 shown: It says nothing kind.\n" in text
    show = "promptverdict show 'manners/scenario-0::helper/terse#0' --whole"
    assert f"  - `{show} --run 20260101T120000.000000Z`\n" in text


def test_provenance_and_age_stand_with_the_verdict_and_in_every_cell() -> None:
    records = run()
    text = markdown(page(records, comparison(records)))
    evidence = "8 trials, relay: Ann, by hand, model relay/claude, 1 to 2 days old"
    assert f"Evidence: candidate helper/terse: {evidence}" in text
    assert text.count("relay, 2 days old |") == 16


def test_a_run_without_comparison_shows_rates() -> None:
    text = markdown(page(run(scenarios=2)))
    assert "## ○ Not compared" in text
    assert (
        "| kind | manners | helper/base | 100% (34 to 100%) | 2 trials of 2 scenarios | 0 |" in text
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("@everyone", "&#64;<!-- -->everyone"),
        ("fixes #12", "fixes &#35;<!-- -->12"),
        ("<img src=x>", "&#60;img src=x&#62;"),
        ("![beacon](http://x.y/z)", "&#33;&#91;beacon&#93;(http:&#47;&#47;x.y/z)"),
        ("www.example.com", "www&#46;example.com"),
        ("a | b", "a &#124; b"),
        ("```\n# head", "&#96;&#96;&#96; &#35;<!-- --> head"),
        ("a&#64;b", "a&#38;&#35;<!-- -->64;b"),
        ("*a* _b_ ~c~ $d$", "&#42;a&#42; &#95;b&#95; &#126;c&#126; &#36;d&#36;"),
        ("x\u202ey\x1b", "x&#92;u202ey&#92;x1b"),
        ("<!-- promptverdict -->", "&#60;&#33;-- promptverdict --&#62;"),
        ("\ud800", "&#92;ud800"),
        ("like GH-26", "like GH-<!-- -->26"),
        ("since 0123abc, decaff, added", "since 0123<!-- -->abc, decaff, added"),
    ],
)
def test_words_mean_nothing_to_markdown_or_a_forge(text: str, told: str) -> None:
    assert words(text) == told


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("plain", "`plain`"),
        ("a `b` c", "``a `b` c``"),
        ("`a`", "`` `a` ``"),
        ("a\n\nb", "`a b`"),
        ("\u202e", r"`\u202e`"),
    ],
)
def test_code_stays_code(text: str, told: str) -> None:
    assert code(text) == told


def test_a_fence_is_longer_than_any_inside() -> None:
    lines = fenced(["```", "@everyone", "`````"], "diff").splitlines()
    assert lines[0] == "``````diff"
    assert lines[-1] == "``````"


@pytest.mark.parametrize(
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
    text = markdown(page(records, found))
    told = words(attack)
    assert told in text
    assert attack not in text.replace(told, "")
    assert "@" not in text
    assert not re.search(r"<(?!!-- |/?details>|/?summary>|/?sub>)", text)
    assert text.count(MARKER) == 1


def test_names_of_models_and_people_are_escaped_too() -> None:
    text = markdown(page([everywhere("@ann <b>|")]))
    assert "@" not in text
    assert "<b>" not in text


def test_a_long_report_is_cut_between_its_parts_and_says_so() -> None:
    scenarios = 2_000
    records = run(scenarios, lost=scenarios)
    text = markdown(page(records, comparison(records)))
    assert len(text) <= LIMIT < 65_536
    assert f"{scenarios - MOST_FLIPS} more in the HTML report" in text
    assert text.count("**lost**") == MOST_FLIPS
    assert "*Something is left out: a comment holds no more. The HTML report has it.*" in text
    assert "<summary>The prompts' diff" in text
    assert text.splitlines()[-1].startswith("<sub>promptverdict ")
    assert text.count("`") % 2 == 0


def test_a_long_name_takes_no_room_from_the_rest() -> None:
    operator = "o" * 70_000
    loud = PROVENANCE.model_copy(update={"operator": operator})
    records = [one.model_copy(update={"provenance": loud}) for one in run()]
    side = comparison(records).baseline.model_copy(update={"provenance": (f"relay: {operator}",)})
    text = markdown(page(records, comparison(records).model_copy(update={"baseline": side})))
    assert text.count("**lost**") == 6
    assert "| behaviour |" in text
    assert "left out" not in text


def test_a_prompt_diff_that_is_too_long_is_left_out_whole() -> None:
    records = run()
    found = comparison(records, prompt_diff="+ `a` long line\n" * 10_000)
    text = markdown(page(records, found))
    assert "<details>" not in text
    assert "Something is left out" in text
    assert "| behaviour |" in text


def test_a_prompt_diff_is_folded() -> None:
    records = run()
    text = markdown(page(records, comparison(records)))
    assert (
        "```diff\n--- base\n+++ terse\n@@ -1 +1 @@\n-You are careful.\n+You are terse.\n```" in text
    )
    assert text.count("<details>") == text.count("</details>") == 1


def test_several_comparisons_each_have_their_verdict() -> None:
    records = run()
    found = comparison(records)
    text = markdown(page(records, found, changed(found, verdict="inconclusive")))
    assert "## ▼ Regressed in part" in text
    assert "### ▼ Regressed" in text
    assert "### ○ Inconclusive" in text


def test_a_record_of_a_trial_that_broke_off_is_harmless() -> None:
    assert markdown(page([record()])).startswith(MARKER)
