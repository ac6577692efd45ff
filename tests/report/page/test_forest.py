"""Every figure of a plot stands where it belongs, and nothing stands outside."""

from __future__ import annotations

from promptverdict.report.page.forest import Estimate, draw_forest

from tests.cases import try_cases


def at(place: str) -> float:
    return float(place.removesuffix("%"))


def test_changes_stand_around_the_line_of_no_change() -> None:
    rows = [
        Estimate("worse", "", -0.3, -0.5, -0.1, "regressed"),
        Estimate("better", "", 0.2, 0.1, 0.3, "improved"),
    ]
    drawn = draw_forest("Differences", rows, is_change=True)
    worse, better = drawn.rows
    assert at(worse.start) < at(worse.at) < at(worse.end) < at(drawn.zero)
    assert at(drawn.zero) < at(better.start) < at(better.at) < at(better.end)
    assert [told for _, told in drawn.ticks] == [
        "-50",
        "-40",
        "-30",
        "-20",
        "-10",
        "0",
        "+10",
        "+20",
        "+30",
    ]


@try_cases(("low", "high"), [(-1.0, 1.0), (0.0, 0.0), (-0.03, 0.02), (-1.0, -0.9)])
def test_the_axis_holds_every_interval_and_no_change(low: float, high: float) -> None:
    drawn = draw_forest("D", [Estimate("a", "", (low + high) / 2, low, high)], is_change=True)
    assert 3 <= len(drawn.ticks) <= 9
    assert "0" in [told for _, told in drawn.ticks]
    (row,) = drawn.rows
    ends = [at(place) for place, _ in drawn.ticks]
    assert ends[0] <= at(row.start) <= at(row.end) <= ends[-1]
    assert ends[0] >= 0
    assert ends[-1] <= 100


def test_rates_stand_between_nothing_and_all() -> None:
    drawn = draw_forest("Rates", [Estimate("a", "", 1.0, 0.5, 1.0)], is_change=False)
    assert [told for _, told in drawn.ticks] == ["0 %", "25 %", "50 %", "75 %", "100 %"]
    assert drawn.zero == ""
    assert drawn.rows[0].at == drawn.ticks[-1][0]


def test_a_row_without_figures_has_words_alone_and_is_described() -> None:
    rows = [Estimate("Group", "", None, is_heading=True), Estimate("a", "nothing graded", None)]
    drawn = draw_forest("Rates", rows, is_change=False)
    assert [row.at for row in drawn.rows] == ["", ""]
    assert drawn.description == "a: nothing graded."
    assert drawn.rows[0].y < drawn.rows[1].y < drawn.base < drawn.height
