"""May this be merged? A comparison, a margin and how much doubt blocks."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Literal

from harness.stats.compare import FLOOR, Comparison
from harness.stats.samples import check_share

Mode = Literal["no_regression", "non_inferiority"]


@dataclass(frozen=True)
class Gate:
    """What a gate says of one comparison."""

    outcome: Literal["pass", "fail", "inconclusive", "invalid"]
    mode: Mode
    """no_regression blocks on fail alone; non_inferiority on inconclusive too."""
    refused: bool
    """There are too few scenarios for this gate to answer what it is asked, whatever they show."""
    warning: str
    """Set where the gate passes although the candidate is worse; else empty."""
    reason: str
    """The outcome in words."""
    margin: float | None
    """The loss that is tolerated, as a share (0.1 is 10 points); None: none was stated."""
    needed: int
    """Paired units without which the margin cannot be shown to hold."""
    exit_code: int
    """The command line's: 0 does not block, 1 fail, 6 undecided and blocking, 7 invalid."""


def units_needed(margin: float, alpha: float = 0.05) -> int:
    """Give the fewest units with which a margin can be shown: ln(alpha) / ln(1-margin), upwards.

    The exact zero-failure bound: with fewer, so many scenarios as the margin says may break and
    still none be among those drawn. 59 for 5 points, 29 for 10, 14 for 20; never below 6.
    Raises ValueError for a margin or alpha outside 0..1.
    """
    check_share("margin", margin)
    check_share("alpha", alpha)
    return max(FLOOR, math.ceil(math.log(alpha) / math.log(1 - margin)))


def gate(comparison: Comparison, mode: Mode, margin: float | None = None) -> Gate:
    """Judge a comparison.

    pass          improved; or the one-sided bound, with every missing result held against the
                  candidate, lies above -margin and there are at least `units_needed(margin)` units
    fail          regressed, and no pass
    inconclusive  anything else
    invalid       the comparison is

    Without a margin only an improvement is a pass. "Every behaviour is non-inferior" takes each
    comparison as it is, "no behaviour regressed" takes those of `corrections.adjusted`.
    Raises ValueError for non_inferiority without a margin, or a margin outside 0..1.
    """
    if margin is None and mode == "non_inferiority":
        raise ValueError("a non_inferiority gate needs a margin")
    needed = FLOOR if margin is None else units_needed(margin, comparison.alpha)
    outcome, reason = _outcome(comparison, margin, needed)
    worse = outcome == "pass" and comparison.verdict == "regressed"
    asked = needed if mode == "non_inferiority" else FLOOR
    return Gate(
        outcome=outcome,
        mode=mode,
        refused=outcome == "inconclusive" and comparison.n < asked,
        warning="worse, but by less than the margin" if worse else "",
        reason=reason,
        margin=margin,
        needed=needed,
        exit_code={
            "pass": 0,
            "fail": 1,
            "inconclusive": 6 if mode == "non_inferiority" else 0,
            "invalid": 7,
        }[outcome],
    )


def _outcome(
    comparison: Comparison, margin: float | None, needed: int
) -> tuple[Literal["pass", "fail", "inconclusive", "invalid"], str]:
    if comparison.verdict == "invalid":
        return "invalid", comparison.reason
    if comparison.verdict == "improved":
        return "pass", "improved"
    if margin is not None and comparison.n >= needed and comparison.surely_above > -margin:
        held = "equivalent within" if comparison.surely_below < margin else "not worse by more than"
        return "pass", f"{held} {100 * margin:g} points"
    if comparison.verdict == "regressed":
        return "fail", "regressed"
    return "inconclusive", _doubt(comparison, margin, needed)


def _doubt(comparison: Comparison, margin: float | None, needed: int) -> str:
    if comparison.n < FLOOR:
        return comparison.reason
    told = f"no regression shown: {comparison.reason}"
    if margin is None or comparison.n >= needed:
        return told
    return (
        f"{told}; {comparison.n} paired units cannot show a margin of {100 * margin:g} points,"
        f" {needed} can"
    )
