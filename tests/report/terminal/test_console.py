"""Colours are for terminals that have them and for people who want them."""

from __future__ import annotations

import pytest
from promptverdict.report.terminal.comparison import render_comparisons
from promptverdict.report.terminal.console import Terminal, detect_terminal

from tests.report.compared import Comparisons, comparison, run


@pytest.mark.parametrize(
    ("environment", "has_colour"),
    [
        ({"FORCE_COLOR": "1", "TERM": "xterm-256color"}, True),
        ({"FORCE_COLOR": "1", "TERM": "xterm-256color", "NO_COLOR": "1"}, False),
        ({"FORCE_COLOR": "1", "TERM": "dumb"}, False),
        ({}, False),
    ],
)
def test_colours_need_a_terminal_and_give_way_to_no_color(
    monkeypatch: pytest.MonkeyPatch, environment: dict[str, str], has_colour: bool
) -> None:
    for name in ("FORCE_COLOR", "NO_COLOR", "TERM", "COLORTERM", "TTY_COMPATIBLE"):
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert detect_terminal().has_colour is has_colour


def test_the_word_is_coloured_and_the_same_without() -> None:
    found = Comparisons(comparisons=(comparison(run()),))
    coloured = render_comparisons(found, terminal=Terminal(has_colour=True))
    assert coloured.startswith("\x1b[1;31mRegressed\x1b[0m: helper/terse shows")
    assert render_comparisons(found).startswith("Regressed: helper/terse shows")
