"""The table of a comparison's verdicts: themes first, then behaviours, suite by suite."""

from __future__ import annotations

from collections.abc import Iterator

from promptverdict.comparison.behaviour_verdict import BehaviourVerdict, Rate, Theme
from promptverdict.comparison.verdicts import Comparison
from promptverdict.core.numbers import format_interval
from promptverdict.core.text import format_count
from promptverdict.report.figures import (
    count_missing,
    format_change,
    format_p_values,
    format_repeats,
    format_share,
    format_smallest_change,
)
from promptverdict.report.styles import get_style
from promptverdict.report.table import Cell, Column, Row, RowGroup, Table, build_row, build_table

COLUMNS = (
    Column(title="verdict", wraps=True),
    Column(title="behaviour", wraps=True, is_name=True),
    Column(title="baseline", align="right"),
    Column(title="candidate", align="right"),
    Column(title="points (95 %)"),
    Column(title="n", align="right"),
    Column(title="missing", wraps=True),
    Column(title="baseline (95 %)", is_detail=True, wraps=True),
    Column(title="candidate (95 %)", is_detail=True, wraps=True),
    Column(title="usually missed", is_detail=True),
    Column(title="p (Holm)", is_detail=True),
    Column(title="pass^k", is_detail=True),
)
OPTIONAL = ("missing", "usually missed", "p (Holm)", "pass^k")
"""Columns that are left out where they would be empty."""


def build_verdict_table(comparison: Comparison) -> Table | None:
    """Build the table of a comparison; None where nothing was compared."""
    suites = dict.fromkeys(verdict.suite for verdict in list_verdicts(comparison))
    if not suites:
        return None
    return build_table(
        f"Verdicts: {comparison.candidate.label} against {comparison.baseline.label}",
        COLUMNS,
        [
            RowGroup(
                title=suite,
                rows=tuple(
                    _build_row(verdict)
                    for verdict in list_verdicts(comparison)
                    if verdict.suite == suite
                ),
            )
            for suite in suites
        ],
        optional=OPTIONAL,
    )


def list_verdicts(comparison: Comparison) -> Iterator[BehaviourVerdict]:
    """List the themes of a comparison, then its behaviours, each with what is decided first.

    Most rows of a small suite have too few scenarios: they come last, and hide no verdict.
    """
    yield from sorted(comparison.themes, key=rank_verdict)
    yield from sorted(comparison.behaviours, key=rank_verdict)


def rank_verdict(verdict: BehaviourVerdict) -> int:
    """Return the place of a verdict among others: decided, open, then too few scenarios."""
    if verdict.word in ("improved", "regressed"):
        return 0
    return 2 if verdict.word == "too few scenarios" else 1


def _build_row(verdict: BehaviourVerdict) -> Row:
    total, unasked = count_missing(verdict)
    size = format_smallest_change(verdict)
    # A theme has as many grades of each trial as it has behaviours.
    counted = "grade" if isinstance(verdict, Theme) else "trial"
    return build_row(
        Cell(
            text=verdict.word,
            style=get_style(verdict.word),
            note="fragile" if verdict.fragile else "",
        ),
        Cell(
            text=verdict.behaviour,
            note=verdict.role if isinstance(verdict, Theme) else "",
            hint=verdict.says,
        ),
        format_share(verdict.baseline_rate.estimate),
        format_share(verdict.candidate_rate.estimate),
        format_change(verdict),
        str(verdict.n),
        Cell(
            text=str(total) if total else "",
            note=f"{unasked} never asked" if unasked else "",
        ),
        _format_rate(
            verdict.baseline_rate, verdict.missing_baseline + verdict.unasked_baseline, counted
        ),
        _format_rate(
            verdict.candidate_rate, verdict.missing_candidate + verdict.unasked_candidate, counted
        ),
        f"below {size} points" if size else "",
        format_p_values(verdict),
        format_repeats(verdict),
    )


def _format_rate(rate: Rate, missing: int, counted: str) -> str:
    """Write the interval of a side's rate, what is counted behind it, and what is missing.

    counted: `trial`, or `grade` where each trial has several.
    """
    lacking = f", {missing} missing" if missing else ""
    if rate.estimate is None:
        return f"none paired{lacking}"
    of = format_count(rate.graded, counted)
    return f"{format_interval(rate.low, rate.high)}, {rate.passed} of {of}{lacking}"
