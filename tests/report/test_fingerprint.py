"""A fingerprint in words: short figures, what stands out first, and no claim on little."""

from __future__ import annotations

import re
from typing import Any

from promptverdict.comparison.measured import Measured, MeasuredScenario
from promptverdict.comparison.verdicts import Comparisons
from promptverdict.report.fingerprint import (
    MOST_NOTABLE,
    MOST_SCENARIOS,
    Fingerprint,
    build_fingerprint,
    format_mean,
    list_notable_measures,
)
from promptverdict.report.markdown.comment import render_comment
from promptverdict.report.page.html import render_page
from promptverdict.report.table import Cell
from promptverdict.report.terminal.comparison import render_comparisons
from promptverdict.stats.screen import Ratio

from tests.cases import try_cases
from tests.report.compared import LOOK, NOW, comparison, measured, report, run

SAME: dict[str, Any] = {"candidate": 4.2, "difference": 0.0, "reason": "the same on both sides"}


def scenarios(count: int) -> tuple[MeasuredScenario, ...]:
    named = [{"suite": "manners", "scenario": f"scenario-{place}"} for place in range(count)]
    return tuple(MeasuredScenario(**one, baseline=1, candidate=9) for one in named)


def written(*found: Measured) -> str:
    records = run()
    return render_page(report(records, comparison(records, fingerprint=found)))


def fingerprint(*found: Measured) -> Fingerprint:
    built = build_fingerprint(comparison(run(), fingerprint=found))
    assert built is not None
    return built


def others(*found: Measured) -> list[dict[str, Cell]]:
    """List the rows of what is not worth a look, by the titles of their columns."""
    table = fingerprint(*found).others
    assert table is not None
    titles = [column.title for column in table.columns]
    return [dict(zip(titles, row, strict=True)) for row in table.rows]


def section(text: str) -> str:
    return text.partition('<section id="fingerprint">')[2].partition("</section>")[0]


def printed(*found: Measured) -> list[str]:
    compared = comparison(run(), fingerprint=found)
    return render_comparisons(Comparisons(comparisons=(compared,)), NOW).splitlines()


@try_cases(
    ("value", "unit", "told"),
    [
        (None, "calls", "unknown"),
        (0.0, "calls", "0"),
        (4.2, "calls", "4.2"),
        (0.0208, "calls", "0.02"),
        (38.94, "lines", "38.9"),
        (100.0, "words", "100"),
        (12145.4, "tokens", "12,145"),
        (0.0042, "USD", "0.0042"),
        (0.00004, "USD", "0.00004"),
        (0.004, "calls", "0.004"),
        (0.0, "USD", "0"),
        (299 / 300, "share of trials", "99.7%"),
        (1.5, "USD", "1.5"),
        (0.416, "share of trials", "42%"),
    ],
)
def test_figures_are_short(value: float | None, unit: str, told: str) -> None:
    assert format_mean(value, unit) == told


def test_what_is_worth_a_look_takes_one_line_in_the_terminal() -> None:
    share = {"unit": "share of trials", "baseline": 0.1, "candidate": 0.6, "difference": 0.5}
    money = {"unit": "USD", "baseline": 0.1, "candidate": 0.25, "difference": 0.15}
    found = [
        measured(**LOOK),
        measured("stopped without a change", **share, **LOOK),
        measured("price", **money, **LOOK),
        measured("turns"),
    ]
    (line,) = [line for line in printed(*found) if line.startswith("worth a look")]
    assert line == (
        "worth a look (no grader asks for it): calls of Bash 4.2 -> 7.9 a trial,"
        " stopped without a change 10% -> 60% of trials, price 0.1 -> 0.25 USD a trial"
    )


def test_more_than_a_few_are_counted() -> None:
    found = [measured(f"m{number}", **LOOK) for number in range(MOST_NOTABLE + 3)]
    (line,) = [line for line in printed(*found) if line.startswith("worth a look")]
    assert line.endswith("m3 4.2 -> 7.9 a trial, and 3 more in the report")
    records = run()
    text = render_comment(report(records, comparison(records, fingerprint=tuple(found))))
    assert len(re.findall(r"\n- m\d", text)) == MOST_NOTABLE
    assert "\n- 3 more in the HTML report\n" in text


def test_where_nothing_stands_out_terminal_and_comment_are_silent() -> None:
    found = measured(p=0.3, p_adjusted=0.6)
    assert not [line for line in printed(found) if "worth a look" in line]
    records = run()
    assert "Worth a look" not in render_comment(
        report(records, comparison(records, fingerprint=(found,)))
    )


def test_a_comparison_without_measures_has_no_section() -> None:
    assert build_fingerprint(comparison(run())) is None
    text = written()
    assert 'id="fingerprint"' not in text
    assert "#fingerprint" not in text.partition("</style>")[2]


def test_the_page_shows_what_is_worth_a_look_and_folds_the_rest() -> None:
    text = section(written(measured(**LOOK), measured("turns", p=0.5, p_adjusted=0.5)))
    open_, _, folded = text.partition("<summary>The other measures</summary>")
    assert "Of 2 measures that differ, 1 is worth a look." in open_
    assert "Descriptive, never a gate." in open_
    row = '<td class="figure">4.2</td><td class="figure">7.9</td><td class="figure">+3.7</td>'
    assert open_.count(row) == folded.count(row) == 1
    assert "0.004 (0.030)" in open_
    assert "turns" in folded
    assert "turns" not in open_


def test_below_the_floor_the_page_says_so_once_and_claims_nothing() -> None:
    why = "fewer than 6 paired scenarios (3)"
    text = section(written(measured(reason=why), measured("turns", reason=why)))
    assert f"No claim: {why}." in text
    assert text.count(why) == 1
    assert "<summary>All measures</summary>" in text


def test_one_that_could_not_be_tested_says_why() -> None:
    tested = measured(p=0.5, p_adjusted=0.5)
    untested = measured("price", reason="too few", baseline=None, difference=None)
    rows = others(tested, untested)
    assert [(row["measure"].text, row["baseline"].text, row["change"].text) for row in rows] == [
        ("calls of Bash", "4.2", "+3.7"),
        ("price", "unknown", "unknown"),
    ]
    assert [row["p (adjusted)"].hint for row in rows] == ["", "too few"]


def test_what_is_the_same_is_told_in_a_sentence() -> None:
    text = section(written(measured(**LOOK), measured("turns", **SAME)))
    assert "The same on average: turns 4.2." in text
    assert fingerprint(measured(**SAME)).summary == "Nothing differs."


def test_differences_that_cancel_out_are_no_claim_rather_than_none() -> None:
    few = measured(**{**SAME, "reason": "fewer than 6 paired scenarios (2)"})
    found = fingerprint(few, measured("turns", **SAME))
    assert found.summary == "No claim: fewer than 6 paired scenarios (2)."


def test_a_small_change_is_no_zero() -> None:
    share = {"unit": "share of trials", "baseline": 0.5, "candidate": 0.503, "difference": 0.003}
    money = {"unit": "USD", "baseline": 0.1, "candidate": 0.09997, "difference": -0.00003}
    ratio = Ratio(ratio=0.003, low=0.0, high=0.5)
    rows = others(measured("share", **share), measured("price", **money, ratio=ratio))
    assert [row["change"].text for row in rows] == ["+0.3 points", "-0.00003"]
    assert rows[1]["typical ratio (95 %)"].text == "0.003 (0.00 to 0.50)"


def test_scenarios_behind_a_measure_lead_to_their_trials_and_are_cut_and_counted() -> None:
    found = measured(**LOOK, scenarios=scenarios(MOST_SCENARIOS + 5))
    text = section(written(found))
    assert '<a href="#scenario:manners:scenario-0">manners/scenario-0</a>' in text
    assert text.count('href="#scenario:') == MOST_SCENARIOS
    assert "5 more differ less, or not at all." in text


def test_ratios_and_missing_trials_have_their_columns() -> None:
    ratio = Ratio(ratio=1.5, low=1.2, high=1.9)
    text = section(written(measured(**LOOK, ratio=ratio, missing_candidate=2)))
    assert '<td class="figure">1.50 (1.20 to 1.90)</td>' in text
    assert '<td class="figure">0 and 2</td>' in text
    assert "typical ratio (95 %)" in text
    assert "the geometric mean" in text


@try_cases("name", ["calls of <script>alert(1)</script>", "@all\u202e | `x` ![y](z)"])
def test_a_name_that_is_not_ours_does_nothing(name: str) -> None:
    found = measured(name, **LOOK, says=name, scenarios=scenarios(1))
    text = section(written(found))
    assert "<script>" not in text
    assert "\u202e" not in text
    records = run()
    comment = render_comment(report(records, comparison(records, fingerprint=(found,))))
    assert "@all" not in comment
    assert "<script>" not in comment
    assert not [line for line in printed(found) if "\u202e" in line]
    assert list_notable_measures([found])
