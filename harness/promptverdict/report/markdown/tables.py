"""Tables as Markdown, one block a row, so that a comment may end after any of them."""

from __future__ import annotations

from collections.abc import Iterator

from promptverdict.report.markdown.escape import escape_markdown
from promptverdict.report.table import Cell, Row, Table


def render_table(table: Table) -> Iterator[str]:
    """Render a table: the head with its first row, then row after row, then the notes."""
    rules = ["---:" if column.align == "right" else "---" for column in table.columns]
    head = (
        f"\n{_join(escape_markdown(column.title) for column in table.columns)}|{'|'.join(rules)}|\n"
    )
    # Markdown knows no groups of rows: a bold row stands for the title of each.
    has_groups = len(table.groups) > 1
    for group in table.groups:
        if has_groups and group.title:
            blanks = [" "] * (len(table.columns) - 1)
            yield f"{head}{_join([f'**{escape_markdown(group.title)}**', *blanks])}"
            head = ""
        for row in group.rows:
            yield f"{head}{_render_row(row)}"
            head = ""
    yield from (f"\n{escape_markdown(note)}\n" for note in table.notes)


def _render_row(row: Row) -> str:
    return _join(map(_render_cell, row))


def _render_cell(cell: Cell) -> str:
    text = f"{cell.text} ({cell.note})" if cell.note else cell.text
    return escape_markdown(text) or " "


def _join(values: Iterator[str] | list[str] | map[str]) -> str:
    return f"| {' | '.join(values)} |\n"
