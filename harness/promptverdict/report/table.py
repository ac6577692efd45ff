"""A table as data. The terminal, the comment and the page each render the same one."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Literal, Self

from pydantic import model_validator

from promptverdict.core.model import Frozen

Style = Literal["", "improved", "regressed", "mixed", "unknown"]
"""How a cell looks; its text says the same."""


class Column(Frozen):
    """One column."""

    title: str
    align: Literal["left", "right"] = "left"
    is_detail: bool = False
    """Whether a terminal shows it only when it is asked for details."""
    wraps: bool = False
    """Whether its texts may be broken where a terminal is too narrow."""
    is_name: bool = False
    """Whether its texts name their rows."""


class Cell(Frozen):
    """One value of a row."""

    text: str
    note: str = ""
    """Behind the text, in brackets."""
    hint: str = ""
    """What the text means; only the page has room for it."""
    style: Style = ""
    link: str = ""
    """Id of the part of the page that it leads to; there are no links elsewhere."""


Row = tuple[Cell, ...]


class RowGroup(Frozen):
    """Rows below a title of their own; the title may be empty."""

    title: str = ""
    rows: tuple[Row, ...]


class Table(Frozen):
    """Columns, and groups of rows with a cell for each of them."""

    caption: str
    """Names the table for those who do not see it."""
    columns: tuple[Column, ...]
    groups: tuple[RowGroup, ...]
    notes: tuple[str, ...] = ()
    """Sentences to be read below it."""

    @model_validator(mode="after")
    def _check_widths(self) -> Self:
        widths = {len(row) for row in self.rows} | {len(self.columns)}
        if len(widths) > 1:
            raise ValueError(f"{self.caption}: rows and columns differ in number: {widths}")
        return self

    @property
    def rows(self) -> Iterator[Row]:
        """The rows of all groups."""
        return (row for group in self.groups for row in group.rows)

    def select_columns(self, places: Sequence[int]) -> Table:
        """Return the same table with these columns alone."""
        return self.model_copy(
            update={
                "columns": tuple(self.columns[place] for place in places),
                "groups": tuple(
                    group.model_copy(
                        update={
                            "rows": tuple(
                                tuple(row[place] for place in places) for row in group.rows
                            )
                        }
                    )
                    for group in self.groups
                ),
            }
        )

    def leave_out_details(self) -> Table:
        """Return the same table without the columns that only details need."""
        places = [place for place, column in enumerate(self.columns) if not column.is_detail]
        return self.select_columns(places)

    def select_details(self) -> Table:
        """Return the same table with the names of the rows and the columns of details alone."""
        places = [
            place for place, column in enumerate(self.columns) if column.is_detail or column.is_name
        ]
        return self.select_columns(places)


def build_row(*values: str | Cell) -> Row:
    """Build a row of texts and cells."""
    return tuple(value if isinstance(value, Cell) else Cell(text=value) for value in values)


def build_table(
    caption: str,
    columns: Iterable[Column],
    groups: Iterable[RowGroup],
    *,
    notes: Iterable[str] = (),
    optional: Iterable[str] = (),
) -> Table:
    """Build a table; of the optional columns, named by their titles, those that hold anything."""
    table = Table(caption=caption, columns=tuple(columns), groups=tuple(groups), notes=tuple(notes))
    unsure = set(optional)
    places = [
        place
        for place, column in enumerate(table.columns)
        if column.title not in unsure or any(row[place].text for row in table.rows)
    ]
    return table.select_columns(places)
