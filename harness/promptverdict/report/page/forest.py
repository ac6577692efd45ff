"""A forest plot as numbers for a template: where each row's interval begins, sits and ends.

Places are shares of the drawing's width, so that one drawing fits a phone and a desk.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

ROW, HEAD, TOP, FOOT = 44, 34, 6, 30
"""Heights in pixels: of a row, of a heading, above the first and below the last."""
INSET = 0.03
"""Share of the width that is kept free at both sides, for the outer ticks' words."""
TICKS = (0.05, 0.1, 0.25, 0.5, 1.0)
"""Steps between ticks, as shares."""


@dataclass(frozen=True)
class Estimate:
    """One row of a plot: a share or a change of one (0.1 is 10 points) with its interval."""

    label: str
    told: str
    """The figures in words."""
    estimate: float | None
    """None where nothing can be said; the row then has words alone."""
    low: float = 0.0
    high: float = 0.0
    style: str = "unknown"
    """improved, regressed or unknown; primary rates have none of the first two."""
    heading: bool = False
    """Whether it only names the rows below it."""


@dataclass(frozen=True)
class Drawn:
    """One row where it stands: `y` in pixels from the top, the rest as `12.5%`."""

    row: Estimate
    y: int
    at: str = ""
    start: str = ""
    end: str = ""


@dataclass(frozen=True)
class Plot:
    """A whole drawing."""

    title: str
    description: str
    """All figures, for those who do not see them."""
    height: int
    base: int
    """Where the axis stands, in pixels from the top."""
    rows: tuple[Drawn, ...]
    ticks: tuple[tuple[str, str], ...]
    """Place and words of each tick."""
    zero: str
    """Place of the line of no change, or empty."""


def plot(title: str, rows: Sequence[Estimate], *, change: bool) -> Plot:
    """Lay rows out: of changes around the line of no change, or of rates from 0 to 100 %."""
    low, high, step = _axis(rows) if change else (0.0, 1.0, 0.25)
    drawn: list[Drawn] = []
    y = TOP
    for row in rows:
        places = [_place(value, low, high) for value in (row.estimate or 0.0, row.low, row.high)]
        drawn.append(Drawn(row, y, *([] if row.estimate is None else places)))
        y += HEAD if row.heading else ROW
    ticks = [
        (_place(value, low, high), _named(value, change=change))
        for value in _steps(low, high, step)
    ]
    told = [f"{row.label}: {row.told}" for row in rows if not row.heading]
    return Plot(
        title=title,
        description=f"{'; '.join(told)}.",
        height=y + FOOT,
        base=y,
        rows=tuple(drawn),
        ticks=tuple(ticks),
        zero=_place(0.0, low, high) if change else "",
    )


def _axis(rows: Sequence[Estimate]) -> tuple[float, float, float]:
    """Choose ends that hold every interval and no change, and at most nine ticks between them."""
    known = [row for row in rows if row.estimate is not None]
    low = min([-0.1, *(row.low for row in known)])
    high = max([0.1, *(row.high for row in known)])
    step = next(one for one in TICKS if (high - low) / one <= 8 or one == TICKS[-1])
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step, step


def _steps(low: float, high: float, step: float) -> Iterator[float]:
    for number in range(round((high - low) / step) + 1):
        yield low + number * step


def _place(value: float, low: float, high: float) -> str:
    share = (min(max(value, low), high) - low) / (high - low)
    return f"{100 * (INSET + (1 - 2 * INSET) * share):.2f}%"


def _named(value: float, *, change: bool) -> str:
    points = round(100 * value)
    return (f"{points:+d}" if points else "0") if change else f"{points} %"
