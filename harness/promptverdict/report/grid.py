"""Scenarios against variants: every cell of a run, suite by suite."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from promptverdict.core.ids import parse_trial_id
from promptverdict.report.cells import HeatCell, build_absent_cell, build_cell
from promptverdict.report.flips import Flip
from promptverdict.report.places import name_scenario_section
from promptverdict.report.selection import EVERYTHING, Selection
from promptverdict.report.table import Column, RowGroup, Table, build_row, build_table
from promptverdict.trials.summary import TrialSummary

CellKey = tuple[str, str, str]
"""Suite, scenario and variant."""
MOST_COLUMNS = 6
"""Variants of a suite that stand beside each other; more stand below each other."""
FLAGS = ("regressed", "improved", "failed", "different", "ungraded")
"""What the rows of a grid can be filtered by."""


@dataclass(frozen=True)
class GridRow:
    """One scenario with some variants beside each other."""

    suite: str
    scenario: str
    subject: str
    """The variant that the row is about; empty where the columns are the variants."""
    cells: tuple[HeatCell, ...]
    flags: tuple[str, ...]
    losses: int
    """Behaviours that were lost."""

    @property
    def section(self) -> str:
        """Id of the scenario's section on the page."""
        return name_scenario_section(self.suite, self.scenario)

    @property
    def failures(self) -> int:
        """Grades that failed."""
        return sum(outcome == "fail" for cell in self.cells for _, outcome in cell.outcomes)

    @property
    def tokens(self) -> int:
        """Of all trials."""
        return sum(cell.tokens for cell in self.cells)

    def list_words(self, words: Mapping[CellKey, str]) -> str:
        """List what the row can be found by, in lower case.

        words: what each cell with a trial can be found by; outcomes and reasons.
        """
        names = (self.suite, self.scenario, self.subject)
        cells = (
            word
            for cell in self.cells
            for word in (
                cell.variant,
                words.get((self.suite, self.scenario, cell.variant), ""),
            )
        )
        return " ".join((*names, *cells)).lower()


@dataclass(frozen=True)
class Grid:
    """One suite."""

    suite: str
    columns: tuple[str, ...]
    """The variants, or what they are in each row: baseline and candidate."""
    rows: tuple[GridRow, ...]

    @property
    def row_count(self) -> int:
        """Number of rows."""
        return len(self.rows)

    @property
    def has_subjects(self) -> bool:
        """Whether each row is about one variant."""
        return any(row.subject for row in self.rows)


@dataclass
class _Changes:
    """What flipped in one cell."""

    styles: set[str] = field(default_factory=set)
    losses: int = 0


def build_grids(
    records: Iterable[TrialSummary],
    planned: Iterable[str],
    pairs: Sequence[tuple[str, str]],
    flips: Iterable[tuple[str, Flip]],
    now: datetime,
    selection: Selection = EVERYTHING,
) -> list[Grid]:
    """Build a grid for each suite, scenarios and variants in the order of their names.

    planned: ids of trials (`suite/scenario::variant#0`) that must be there, recorded or not.
    pairs: variants that were compared, baseline and candidate. flips: each with its candidate.
    selection: what the page has; scenarios that it has no place for get no row.
    """
    trials: dict[CellKey, list[TrialSummary]] = {}
    for record in records:
        if selection.has_scenario(record.suite, record.scenario):
            trials.setdefault((record.suite, record.scenario, record.variant), []).append(record)
    wanted: Counter[CellKey] = Counter()
    for trial in map(parse_trial_id, planned):
        key = (trial.suite, trial.scenario, trial.variant)
        if selection.has_scenario(trial.suite, trial.scenario):
            wanted[key] += 1
            trials.setdefault(key, [])
    cells = {
        key: build_cell(key[2], group, wanted[key], now, selection.has_trial)
        for key, group in trials.items()
    }
    changes: dict[CellKey, _Changes] = {}
    for candidate, flip in flips:
        change = changes.setdefault((flip.suite, flip.scenario, candidate), _Changes())
        change.styles.add(flip.style)
        change.losses += flip.direction == "lost"
    return [
        _build_grid(suite, cells, pairs, changes)
        for suite in sorted({suite for suite, _, _ in cells})
    ]


def count_flags(grids: Iterable[Grid]) -> dict[str, int]:
    """Count the rows that each flag finds."""
    counts = Counter(flag for grid in grids for row in grid.rows for flag in row.flags)
    return {flag: counts[flag] for flag in FLAGS}


def build_grid_table(grid: Grid) -> Table:
    """Build the table of a grid for a comment, which has no colours and no links."""
    columns = [*["agent"] * grid.has_subjects, "scenario", *grid.columns]
    rows = tuple(
        build_row(
            *[row.subject] * grid.has_subjects,
            row.scenario,
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
    changes: Mapping[CellKey, _Changes],
) -> Grid:
    keys = [key for key in cells if key[0] == suite]
    variants = sorted({variant for _, _, variant in keys})
    scenarios = sorted({scenario for _, scenario, _ in keys})
    # More columns than fit a screen are read worse than as many rows.
    if len(variants) <= MOST_COLUMNS:
        rows = [("", scenario, variants) for scenario in scenarios]
        return _fill_grid(suite, tuple(variants), rows, cells, changes)
    baselines: dict[str, list[str]] = {}
    for baseline, candidate in pairs:
        if {baseline, candidate} <= set(variants):
            baselines.setdefault(candidate, []).append(baseline)
    # A baseline has no row of its own: it stands beside each of its candidates.
    others = {baseline for group in baselines.values() for baseline in group}
    subjects = [variant for variant in variants if variant not in others or variant in baselines]
    columns = ("baseline", "candidate") if baselines else ("result",)
    rows = [
        (subject, scenario, [*[baseline] * bool(baselines), subject])
        for subject in subjects
        for baseline in baselines.get(subject, [""])
        for scenario in scenarios
        if (suite, scenario, subject) in cells
    ]
    return _fill_grid(suite, columns, rows, cells, changes)


def _fill_grid(
    suite: str,
    columns: tuple[str, ...],
    rows: Iterable[tuple[str, str, Sequence[str]]],
    cells: Mapping[CellKey, HeatCell],
    changes: Mapping[CellKey, _Changes],
) -> Grid:
    """Fill a grid; rows: what each is about, its scenario, and the variants of its cells."""
    filled = []
    for subject, scenario, variants in rows:
        row = tuple(
            cells.get((suite, scenario, variant)) or build_absent_cell(variant)
            for variant in variants
        )
        about = [subject] if subject else variants
        own = [changes[key] for name in about if (key := (suite, scenario, name)) in changes]
        flags = _list_flags(row, {style for change in own for style in change.styles})
        losses = sum(change.losses for change in own)
        filled.append(GridRow(suite, scenario, subject, row, flags, losses))
    return Grid(suite, columns, tuple(filled))


def _list_flags(cells: Sequence[HeatCell], styles: set[str]) -> tuple[str, ...]:
    """List what a row can be found by, in the order of `FLAGS`."""
    known = [cell for cell in cells if cell.trials]
    flags = set(styles)
    if any(outcome == "fail" for cell in known for _, outcome in cell.outcomes):
        flags.add("failed")
    if len({cell.outcomes for cell in known}) > 1:
        flags.add("different")
    if any(cell.has_gaps for cell in cells):
        flags.add("ungraded")
    return tuple(flag for flag in FLAGS if flag in flags)
