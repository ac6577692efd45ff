"""The figures of one verdict in words: shares, changes, what is missing, what would be missed."""

from __future__ import annotations

from promptverdict.comparison.behaviour_verdict import BehaviourVerdict
from promptverdict.comparison.verdicts import SuiteGate
from promptverdict.core.numbers import count_decimals, format_p_value, format_percent, format_points


def is_usable(verdict: BehaviourVerdict) -> bool:
    """Whether its difference means anything: there are scenarios enough, and evidence of them."""
    return verdict.kind == "verdict" and verdict.verdict != "invalid"


def format_share(share: float | None) -> str:
    """Write a share; where no scenario has a grade on both sides there is none."""
    return "none" if share is None else format_percent(share)


def format_change(verdict: BehaviourVerdict, unit: str = "") -> str:
    """Write a difference in points with its interval, where there are scenarios enough for one.

    unit: written behind the number, for sentences; a table has it in the column's title.
    """
    if verdict.estimate is None:
        return "unknown"
    change = f"{format_points(verdict.estimate)}{unit}"
    if not is_usable(verdict):
        return change
    return f"{change} ({format_points(verdict.low)} to {format_points(verdict.high)})"


def format_smallest_change(verdict: BehaviourVerdict) -> str:
    """Write the points below which a change would usually be missed; empty without a verdict."""
    if not is_usable(verdict) or verdict.mde80 is None:
        return ""
    # No change is larger than 100 points, however wide the interval.
    size = min(100 * verdict.mde80, 100)
    return f"{size:.{count_decimals(size)}f}"


def format_p_values(verdict: BehaviourVerdict) -> str:
    """Write the p-value, and behind it the one adjusted by Holm where that was done."""
    if verdict.p is None or not is_usable(verdict):
        return ""
    if verdict.p_holm is None:
        return format_p_value(verdict.p)
    return f"{format_p_value(verdict.p)} ({format_p_value(verdict.p_holm)})"


def count_missing(verdict: BehaviourVerdict) -> tuple[int, int]:
    """Count the missing results of both sides, and of them those that were never asked for."""
    unasked = verdict.unasked_baseline + verdict.unasked_candidate
    return verdict.missing_baseline + verdict.missing_candidate + unasked, unasked


def format_repeats(verdict: BehaviourVerdict) -> str:
    """Write how likely all of k trials show it (pass^k), on both sides; empty without repeats."""
    sides = (verdict.baseline_rate.repeats, verdict.candidate_rate.repeats)
    if not any(sides):
        return ""
    # Both sides drew as many trials: the number is written once.
    counts = {side.k if side else None for side in sides}
    if len(counts) == 1:
        return (
            f"{' -> '.join(format_percent(side.all) for side in sides if side)} (k={counts.pop()})"
        )
    return " -> ".join(
        f"{format_percent(side.all)} (k={side.k})" if side else "unknown" for side in sides
    )


def describe_gate(gate: SuiteGate) -> str:
    """Write what a gate answers, in which mode, and whether it blocks."""
    return f"{gate.outcome} ({gate.mode}), {'blocks' if gate.exit_code else 'does not block'}"
