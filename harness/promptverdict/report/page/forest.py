"""A forest plot as numbers for a template: where each row's interval begins, sits and ends.

Places are shares of the drawing's width, so that one drawing fits a phone and a desk.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promptverdict.report.table import Style

ROW, HEADING, TOP, FOOT = 44, 34, 6, 30
"""Heights in pixels: of a row, of a heading, above the first and below the last."""
INSET = 0.03
"""Share of the width that stays free at both sides, for the outer ticks' words."""
TICK_STEPS = (0.05, 0.1, 0.25, 0.5, 1.0)
"""Steps between ticks, as shares."""
MOST_STEPS = 8
SMALLEST_REACH = 0.1
"""An axis of changes reaches at least so far on both sides of no change."""


@dataclass(frozen=True)
class Estimate:
    """One row of a plot: a share or a change of one (0.1 is 10 points) with its interval."""

    label: str
    figures: str
    """The same in words."""
    estimate: float | None
    """None where nothing can be said; the row then has words alone."""
    low: float = 0.0
    high: float = 0.0
    style: Style = "unknown"
    is_heading: bool = False
    """Whether it only names the rows below it."""


@dataclass(frozen=True)
class DrawnRow:
    """One row where it stands: `y` in pixels from the top, the rest as `12.5%`."""

    row: Estimate
    y: int
    at: str = ""
    start: str = ""
    end: str = ""


@dataclass(frozen=True)
class ForestPlot:
    """A whole drawing."""

    title: str
    description: str
    """All figures, for those who do not see them."""
    height: int
    base: int
    """Where the axis stands, in pixels from the top."""
    rows: tuple[DrawnRow, ...]
    ticks: tuple[tuple[str, str], ...]
    """Place and words of each tick."""
    zero: str
    """Place of the line of no change, or empty."""


def draw_forest(title: str, rows: Sequence[Estimate], *, is_change: bool) -> ForestPlot:
    """Lay rows out: of changes around the line of no change, or of rates from 0 to 100 %."""
    low, high, step = _choose_axis(rows) if is_change else (0.0, 1.0, 0.25)
    drawn: list[DrawnRow] = []
    y = TOP
    for row in rows:
        if row.estimate is None:
            drawn.append(DrawnRow(row, y))
        else:
            places = [_locate(value, low, high) for value in (row.estimate, row.low, row.high)]
            drawn.append(DrawnRow(row, y, *places))
        y += HEADING if row.is_heading else ROW
    figures = [f"{row.label}: {row.figures}" for row in rows if not row.is_heading]
    return ForestPlot(
        title=title,
        description=f"{'; '.join(figures)}.",
        height=y + FOOT,
        base=y,
        rows=tuple(drawn),
        ticks=tuple(
            (_locate(value, low, high), _format_tick(value, is_change=is_change))
            for value in _list_ticks(low, high, step)
        ),
        zero=_locate(0.0, low, high) if is_change else "",
    )


def _choose_axis(rows: Sequence[Estimate]) -> tuple[float, float, float]:
    """Choose ends that hold every interval and no change, and at most nine ticks between them."""
    known = [row for row in rows if row.estimate is not None]
    low = min([-SMALLEST_REACH, *(row.low for row in known)])
    high = max([SMALLEST_REACH, *(row.high for row in known)])
    step = next(
        step for step in TICK_STEPS if (high - low) / step <= MOST_STEPS or step == TICK_STEPS[-1]
    )
    # Floats that should be whole steps are a little off; without a margin an axis gains one.
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step


def _list_ticks(low: float, high: float, step: float) -> Iterator[float]:
    for number in range(round((high - low) / step) + 1):
        yield low + number * step


def _locate(value: float, low: float, high: float) -> str:
    """Locate a value on the axis, as a share of the drawing's width."""
    share = (min(max(value, low), high) - low) / (high - low)
    return f"{100 * (INSET + (1 - 2 * INSET) * share):.2f}%"


def _format_tick(value: float, *, is_change: bool) -> str:
    points = round(100 * value)
    return (f"{points:+d}" if points else "0") if is_change else f"{points} %"
