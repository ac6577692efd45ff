"""Scenarios against variants: what the trials of each cell showed, and what that rests on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from promptverdict.core.ids import parse_trial_id
from promptverdict.report.evidence import describe_recordings
from promptverdict.report.flips import Flip
from promptverdict.report.places import name_scenario_section
from promptverdict.report.table import Column, RowGroup, Table, build_row, build_table
from promptverdict.trials.record import TrialRecord

CellKey = tuple[str, str, str]
"""Suite, scenario and variant."""
Shown = Literal["all", "some", "none", "unknown", "absent"]
MOST_COLUMNS = 6
"""Variants of a suite that stand beside each other; more stand below each other."""
SIGNS: dict[Shown, str] = {"all": "✓", "some": "◐", "none": "✗", "unknown": "?", "absent": "·"}
FLAGS = ("regressed", "improved", "failed", "different", "ungraded")
"""What the rows of a grid can be filtered by."""


@dataclass(frozen=True)
class HeatCell:
    """One scenario with one variant."""

    variant: str
    shown: Shown
    """How much was shown: all (of whole evidence), some, none, unknown or absent."""
    summary: str
    """In words: `3 of 4 shown`."""
    evidence: str
    """How the trials came about and how old they are."""
    trials: int
    outcomes: tuple[tuple[str, str], ...] = ()
    """Behaviour and outcome of every grade, sorted."""
    has_gaps: bool = False
    """Whether a trial broke off, is missing or has a grade that says nothing."""

    @property
    def sign(self) -> str:
        """The same as a sign, for those who do not tell colours apart."""
        return SIGNS[self.shown]


@dataclass(frozen=True)
class GridRow:
    """One scenario with some variants beside each other."""

    suite: str
    scenario: str
    subject: str
    """The variant that the row is about; empty where the columns are the variants."""
    cells: tuple[HeatCell, ...]
    flags: tuple[str, ...]

    @property
    def section(self) -> str:
        """Id of the scenario's section on the page."""
        return name_scenario_section(self.suite, self.scenario)


@dataclass(frozen=True)
class Grid:
    """One suite."""

    suite: str
    columns: tuple[str, ...]
    """The variants, or what they are in each row: baseline and candidate."""
    rows: tuple[GridRow, ...]

    @property
    def has_subjects(self) -> bool:
        """Whether each row is about one variant."""
        return any(row.subject for row in self.rows)


def build_grids(
    records: Sequence[TrialRecord],
    planned: Iterable[str],
    pairs: Sequence[tuple[str, str]],
    flips: Iterable[tuple[str, Flip]],
    now: datetime,
) -> list[Grid]:
    """Build a grid for each suite, scenarios and variants in the order of their names.

    planned: ids of trials (`suite/scenario::variant#0`) that must be there, recorded or not.
    pairs: variants that were compared, baseline and candidate. flips: each with its candidate.
    """
    trials: dict[CellKey, list[TrialRecord]] = {}
    for record in records:
        trials.setdefault((record.suite, record.scenario, record.variant), []).append(record)
    wanted: Counter[CellKey] = Counter()
    for trial in planned:
        planned_trial = parse_trial_id(trial)
        key = (planned_trial.suite, planned_trial.scenario, planned_trial.variant)
        wanted[key] += 1
        trials.setdefault(key, [])
    cells = {
        key: _build_cell(key[2], records_of_cell, wanted[key], now)
        for key, records_of_cell in trials.items()
    }
    flipped: dict[CellKey, set[str]] = {}
    for candidate, flip in flips:
        flipped.setdefault((flip.suite, flip.scenario, candidate), set()).add(flip.style)
    suites = sorted({suite for suite, _, _ in cells})
    return [_build_grid(suite, cells, pairs, flipped) for suite in suites]


def build_grid_table(grid: Grid) -> Table:
    """Build the table of a grid for a comment, which has no colours and no links."""
    columns = ["scenario", *["variant"] * grid.has_subjects, *grid.columns]
    rows = tuple(
        build_row(
            row.scenario,
            *[row.subject] * grid.has_subjects,
            *(f"{cell.sign} {cell.summary}; {cell.evidence}" for cell in row.cells),
        )
        for row in grid.rows
    )
    return build_table(
        f"Cells of {grid.suite}",
        (Column(title=title) for title in columns),
        [RowGroup(title=grid.suite, rows=rows)],
    )


def _build_grid(
    suite: str,
    cells: Mapping[CellKey, HeatCell],
    pairs: Sequence[tuple[str, str]],
    flipped: Mapping[CellKey, set[str]],
) -> Grid:
    keys = [key for key in cells if key[0] == suite]
    variants = sorted({variant for _, _, variant in keys})
    scenarios = sorted({scenario for _, scenario, _ in keys})
    if len(variants) <= MOST_COLUMNS:
        rows = [("", scenario, variants) for scenario in scenarios]
        return _fill_grid(suite, tuple(variants), rows, cells, flipped)
    baselines: dict[str, list[str]] = {}
    for baseline, candidate in pairs:
        if {baseline, candidate} <= set(variants):
            baselines.setdefault(candidate, []).append(baseline)
    others = {baseline for found in baselines.values() for baseline in found}
    subjects = [variant for variant in variants if variant not in others or variant in baselines]
    columns = ("baseline", "candidate") if baselines else ("result",)
    rows = [
        (subject, scenario, [*[baseline] * bool(baselines), subject])
        for subject in subjects
        for baseline in baselines.get(subject, [""])
        for scenario in scenarios
        if (suite, scenario, subject) in cells
    ]
    return _fill_grid(suite, columns, rows, cells, flipped)


def _fill_grid(
    suite: str,
    columns: tuple[str, ...],
    rows: Iterable[tuple[str, str, Sequence[str]]],
    cells: Mapping[CellKey, HeatCell],
    flipped: Mapping[CellKey, set[str]],
) -> Grid:
    """Fill a grid; rows: what each is about, its scenario, and the variants of its cells."""
    filled = []
    for subject, scenario, variants in rows:
        row = tuple(
            cells.get((suite, scenario, variant)) or _build_absent_cell(variant)
            for variant in variants
        )
        changes: set[str] = set()
        for variant in [subject] if subject else variants:
            changes |= flipped.get((suite, scenario, variant), set())
        filled.append(GridRow(suite, scenario, subject, row, _list_flags(row, changes)))
    return Grid(suite, columns, tuple(filled))


def _list_flags(cells: Sequence[HeatCell], changes: set[str]) -> tuple[str, ...]:
    """List what a row can be found by, in the order of `FLAGS`."""
    known = [cell for cell in cells if cell.trials]
    flags = set(changes)
    if any(outcome == "fail" for cell in known for _, outcome in cell.outcomes):
        flags.add("failed")
    if len({cell.outcomes for cell in known}) > 1:
        flags.add("different")
    if any(cell.has_gaps for cell in cells):
        flags.add("ungraded")
    return tuple(flag for flag in FLAGS if flag in flags)


def _build_absent_cell(variant: str) -> HeatCell:
    return HeatCell(variant, "absent", "not part of this run", "no evidence", 0)


def _build_cell(
    variant: str, trials: Sequence[TrialRecord], wanted: int, now: datetime
) -> HeatCell:
    """Build a cell; wanted: the trials that were planned."""
    if not trials:
        summary = "planned, left no record"
        return HeatCell(variant, "absent", summary, "no evidence", 0, has_gaps=True)
    grades = sorted(
        (grade.behaviour, grade.finding.outcome) for record in trials for grade in record.grades
    )
    outcomes = [outcome for _, outcome in grades]
    passed, ungraded = outcomes.count("pass"), outcomes.count("ungraded")
    graded = len(outcomes) - ungraded
    words = [f"{passed} of {graded} shown"] if graded else []
    if ungraded:
        words.append(f"{ungraded} ungraded")
    faults = [record.fault.kind for record in trials if record.fault]
    words += [f"{kind} ({faults.count(kind)})" for kind in dict.fromkeys(faults)]
    if (lost := wanted - len(trials)) > 0:
        words.append(f"{lost} left no record")
    has_gaps = bool(ungraded or faults or lost > 0)
    if graded:
        is_whole = passed == graded and not has_gaps
        shown: Shown = "all" if is_whole else "some" if passed else "none"
    else:
        shown = "unknown" if outcomes else "absent"
    return HeatCell(
        variant,
        shown,
        ", ".join(words) or "nothing is graded here",
        describe_recordings(trials, now),
        len(trials),
        tuple(grades),
        has_gaps,
    )
