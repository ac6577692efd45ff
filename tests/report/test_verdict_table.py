"""The table says what the plot says, and what either side lacks."""

from __future__ import annotations

from typing import Any

from promptverdict.comparison.behaviour_verdict import Theme
from promptverdict.report.page.plots import plot_comparison
from promptverdict.report.verdict_table import build_verdict_table

from tests.report.compared import changed, comparison, run

FOUND = comparison(run())


def row(**more: Any) -> dict[str, str]:
    table = build_verdict_table(changed(FOUND, **more))
    assert table is not None
    titles = [column.title for column in table.columns]
    (cells,) = table.rows
    return {
        title: f"{cell.text} ({cell.note})" if cell.note else cell.text
        for title, cell in zip(titles, cells, strict=True)
    }


def test_a_verdict_says_how_small_a_change_would_be_missed() -> None:
    assert row()["usually missed"] == "below 40 points"
    assert row(mde80=0.004)["usually missed"] == "below 0.4 points"


def test_what_is_decided_stands_first_and_too_few_scenarios_last() -> None:
    (one,) = FOUND.behaviours
    verdicts = [("few", None), ("open", "inconclusive"), ("up", "improved"), ("bad", "invalid")]
    behaviours = tuple(
        one.model_copy(update={"behaviour": name, "verdict": verdict}) for name, verdict in verdicts
    )
    table = build_verdict_table(FOUND.model_copy(update={"behaviours": behaviours}))
    assert table is not None
    assert [cells[1].text for cells in table.rows] == ["up", "open", "bad", "few"]


def test_without_a_verdict_no_change_is_told_to_be_missed() -> None:
    assert row(verdict="invalid").get("usually missed") is None
    assert row(kind="too few scenarios", verdict=None).get("usually missed") is None
    assert row(mde80=None).get("usually missed") is None


def test_what_a_side_was_never_asked_is_missing_and_told_apart() -> None:
    assert "missing" not in row()
    few = row(missing_baseline=1)
    assert few["missing"] == "1"
    assert few["baseline (95 %)"] == "80 to 100%, 8 of 8 trials, 1 missing"
    lacking = row(missing_candidate=2, unasked_candidate=4)
    assert lacking["missing"] == "6 (4 never asked)"
    assert lacking["candidate (95 %)"].endswith(" trials, 6 missing")


def test_an_interval_that_leaves_out_no_change_does_not_read_as_if_it_held_it() -> None:
    assert row(estimate=0.2, low=0.003, high=0.4)["points (95 %)"] == "+20 (+0.3 to +40)"


def test_evidence_that_cannot_be_used_has_no_p_and_no_difference_drawn() -> None:
    assert "p (Holm)" not in row(verdict="invalid", p=1.0)
    plot = plot_comparison(changed(FOUND, verdict="invalid", n=2))
    assert plot is not None
    assert plot.title.startswith("Rates: ")


def test_a_theme_counts_grades_and_a_behaviour_trials() -> None:
    theme = Theme(**FOUND.behaviours[0].model_dump(), role="primary", behaviours=("kind", "brief"))
    found = FOUND.model_copy(update={"themes": (theme,)})
    table = build_verdict_table(found)
    assert table is not None
    place = [column.title for column in table.columns].index("baseline (95 %)")
    told = [cells[place].text for cells in table.rows]
    assert [text.partition(", ")[2] for text in told] == ["8 of 8 grades", "8 of 8 trials"]
