"""Numbers as reports write them: short, but never 0 for what is not zero, nor all for most."""

from __future__ import annotations

import math

NOTHING = 1e-9
"""A share or change below this is what sums of floats leave behind."""


def percent(share: float) -> str:
    """Write a share: 42%, and 99.7% or 0.3% rather than a 100% or 0% that it is not."""
    return f"{_hundredths(share)}%"


def interval(low: float, high: float) -> str:
    """Write the ends of a share's interval: `21 to 94%`."""
    return f"{_hundredths(low)} to {percent(high)}"


def points(change: float) -> str:
    """Write a change of a share in points, signed: +42, -0.3, and +0 where nothing changed."""
    number = 100 * change if abs(change) > NOTHING else 0.0
    return f"{number:+.{decimals(number)}f}"


def chance(p: float) -> str:
    """Write a p-value; one that three digits would show as 0 is not 0."""
    return "<0.001" if p < 0.0005 else f"{p:.3f}"


def decimals(number: float, least: int = 0) -> int:
    """Choose how many digits after the point tell a number: more where it would read as 0."""
    if number == 0 or round(number, least):
        return least
    return -math.floor(math.log10(abs(number)))


def _hundredths(share: float) -> str:
    digits = 0
    if min(share, 1 - share) > NOTHING:
        while float(f"{100 * share:.{digits}f}") in (0, 100):
            digits += 1
    return f"{100 * share:.{digits}f}"
