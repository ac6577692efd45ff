"""What a terminal would obey or hide is shown instead."""

from __future__ import annotations

import sys
import unicodedata

from promptverdict.core.text import escape_lines, escape_text, format_count

from tests.cases import try_cases


@try_cases(
    ("text", "told"),
    [
        ("grün 🟠 \t x", "grün 🟠 \t x"),
        ("\x1b[31mred\x07", r"\x1b[31mred\x07"),
        ("a\rb\x00\x7f\x9b", r"a\rb\x00\x7f\x9b"),
        ("\u202egnp.exe\u2028", r"\u202egnp.exe\u2028"),
        ("\ud800", r"\ud800"),
        ("pay\u200bpal \u2066x\u2069 \ufeff", r"pay\u200bpal \u2066x\u2069 \ufeff"),
        ("[red]::error::", "[red]::error::"),
    ],
)
def test_what_a_terminal_would_obey_is_shown_as_an_escape(text: str, told: str) -> None:
    assert escape_text(text) == told


def test_no_character_that_only_formats_stays_invisible() -> None:
    every = map(chr, range(sys.maxunicode + 1))
    formatting = [char for char in every if unicodedata.category(char) == "Cf"]
    assert len(formatting) > 100
    assert all(escape_text(char).isascii() for char in formatting)


def test_line_ends_that_are_meant_are_kept() -> None:
    assert escape_lines("one\x1b\n  two\r\n") == "one\\x1b\n  two\\r\n"


def test_a_count_of_one_is_singular_and_thousands_are_separated() -> None:
    counts = [format_count(number, "trial") for number in (0, 1, 2, 12345)]
    assert counts == ["0 trials", "1 trial", "2 trials", "12,345 trials"]
    assert format_count(2, "entry", "entries") == "2 entries"
