"""Tables in a terminal, as wide as it is and with what matters first."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from typing import TYPE_CHECKING

from promptverdict.core.text import escape_text
from promptverdict.report.table import Cell, Column, Table
from promptverdict.report.terminal.console import STYLES, Terminal, style_text

if TYPE_CHECKING:
    from rich.text import Text

GAP = 2
"""Blanks between columns."""
NARROWEST = 12
"""Characters of a column that wraps, however narrow the terminal is."""


def render_table(table: Table, terminal: Terminal) -> Iterator[Text]:
    """Render the titles of the columns, then group by group, then the notes.

    Columns are as wide in every group; those that wrap give way where the terminal is too narrow.
    Details that do not fit beside the rest follow in a table of their own.
    """
    main = table.leave_out_details()
    if not terminal.has_details:
        yield from _render_columns(main, terminal.width)
    elif _measure_width(_measure_columns(table)) <= terminal.width:
        yield from _render_columns(table, terminal.width)
    else:
        yield from _render_columns(main, terminal.width)
        yield from _render_columns(table.select_details(), terminal.width)
    yield from (style_text(note) for note in table.notes)


def _render_columns(table: Table, available: int) -> Iterator[Text]:
    widths = _choose_widths(table, available)
    titles = [Cell(text=column.title) for column in table.columns]
    yield from _build_rows(table.columns, widths, [titles], "dim")
    for group in table.groups:
        if group.title:
            yield style_text(group.title, "bold")
        yield from _build_rows(table.columns, widths, group.rows)


def _build_rows(
    columns: Sequence[Column],
    widths: Sequence[int],
    rows: Iterable[Iterable[Cell]],
    style: str = "",
) -> Iterator[Text]:
    """Build the lines of rows. rich's own tables take a hundred times as long for the same."""
    from rich.text import Span, Text

    for row in rows:
        cells = list(row)
        broken = [
            _break_cell(_format_cell(cell), width)
            for cell, width in zip(cells, widths, strict=True)
        ]
        for number in range(max(map(len, broken), default=0)):
            parts, spans, at = [], [], 0
            for column, width, cell, lines in zip(columns, widths, cells, broken, strict=True):
                text = lines[number] if number < len(lines) else ""
                blanks = " " * (width - _measure_text(text))
                padded = f"{blanks}{text}" if column.align == "right" else f"{text}{blanks}"
                gap = " " * GAP if at else ""
                at += len(gap)
                if how := style or STYLES[cell.style]:
                    spans.append(Span(at, at + len(padded), how))
                parts.append(f"{gap}{padded}")
                at += len(padded)
            # At once: appending to a Text takes ten times as long, and a page has many cells.
            yield Text("".join(parts), spans=spans)


def _break_cell(text: str, width: int) -> list[str]:
    """Break a cell's text into lines that are no wider than its column."""
    from rich.cells import chop_cells

    fitting: list[str] = []
    for line in break_text(text, width):
        fitting += [line] if _measure_text(line) <= width else chop_cells(line, width)
    return fitting


def _measure_text(text: str) -> int:
    """Measure how many columns of a terminal a text takes."""
    if text.isascii():
        return len(text)
    from rich.cells import cell_len

    return cell_len(text)


def _format_cell(cell: Cell) -> str:
    text = f"{cell.text} ({cell.note})".lstrip() if cell.note else cell.text
    return escape_text(text)


def _choose_widths(table: Table, available: int) -> list[int]:
    widths = _measure_columns(table)
    excess = _measure_width(widths) - available
    wrapping = [place for place, column in enumerate(table.columns) if column.wraps]
    # The widest gives way first: it loses least by it.
    for place in sorted(wrapping, key=lambda place: -widths[place]):
        given = min(max(excess, 0), max(widths[place] - NARROWEST, 0))
        widths[place] -= given
        excess -= given
    return widths


def _measure_columns(table: Table) -> list[int]:
    """Measure how wide each column would like to be."""
    widths = [_measure_text(column.title) for column in table.columns]
    for row in table.rows:
        for place, cell in enumerate(row):
            widths[place] = max(widths[place], _measure_text(_format_cell(cell)))
    return widths


def _measure_width(widths: Sequence[int]) -> int:
    return sum(widths) + GAP * (len(widths) - 1)


def break_text(text: str, width: int) -> list[str]:
    """Break a text into lines of at most `width` characters, after blanks.

    A word that is longer alone is broken after hyphens and slashes; one without any stays whole.
    Blanks in front of the whole text stay.
    """
    if len(text) <= width:
        return [text]
    parts: list[str] = []
    for word in re.findall(r"^ +|[^ ]+ ?| ", text):
        whole = len(word.rstrip()) <= width
        parts += [word] if whole else re.findall(r"[^/_-]*[/_-]?", word)
    lines = [""]
    for part in parts:
        if lines[-1].strip() and len(lines[-1]) + len(part.rstrip()) > width:
            lines.append("")
        lines[-1] += part
    return [line.rstrip() for line in lines]
