"""The fingerprint of a comparison: what agents did that no grader asked for, in tables."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from promptverdict.comparison.measured import Measured
from promptverdict.comparison.verdicts import Comparison
from promptverdict.core.ids import format_scenario_id
from promptverdict.core.numbers import count_decimals, format_p_value, format_percent, format_points
from promptverdict.core.text import format_count
from promptverdict.report.places import name_scenario_section
from promptverdict.report.table import Cell, Column, Row, RowGroup, Table, build_row, build_table
from promptverdict.stats.screen import Ratio

MOST_NOTABLE = 4
"""Notable measures that the terminal and the comment name."""
MOST_SCENARIOS = 12
"""Scenarios behind a measure that the page shows."""
COLUMNS = (
    Column(title="measure", is_name=True),
    Column(title="baseline", align="right"),
    Column(title="candidate", align="right"),
    Column(title="change", align="right"),
    Column(title="typical ratio (95 %)", align="right"),
    Column(title="n", align="right"),
    Column(title="missing", align="right"),
    Column(title="p (adjusted)", align="right"),
)
OPTIONAL = ("typical ratio (95 %)", "missing", "p (adjusted)")
SCENARIO_COLUMNS = (
    Column(title="scenario", is_name=True),
    Column(title="baseline", align="right"),
    Column(title="candidate", align="right"),
)


@dataclass(frozen=True)
class MeasureScenarios:
    """One notable measure, scenario by scenario."""

    name: str
    table: Table
    left_out: int
    """Scenarios that differ less than those shown, or not at all."""


@dataclass(frozen=True)
class Fingerprint:
    """All measures of a comparison."""

    summary: str
    """What stands out, in a sentence."""
    notable: Table | None
    """What is worth a look; None where nothing is."""
    notable_scenarios: tuple[MeasureScenarios, ...]
    others: Table | None
    """What else differs."""
    same: tuple[str, ...]
    """Measures whose means are the same on both sides, with their value."""


def build_fingerprint(comparison: Comparison) -> Fingerprint | None:
    """Lay out what was measured; None where nothing was."""
    measures = comparison.fingerprint
    if not measures:
        return None
    # Captions name the sides: on a page with several comparisons no two tables may be called alike.
    sides = f"{comparison.candidate.label} against {comparison.baseline.label}"
    same = [measure for measure in measures if measure.difference == 0 and measure.p is None]
    is_tested = any(measure.p is not None for measure in measures)
    notable = [measure for measure in measures if measure.worth_a_look]
    others = [measure for measure in measures if not measure.worth_a_look and measure not in same]
    return Fingerprint(
        summary=_summarise(measures),
        notable=_build_measure_table(f"Worth a look: {sides}", map(_build_row, notable)),
        notable_scenarios=tuple(_build_scenarios(measure, sides) for measure in notable),
        others=_build_measure_table(
            f"Other measures: {sides}",
            (_build_row(measure, measure.reason if is_tested else "") for measure in others),
        ),
        same=tuple(
            f"{measure.name} {format_mean(measure.baseline, measure.unit)}" for measure in same
        ),
    )


def list_notable_measures(measures: Iterable[Measured]) -> list[str]:
    """List what differs clearly, in a line each: `calls of Bash 4.2 -> 7.9 a trial`."""
    return [
        f"{measure.name} {format_mean(measure.baseline, measure.unit)} ->"
        f" {format_mean(measure.candidate, measure.unit)} {_format_unit(measure.unit)}"
        for measure in measures
        if measure.worth_a_look
    ]


def format_mean(value: float | None, unit: str) -> str:
    """Write a mean with about three digits: 0.42, 7.9, 12,145; a share as 42%; 0 is nothing."""
    if value is None:
        return "unknown"
    if unit.startswith("share"):
        return format_percent(value)
    size = abs(value)
    least = 0 if size >= 100 else 1 if size >= 10 else 4 if _is_currency(unit) and size < 1 else 2
    digits = count_decimals(value, least)
    number = f"{value:,.{digits}f}"
    return number.rstrip("0").rstrip(".") if digits else number


def _is_currency(unit: str) -> bool:
    return unit.isupper()


def _format_unit(unit: str) -> str:
    if unit.startswith("share"):
        return "of trials"
    return f"{unit} a trial" if _is_currency(unit) else "a trial"


def _summarise(measures: Sequence[Measured]) -> str:
    from promptverdict.stats.screen import SAME

    tested = sum(measure.p is not None for measure in measures)
    notable = sum(measure.worth_a_look for measure in measures)
    if not tested:
        # Equal means may hide differences that cancel out; such a measure has another reason.
        reasons = [
            measure.reason
            for measure in measures
            if measure.difference is not None and measure.reason != SAME
        ]
        return f"No claim: {reasons[0]}." if reasons else "Nothing differs."
    if not notable:
        return f"Of {format_count(tested, 'measure')} that differ, none stands out."
    return (
        f"Of {format_count(tested, 'measure')} that differ, {notable}"
        f" {'is' if notable == 1 else 'are'} worth a look."
    )


def _build_measure_table(caption: str, rows: Iterable[Row]) -> Table | None:
    group = RowGroup(rows=tuple(rows))
    if not group.rows:
        return None
    return build_table(caption, COLUMNS, [group], optional=OPTIONAL)


def _build_row(measure: Measured, reason: str = "") -> Row:
    """Build a row; reason: why this measure is not tested, where others are."""
    missing = (measure.missing_baseline, measure.missing_candidate)
    p_values = (
        f"{format_p_value(measure.p)} ({format_p_value(measure.p_adjusted or 0)})"
        if measure.p
        else ""
    )
    return build_row(
        Cell(
            text=measure.name,
            hint="" if measure.says.lower() == measure.name.lower() else measure.says,
        ),
        format_mean(measure.baseline, measure.unit),
        format_mean(measure.candidate, measure.unit),
        _format_difference(measure),
        _format_ratio(measure.ratio) if measure.ratio else "",
        str(measure.n),
        f"{missing[0]} and {missing[1]}" if any(missing) else "",
        Cell(text=p_values, hint=reason),
    )


def _build_scenarios(measure: Measured, sides: str) -> MeasureScenarios:
    listed = measure.scenarios[:MOST_SCENARIOS]
    rows = tuple(
        build_row(
            Cell(
                text=format_scenario_id(scenario.suite, scenario.scenario),
                link=name_scenario_section(scenario.suite, scenario.scenario),
            ),
            format_mean(scenario.baseline, measure.unit),
            format_mean(scenario.candidate, measure.unit),
        )
        for scenario in listed
    )
    caption = f"{measure.name} by scenario: {sides}"
    table = build_table(caption, SCENARIO_COLUMNS, [RowGroup(rows=rows)])
    return MeasureScenarios(measure.name, table, len(measure.scenarios) - len(listed))


def _format_ratio(ratio: Ratio) -> str:
    number, *ends = (
        f"{each:.{count_decimals(each, 2)}f}" for each in (ratio.ratio, ratio.low, ratio.high)
    )
    return f"{number} ({' to '.join(ends)})"


def _format_difference(measure: Measured) -> str:
    if measure.difference is None:
        return "unknown"
    if measure.unit.startswith("share"):
        return f"{format_points(measure.difference)} points"
    size = format_mean(abs(measure.difference), measure.unit)
    return f"{'+' if measure.difference >= 0 else '-'}{size}"
