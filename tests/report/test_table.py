"""A table is whole or it is not made, and leaves out only what it was allowed to."""

from __future__ import annotations

import pytest
from promptverdict.report.markdown.tables import render_table
from promptverdict.report.table import Cell, Column, RowGroup, Table, build_row, build_table
from pydantic import ValidationError

COLUMNS = (
    Column(title="name", is_name=True),
    Column(title="n", align="right"),
    Column(title="p", is_detail=True),
)


def made(*rows: tuple[str | Cell, ...], **more: object) -> Table:
    groups = [RowGroup(title="g", rows=tuple(build_row(*row) for row in rows))]
    return build_table("T", COLUMNS, groups, **more)  # type: ignore[arg-type]


def test_every_row_has_a_cell_for_each_column() -> None:
    with pytest.raises(ValidationError, match="rows and columns differ in number"):
        made(("a", "1"))


def test_an_optional_column_goes_only_where_all_of_it_is_empty() -> None:
    titles = [column.title for column in made(("a", "1", ""), optional=["p"]).columns]
    assert titles == ["name", "n"]
    assert len(made(("a", "1", ""), ("b", "2", "0.1"), optional=["p"]).columns) == 3
    assert len(made(("a", "1", "")).columns) == 3


def test_details_can_be_left_out_and_stand_alone_with_the_names_of_their_rows() -> None:
    table = made(("a", "1", "0.1"))
    assert [column.title for column in table.leave_out_details().columns] == ["name", "n"]
    assert [[cell.text for cell in row] for row in table.select_details().rows] == [["a", "0.1"]]


def test_markdown_aligns_figures_and_ends_after_any_row() -> None:
    head, last = render_table(made((Cell(text="a", note="b"), "1", ""), ("c|d", "2", "")))
    assert head == "\n| name | n | p |\n|---|---:|---|\n| a (b) | 1 |   |\n"
    assert last == "| c&#124;d | 2 |   |\n"


def test_markdown_names_groups_where_there_are_several() -> None:
    groups = [RowGroup(title=title, rows=(build_row("a", "1", ""),)) for title in ("g", "h")]
    text = "".join(render_table(build_table("T", COLUMNS, groups, notes=["see below"])))
    assert "| **g** |   |   |\n| a | 1 |   |\n| **h** |   |   |" in text
    assert text.endswith("\nsee below\n")
