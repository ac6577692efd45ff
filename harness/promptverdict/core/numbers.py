"""Numbers as reports write them: short, but no share is rounded to 0 % or 100 % that is neither."""

from __future__ import annotations

import math

NOTHING = 1e-9
"""A share or change below this is what sums of floats leave behind."""


def format_percent(share: float) -> str:
    """Format a share as 42%; with more digits (99.7%, 0.3%) where 100% or 0% would be wrong."""
    return f"{_format_hundredths(share)}%"


def format_interval(low: float, high: float) -> str:
    """Format the ends of a share's interval: `21 to 94%`."""
    return f"{_format_hundredths(low)} to {format_percent(high)}"


def format_points(change: float) -> str:
    """Format a change of a share (0.1 is 10 points) with its sign: +42, -0.3, +0 for no change."""
    number = 100 * change if abs(change) > NOTHING else 0.0
    return f"{number:+.{count_decimals(number)}f}"


def format_p_value(p: float) -> str:
    """Format a p-value with three digits; `<0.001` where they would read as 0."""
    return "<0.001" if p < 0.0005 else f"{p:.3f}"


def count_decimals(number: float, least: int = 0) -> int:
    """Count the digits to write after the point: `least`, or more if a number would read as 0."""
    if number == 0 or round(number, least):
        return least
    return -math.floor(math.log10(abs(number)))


def _format_hundredths(share: float) -> str:
    digits = 0
    if min(share, 1 - share) > NOTHING:
        while float(f"{100 * share:.{digits}f}") in (0, 100):
            digits += 1
    return f"{100 * share:.{digits}f}"
