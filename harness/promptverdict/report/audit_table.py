"""An audit as tables: graders against saboteurs, and what was graded wrongly."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from promptverdict.core.text import format_count
from promptverdict.report.table import Cell, Column, RowGroup, Table, build_row, build_table
from promptverdict.runner.audit.auditor import COLUMNS, NEAR_MISS, SABOTEUR, Audit, Held

ENOUGH_SABOTEURS = 2
"""Saboteurs that a behaviour should have, beside a near miss."""


def build_matrix(audit: Audit) -> Table:
    """Build the matrix: behaviour by kind of attempt, how many are graded as they must be."""
    suites: dict[str, dict[str, list[Held]]] = {
        suite: {behaviour: [] for behaviour in behaviours}
        for suite, behaviours in audit.graded.items()
    }
    for held in audit.held:
        suites.setdefault(held.suite, {}).setdefault(held.behaviour, []).append(held)
    groups = [
        RowGroup(
            title=suite,
            rows=tuple(
                build_row(behaviour, *(_build_cell(held, column) for column in COLUMNS))
                for behaviour, held in behaviours.items()
            ),
        )
        for suite, behaviours in suites.items()
    ]
    columns = [
        Column(title="behaviour", is_name=True),
        *(Column(title=column, align="right", wraps=True) for column in COLUMNS),
    ]
    return build_table(
        "Graders against attempts whose right grade is known",
        columns,
        groups,
        notes=[_count_attempts(audit), *list_unproven(suites)],
        optional=COLUMNS,
    )


def build_miss_table(misses: Sequence[Held]) -> Table:
    """Build the table of what was graded wrongly."""
    columns = [
        Column(title="scenario", is_name=True),
        Column(title="behaviour"),
        Column(title="attempt"),
        Column(title="what it was graded as", wraps=True),
    ]
    rows = tuple(
        build_row(
            f"{miss.suite}/{miss.scenario}",
            miss.behaviour,
            _name_attempt(miss),
            miss.words,
        )
        for miss in misses
    )
    return build_table("Graded wrongly", columns, [RowGroup(rows=rows)])


def format_miss(miss: Held) -> str:
    """Write in a line what was graded wrongly."""
    return f"{miss.suite}/{miss.scenario}: {_name_attempt(miss)}: {miss.behaviour} {miss.words}"


def _name_attempt(miss: Held) -> str:
    return miss.column if miss.column == miss.attempt else f"{miss.column} {miss.attempt}"


def list_unproven(suites: dict[str, dict[str, list[Held]]]) -> Iterator[str]:
    """List the behaviours with fewer than two saboteurs, or without a near miss."""
    for suite, behaviours in suites.items():
        thin = []
        for behaviour, held in behaviours.items():
            kinds = [each.column for each in held]
            if behaviour.startswith("("):
                continue
            if kinds.count(SABOTEUR) < ENOUGH_SABOTEURS or NEAR_MISS not in kinds:
                count = format_count(kinds.count(SABOTEUR), "saboteur")
                near = format_count(kinds.count(NEAR_MISS), "near miss", "near misses")
                thin.append(f"{behaviour} ({count}, {near})")
        if thin:
            yield f"{suite}: little proves {', '.join(thin)}"


def _build_cell(held: Iterable[Held], column: str) -> Cell:
    these = [each for each in held if each.column == column]
    if not these:
        return Cell(text="")
    right = sum(each.is_right for each in these)
    if right == len(these):
        return Cell(text=f"{right} ✓")
    return Cell(text=f"{right} of {len(these)} ✗", style="regressed")


def _count_attempts(audit: Audit) -> str:
    counts = ", ".join(f"{number} {kind}" for kind, number in sorted(audit.counts.items()))
    right = len(audit.held) - len(audit.list_misses())
    graded = format_count(len(audit.held), "grade")
    return f"{counts or 'no attempts'}: {right} of {graded} are as they must be"
