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
    """Count the fewest units with which a margin can be shown: ln(alpha) / ln(1-margin), upwards.

    The exact zero-failure bound: with fewer, so many scenarios as the margin says may break and
    still none be among those drawn. 59 for 5 points, 29 for 10, 14 for 20; never below 6.
    Raises ValueError for a margin or alpha outside 0..1.
    """
    check_share("margin", margin)
    check_share("alpha", alpha)
    return max(FLOOR, math.ceil(math.log(alpha) / math.log(1 - margin)))


def count_spotless_trials(margin: float, alpha: float = 0.05) -> int:
    """Count the fewest trials of each variant that show a margin for a suite where all pass.

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
    test: PairedTest | FixedTest, mode: GateMode, margin: float | None = None
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
    least = needed = 1 if isinstance(test, FixedTest) else FLOOR
    if margin is not None and isinstance(test, PairedTest):
        needed = count_units_needed(margin, test.alpha)
    outcome, reason = _decide(test, margin, needed)
    look = test.look
    waits = look is not None and not look.last and outcome in ("pass", "inconclusive")
    if waits:
        outcome, reason = "inconclusive", f"{look}: the gate answers at the last"
    worse = outcome == "pass" and test.verdict == "regressed"
    asked = needed if mode == "non_inferiority" else least
    few = test.n < asked or (isinstance(test, FixedTest) and not test.is_decidable)
    return GateAnswer(
        outcome=outcome,
        mode=mode,
        estimand=test.estimand,
        refused=waits or (outcome == "inconclusive" and few),
        warning="worse, but by less than the margin" if worse else "",
        reason=f"{reason}; {_describe_scope(test)}" if isinstance(test, FixedTest) else reason,
        margin=margin,
        needed=needed,
        exit_code={
            "pass": 0,
            "fail": 1,
            "inconclusive": 6 if waits or mode == "non_inferiority" else 0,
            "invalid": 7,
        }[outcome],
    )


def _decide(
    test: PairedTest | FixedTest, margin: float | None, needed: int
) -> tuple[GateOutcome, str]:
    if test.verdict == "invalid":
        return "invalid", test.reason
    # Beside an improvement or a regression the reason says what makes it fragile, if anything.
    verdict = f"{test.verdict}, {test.reason}" if test.reason else test.verdict
    if test.verdict == "improved":
        return "pass", verdict
    if margin is not None and test.n >= needed and _is_not_worse(test, margin):
        held = "equivalent within" if _is_not_better(test, margin) else "not worse by more than"
        return "pass", f"{held} {100 * margin:g} points"
    if test.verdict == "regressed":
        return "fail", verdict
    return "inconclusive", _explain_doubt(test, margin, needed)


def _is_not_worse(test: PairedTest | FixedTest, margin: float) -> bool:
    bound = test.surely_above
    return bound > -margin and _holds_level(test, bound, margin)


def _is_not_better(test: PairedTest | FixedTest, margin: float) -> bool:
    bound = -test.surely_below
    return bound > -margin and _holds_level(test, bound, margin, mirrored=True)


def _holds_level(
    test: PairedTest | FixedTest, bound: float, margin: float, *, mirrored: bool = False
) -> bool:
    """Whether the bound on exactly these holds its level; about others like them the floor does.

    mirrored: the bound is the baseline's against the candidate.
    """
    if isinstance(test, PairedTest):
        return True
    trials = test.trials[::-1] if mirrored else test.trials
    return test.is_decidable and compute_margin_p(trials, bound, margin, test.alpha) <= test.alpha


def _explain_doubt(test: PairedTest | FixedTest, margin: float | None, needed: int) -> str:
    if isinstance(test, PairedTest) and test.n < FLOOR:
        return test.reason
    doubt = f"no regression shown: {test.reason}"
    return doubt if margin is None else f"{doubt}{_explain_too_few(test, margin, needed)}"


def _explain_too_few(test: PairedTest | FixedTest, margin: float, needed: int) -> str:
    cannot = f"cannot show a margin of {100 * margin:g} points"
    if isinstance(test, PairedTest):
        return "" if test.n >= needed else f"; {test.n} paired units {cannot}, {needed} can"
    trials, wanted = min(test.trials), count_spotless_trials(margin, test.alpha)
    return "" if trials >= wanted else f"; {trials} trials {cannot}, {wanted} that all pass can"


def _describe_scope(test: FixedTest) -> str:
    """Return what the answer is about, and the change in it where all of it is in."""
    units = format_count(test.n, "unit" if test.unit == "family" else "scenario")
    scope = f"exactly these {units}, no claim about others"
    if math.isnan(test.estimate) or (test.look and not test.look.last):
        return scope
    estimate = f"{100 * test.estimate:+.1f} points"
    level, ends = (
        f"{1 - test.alpha:.0%} interval",
        f"{100 * test.low:+.1f} to {100 * test.high:+.1f}",
    )
    if test.paired == test.n:
        return f"{scope}: {estimate} ({level} {ends})"
    # What one variant alone ran is in the interval as missing, and cannot be in the estimate.
    return (
        f"{scope}: {estimate} over the {test.paired} that both variants ran; {level} over all"
        f" {test.n}, whatever the missing results were: {ends}"
    )
