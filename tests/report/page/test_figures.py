"""The table says what the plot says, and what either side lacks."""

from __future__ import annotations

from typing import Any

from promptverdict.report.page.figures import of_comparison

from tests.report.compared import changed, comparison, run

FOUND = comparison(run())


def row(**more: Any) -> dict[str, str]:
    figures = of_comparison(changed(FOUND, **more))
    assert figures is not None
    head, told = figures.table
    return dict(zip(head, told, strict=True))


def test_a_verdict_says_how_small_a_change_would_be_missed() -> None:
    assert row()["usually missed"] == "below 40 points"
    assert row(mde80=0.004)["usually missed"] == "below 0.4 points"


def test_without_a_verdict_no_change_is_told_to_be_missed() -> None:
    assert row(verdict="invalid")["usually missed"] == ""
    assert row(kind="too few scenarios", verdict=None)["usually missed"] == ""
    assert row(mde80=None)["usually missed"] == ""


def test_what_a_side_was_never_asked_is_missing_and_told_apart() -> None:
    assert row(missing_baseline=1)["missing"] == "1 and 0"
    lacking = row(missing_candidate=2, unasked_candidate=4)
    assert lacking["missing"] == "0 and 6 (4 never asked)"


def test_an_interval_that_leaves_out_no_change_does_not_read_as_if_it_held_it() -> None:
    assert row(estimate=0.2, low=0.003, high=0.4)["change"] == "+20 points (+0.3 to +40)"


def test_evidence_that_cannot_be_used_has_no_p_and_no_difference_drawn() -> None:
    assert row(verdict="invalid", p=1.0)["p (Holm)"] == ""
    figures = of_comparison(changed(FOUND, verdict="invalid", n=2))
    assert figures is not None
    assert figures.title.startswith("Rates: ")
