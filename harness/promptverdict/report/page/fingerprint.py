"""The fingerprint of a comparison, laid out: what agents did that no grader asked for."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from promptverdict.comparison.measured import Measured
from promptverdict.comparison.verdicts import Comparison
from promptverdict.core.ids import format_scenario_id
from promptverdict.core.numbers import count_decimals, format_p_value, format_percent, format_points
from promptverdict.core.text import format_count
from promptverdict.report.page.cells import anchor
from promptverdict.stats.screen import Ratio

MOST = 4
"""Of what is worth a look, told at most in the terminal and in a comment."""
SCENARIOS = 12
"""Of those behind a measure, shown at most on the page."""


@dataclass(frozen=True)
class Row:
    """One measure."""

    name: str
    says: str
    baseline: str
    candidate: str
    change: str
    ratio: str
    n: int
    missing: str
    p: str
    reason: str
    """Why there is no test of this one, where there is of others; else empty."""
    scenarios: tuple[tuple[str, str, str, str], ...]
    """Of what is worth a look: section of the page, name and both means; most different first."""
    more: int
    """Scenarios left out."""


@dataclass(frozen=True)
class Fingerprint:
    """All measures of a comparison."""

    told: str
    """What stands out, in a sentence."""
    worth: tuple[Row, ...]
    """What is worth a look."""
    rest: tuple[Row, ...]
    """What else differs."""
    same: tuple[str, ...]
    """Measures whose means are the same on both sides, with their value."""


def fingerprint(comparison: Comparison) -> Fingerprint | None:
    """Lay out what was measured; None where nothing was."""
    found = comparison.fingerprint
    if not found:
        return None
    same = [one for one in found if one.difference == 0 and one.p is None]
    tested = any(one.p is not None for one in found)
    return Fingerprint(
        told=_told(found),
        worth=tuple(_row(one) for one in found if one.worth_a_look),
        rest=tuple(
            _row(one, why=one.reason if tested else "")
            for one in found
            if not one.worth_a_look and one not in same
        ),
        same=tuple(f"{one.name} {figure(one.baseline, one.unit)}" for one in same),
    )


def worth_a_look(found: Iterable[Measured]) -> list[str]:
    """Say what differs clearly, in a line each: `calls of Bash 4.2 -> 7.9 a trial`."""
    return [
        f"{one.name} {figure(one.baseline, one.unit)} -> {figure(one.candidate, one.unit)}"
        f" {_of(one.unit)}"
        for one in found
        if one.worth_a_look
    ]


def figure(value: float | None, unit: str) -> str:
    """Write a mean with three digits or so: 0.42, 7.9, 12,145; a share as 42%; 0 is nothing."""
    if value is None:
        return "unknown"
    if unit.startswith("share"):
        return format_percent(value)
    size = abs(value)
    digits = 0 if size >= 100 else 1 if size >= 10 else 4 if _is_money(unit) and size < 1 else 2
    digits = count_decimals(value, digits)
    told = f"{value:,.{digits}f}"
    return told.rstrip("0").rstrip(".") if digits else told


def _is_money(unit: str) -> bool:
    return unit.isupper()


def _of(unit: str) -> str:
    if unit.startswith("share"):
        return "of trials"
    return f"{unit} a trial" if _is_money(unit) else "a trial"


def _told(found: Sequence[Measured]) -> str:
    from promptverdict.stats.screen import SAME

    tested = sum(one.p is not None for one in found)
    worth = sum(one.worth_a_look for one in found)
    if not tested:
        # Means that are the same may be so by differences that cancel out: the reason knows.
        why = [one.reason for one in found if one.difference is not None and one.reason != SAME]
        return f"No claim: {why[0]}." if why else "Nothing differs."
    if not worth:
        return f"Of {format_count(tested, 'measure')} that differ, none stands out."
    return (
        f"Of {format_count(tested, 'measure')} that differ, {worth}"
        f" {'is' if worth == 1 else 'are'} worth a look."
    )


def _row(one: Measured, why: str = "") -> Row:
    missing = (one.missing_baseline, one.missing_candidate)
    shown = one.scenarios[:SCENARIOS]
    return Row(
        name=one.name,
        says="" if one.says.lower() == one.name.lower() else one.says,
        baseline=figure(one.baseline, one.unit),
        candidate=figure(one.candidate, one.unit),
        change=_change(one),
        ratio=_ratio(one.ratio) if one.ratio else "",
        n=one.n,
        missing=f"{missing[0]} and {missing[1]}" if any(missing) else "",
        p=""
        if one.p is None
        else f"{format_p_value(one.p)} ({format_p_value(one.p_adjusted or 0)})",
        reason=why,
        scenarios=tuple(
            (
                anchor(each.suite, each.scenario),
                format_scenario_id(each.suite, each.scenario),
                figure(each.baseline, one.unit),
                figure(each.candidate, one.unit),
            )
            for each in shown
        ),
        more=len(one.scenarios) - len(shown),
    )


def _ratio(one: Ratio) -> str:
    told, *ends = (f"{each:.{count_decimals(each, 2)}f}" for each in (one.ratio, one.low, one.high))
    return f"{told} ({' to '.join(ends)})"


def _change(one: Measured) -> str:
    if one.difference is None:
        return "unknown"
    if one.unit.startswith("share"):
        return f"{format_points(one.difference)} points"
    told = figure(abs(one.difference), one.unit)
    return f"{'+' if one.difference >= 0 else '-'}{told}"
