"""A table fits a narrow terminal: names give way, verdicts and figures stay whole."""

from __future__ import annotations

from promptverdict.report.table import Cell, Column, RowGroup, Table, build_row, build_table
from promptverdict.report.terminal.console import Terminal, render_lines
from promptverdict.report.terminal.tables import break_text, render_table

from tests.cases import try_cases

COLUMNS = (
    Column(title="verdict"),
    Column(title="behaviour", wraps=True, is_name=True),
    Column(title="points (95 %)", align="right"),
    Column(title="p", is_detail=True),
)
LONG = "keeps-the-tests-that-were-there-as-they-are-and-adds-those-that-lack"


def table(*names: str, p: str = "0.003") -> Table:
    rows = tuple(
        build_row(Cell(text="regressed", style="regressed"), name, "-75 (-90 to -30)", p)
        for name in names
    )
    return build_table("Verdicts", COLUMNS, [RowGroup(title="manners", rows=rows)])


def printed(shown: Table, **more: object) -> list[str]:
    terminal = Terminal(**more)  # type: ignore[arg-type]
    return render_lines(render_table(shown, terminal), terminal).splitlines()


def test_the_verdict_stands_first_and_details_are_left_out() -> None:
    assert printed(table("kind")) == [
        "verdict    behaviour     points (95 %)",
        "manners",
        "regressed  kind       -75 (-90 to -30)",
    ]


def test_a_long_name_is_broken_at_its_hyphens_and_nothing_else_is() -> None:
    lines = printed(table(LONG), width=60)
    assert max(map(len, lines)) <= 60
    assert lines[2] == "regressed  keeps-the-tests-that-were-       -75 (-90 to -30)"
    assert "".join(line[11:42].strip() for line in lines[2:]) == LONG


def test_details_stand_beside_the_rest_where_they_fit_and_below_it_where_they_do_not() -> None:
    wide = printed(table("kind"), width=80, has_details=True)
    assert wide[2] == "regressed  kind       -75 (-90 to -30)  0.003"
    narrow = printed(table("kind", p="0.003 " * 8), width=60, has_details=True)
    assert narrow[2] == "regressed  kind       -75 (-90 to -30)"
    assert narrow[-1].split()[:2] == ["kind", "0.003"]


def test_colours_are_there_only_where_the_terminal_has_them() -> None:
    assert not any("\x1b" in line for line in printed(table("kind")))
    coloured = printed(table("kind"), has_colour=True)
    assert "\x1b[1;31mregressed" in coloured[2]


def test_what_others_wrote_cannot_drive_the_terminal() -> None:
    assert "\x1b" not in "".join(printed(table("kind\x1b[2J\nmore")))


@try_cases(
    ("text", "lines"),
    [
        ("short", ["short"]),
        ("one two three", ["one two", "three"]),
        ("agent/variant", ["agent/", "variant"]),
        ("unbreakable-is-long", ["unbreakable-", "is-long"]),
        ("  indented name", ["  indented", "name"]),
    ],
)
def test_texts_break_after_blanks_hyphens_and_slashes(text: str, lines: list[str]) -> None:
    assert break_text(text, 10) == lines
