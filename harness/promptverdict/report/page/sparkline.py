"""A row of rates as a small drawing: one dot a run, joined where runs follow each other."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

WIDTH, HEIGHT, INSET = 132, 28, 5
"""In pixels; the inset leaves room for the dots."""


@dataclass(frozen=True)
class Sparkline:
    """A drawing of shares from 0 (bottom) to 1 (top)."""

    width: int
    height: int
    segments: tuple[str, ...]
    """Points of each line, as SVG writes them."""
    dots: tuple[tuple[str, str], ...]


def draw_sparkline(rates: Sequence[float | None]) -> Sparkline:
    """Draw rates in order; a gap in them is a gap in the line."""
    step = (WIDTH - 2 * INSET) / max(len(rates) - 1, 1)
    segments: list[list[tuple[str, str]]] = [[]]
    for place, rate in enumerate(rates):
        if rate is None:
            segments.append([])
            continue
        x, y = INSET + place * step, HEIGHT - INSET - rate * (HEIGHT - 2 * INSET)
        segments[-1].append((f"{x:.1f}", f"{y:.1f}"))
    return Sparkline(
        WIDTH,
        HEIGHT,
        # A line takes two points; one alone is a dot.
        tuple(" ".join(",".join(dot) for dot in dots) for dots in segments if len(dots) > 1),
        tuple(dot for dots in segments for dot in dots),
    )
