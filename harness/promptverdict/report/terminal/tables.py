"""Tables in a terminal, as wide as it is and with what matters first."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from promptverdict.core.text import escape_text
from promptverdict.report.table import Cell, Table
from promptverdict.report.terminal.console import STYLES, Terminal, style_text

if TYPE_CHECKING:
    from rich.console import RenderableType
    from rich.table import Table as RichTable

GAP = 2
"""Blanks between columns."""
NARROWEST = 12
"""Characters of a column that wraps, however narrow the terminal is."""


def render_table(table: Table, terminal: Terminal) -> Iterator[RenderableType]:
    """Render the titles of the columns, then group by group, then the notes.

    Columns are as wide in every group; those that wrap give way where the terminal is too narrow.
    """
    shown = table if terminal.has_details else table.leave_out_details()
    widths = _choose_widths(shown, terminal.width)
    yield _build_rows(
        shown, widths, [[style_text(column.title, "dim") for column in shown.columns]]
    )
    for group in shown.groups:
        if group.title:
            yield style_text(group.title, "bold")
        yield _build_rows(
            shown,
            widths,
            (
                [style_text(_join_note(cell), STYLES[cell.style]) for cell in row]
                for row in group.rows
            ),
        )
    yield from (style_text(note) for note in shown.notes)


def _build_rows(
    table: Table, widths: list[int], rows: Iterable[Iterable[RenderableType]]
) -> RichTable:
    from rich.table import Table as RichTable

    built = RichTable(box=None, pad_edge=False, padding=(0, GAP, 0, 0), show_header=False)
    for column, width in zip(table.columns, widths, strict=True):
        built.add_column(width=width, justify=column.align, overflow="fold")
    for row in rows:
        built.add_row(*row)
    return built


def _choose_widths(table: Table, available: int) -> list[int]:
    from rich.cells import cell_len

    columns = list(table.columns)
    widths = [cell_len(column.title) for column in columns]
    for row in table.rows:
        for place, cell in enumerate(row):
            widths[place] = max(widths[place], cell_len(escape_text(_join_note(cell))))
    excess = sum(widths) + GAP * (len(widths) - 1) - available
    wrapping = [place for place, column in enumerate(columns) if column.wraps]
    for place in sorted(wrapping, key=lambda place: -widths[place]):
        given = min(max(excess, 0), max(widths[place] - NARROWEST, 0))
        widths[place] -= given
        excess -= given
    return widths


def _join_note(cell: Cell) -> str:
    return f"{cell.text} ({cell.note})".lstrip() if cell.note else cell.text
