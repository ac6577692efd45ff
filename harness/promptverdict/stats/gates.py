"""May this be merged? A comparison, a margin and how much doubt blocks."""

from __future__ import annotations

import math
from dataclasses import dataclass

from promptverdict.core.text import format_count
from promptverdict.stats.fixed import FixedTest
from promptverdict.stats.newcombe import compute_margin_p
from promptverdict.stats.paired_test import FLOOR, PairedTest
from promptverdict.stats.samples import check_share
from promptverdict.stats.score import compute_quantile
from promptverdict.stats.terms import Estimand, GateMode, GateOutcome


@dataclass(frozen=True)
class GateAnswer:
    """What a gate says of one comparison."""

    outcome: GateOutcome
    mode: GateMode
    """no_regression blocks on fail alone; non_inferiority on inconclusive too."""
    estimand: Estimand
    """population: it answers for scenarios like these; suite: for exactly these and no others."""
    refused: bool
    """It does not answer, whatever the scenarios show: there are too few, or more looks to come."""
    warning: str
    """Set where the gate passes although the candidate is worse; else empty."""
    reason: str
    """The outcome in words."""
    margin: float | None
    """The loss that is tolerated, as a share (0.1 is 10 points); None: none was stated."""
    needed: int
    """Paired units without which the margin cannot be shown to hold; of exactly these, 1."""
    exit_code: int
    """The command line's: 0 does not block, 1 fail, 6 undecided and blocking, 7 invalid."""


def count_units_needed(margin: float, alpha: float = 0.05) -> int:
    """Give the fewest units with which a margin can be shown: ln(alpha) / ln(1-margin), upwards.

    The exact zero-failure bound: with fewer, so many scenarios as the margin says may break and
    still none be among those drawn. 59 for 5 points, 29 for 10, 14 for 20; never below 6.
    Raises ValueError for a margin or alpha outside 0..1.
    """
    check_share("margin", margin)
    check_share("alpha", alpha)
    return max(FLOOR, math.ceil(math.log(alpha) / math.log(1 - margin)))


def count_spotless_trials(margin: float, alpha: float = 0.05) -> int:
    """Give the fewest trials of each variant that show a margin for a suite where all pass.

    ln(alpha) / ln(1-margin), upwards: with fewer, a candidate that fails as often as the margin
    says would pass them all too often; 29 for 10 points. And Newcombe's bound without a failure,
    z^2 / (trials + z^2) with z one-sided, is below the margin, which asks for more where alpha is
    below 2 %. Raises ValueError for a margin or alpha outside 0..1.
    """
    check_share("margin", margin)
    check_share("alpha", alpha)
    bound = math.floor(compute_quantile(1 - alpha) ** 2 * (1 - margin) / margin) + 1
    return max(bound, math.ceil(math.log(alpha) / math.log(1 - margin)))


def answer_gate(
    comparison: PairedTest | FixedTest, mode: GateMode, margin: float | None = None
) -> GateAnswer:
    """Judge a comparison, about scenarios like its own or, a `FixedTest`, about exactly those.

    pass          improved; or the one-sided bound, with every missing result held against the
                  candidate, lies above -margin and there are at least `units_needed(margin)` units
    fail          regressed, and no pass
    inconclusive  anything else
    invalid       the comparison is

    About exactly these scenarios no number of them is asked for. There a bound above -margin passes
    only where an exact count agrees: where the candidate is worse by all of the margin, a bound as
    good has a chance of at most alpha, whatever the chances are. With so few trials that they could
    show no change at all nothing passes. Without a margin only an improvement is a pass.

    "Every behaviour is non-inferior" takes each comparison as it is, "no behaviour regressed" takes
    those of `corrections.adjust_verdicts`. Before the last planned look a gate fails or says that
    it waits, and that blocks in either mode: so a pass is looked for once, and costs no more than
    without looks.

    Raises ValueError for non_inferiority without a margin, or a margin outside 0..1.
    """
    if margin is None and mode == "non_inferiority":
        raise ValueError("a non_inferiority gate needs a margin")
    if margin is not None:
        check_share("margin", margin)
    least = needed = 1 if isinstance(comparison, FixedTest) else FLOOR
    if margin is not None and isinstance(comparison, PairedTest):
        needed = count_units_needed(margin, comparison.alpha)
    outcome, reason = _outcome(comparison, margin, needed)
    look = comparison.look
    waits = look is not None and not look.last and outcome in ("pass", "inconclusive")
    if waits:
        outcome, reason = "inconclusive", f"{look}: the gate answers at the last"
    worse = outcome == "pass" and comparison.verdict == "regressed"
    asked = needed if mode == "non_inferiority" else least
    few = comparison.n < asked or (
        isinstance(comparison, FixedTest) and not comparison.is_decidable
    )
    return GateAnswer(
        outcome=outcome,
        mode=mode,
        estimand=comparison.estimand,
        refused=waits or (outcome == "inconclusive" and few),
        warning="worse, but by less than the margin" if worse else "",
        reason=f"{reason}; {_about(comparison)}" if isinstance(comparison, FixedTest) else reason,
        margin=margin,
        needed=needed,
        exit_code={
            "pass": 0,
            "fail": 1,
            "inconclusive": 6 if waits or mode == "non_inferiority" else 0,
            "invalid": 7,
        }[outcome],
    )


def _outcome(
    comparison: PairedTest | FixedTest, margin: float | None, needed: int
) -> tuple[GateOutcome, str]:
    if comparison.verdict == "invalid":
        return "invalid", comparison.reason
    if comparison.verdict == "improved":
        return "pass", "improved"
    if margin is not None and comparison.n >= needed and _not_worse(comparison, margin):
        held = "equivalent within" if _not_better(comparison, margin) else "not worse by more than"
        return "pass", f"{held} {100 * margin:g} points"
    if comparison.verdict == "regressed":
        return "fail", "regressed"
    return "inconclusive", _doubt(comparison, margin, needed)


def _not_worse(comparison: PairedTest | FixedTest, margin: float) -> bool:
    bound = comparison.surely_above
    return bound > -margin and _holds_exactly(comparison, bound, margin)


def _not_better(comparison: PairedTest | FixedTest, margin: float) -> bool:
    bound = -comparison.surely_below
    return bound > -margin and _holds_exactly(comparison, bound, margin, mirrored=True)


def _holds_exactly(
    comparison: PairedTest | FixedTest, bound: float, margin: float, *, mirrored: bool = False
) -> bool:
    """Whether the bound on exactly these holds its level; about others like them the floor does.

    mirrored: the bound is the baseline's against the candidate.
    """
    if isinstance(comparison, PairedTest):
        return True
    trials = comparison.trials[::-1] if mirrored else comparison.trials
    return comparison.is_decidable and compute_margin_p(
        trials, bound, margin, comparison.alpha
    ) <= (comparison.alpha)


def _doubt(comparison: PairedTest | FixedTest, margin: float | None, needed: int) -> str:
    if isinstance(comparison, PairedTest) and comparison.n < FLOOR:
        return comparison.reason
    told = f"no regression shown: {comparison.reason}"
    return told if margin is None else f"{told}{_too_few(comparison, margin, needed)}"


def _too_few(comparison: PairedTest | FixedTest, margin: float, needed: int) -> str:
    shown = f"cannot show a margin of {100 * margin:g} points"
    if isinstance(comparison, PairedTest):
        n = comparison.n
        return "" if n >= needed else f"; {n} paired units {shown}, {needed} can"
    trials, wanted = min(comparison.trials), count_spotless_trials(margin, comparison.alpha)
    return "" if trials >= wanted else f"; {trials} trials {shown}, {wanted} that all pass can"


def _about(comparison: FixedTest) -> str:
    n, both = comparison.n, comparison.paired
    told = f"exactly these {format_count(n, 'scenario')}, no claim about others"
    if math.isnan(comparison.estimate) or (comparison.look and not comparison.look.last):
        return told
    estimate = f"{100 * comparison.estimate:+.1f} points"
    level, ends = (
        f"{1 - comparison.alpha:.0%} interval",
        f"{100 * comparison.low:+.1f} to {100 * comparison.high:+.1f}",
    )
    if both == n:
        return f"{told}: {estimate} ({level} {ends})"
    # What one variant alone ran is in the interval as missing, and cannot be in the estimate.
    return (
        f"{told}: {estimate} over the {both} that both variants ran; {level} over all {n}, whatever"
        f" the missing results were: {ends}"
    )
