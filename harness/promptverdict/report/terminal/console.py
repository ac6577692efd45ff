"""A terminal as reports see it: how wide, with colours or without, asked for details or not."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from io import StringIO
from typing import TYPE_CHECKING

from promptverdict.core.text import escape_text
from promptverdict.report.table import Style

if TYPE_CHECKING:
    from rich.text import Text

STYLES: dict[Style, str] = {
    "": "",
    "improved": "bold green",
    "regressed": "bold red",
    "mixed": "bold yellow",
    "unknown": "bold",
}

WIDEST = 10_000
"""Characters of a line that is left to the terminal to break."""


@dataclass(frozen=True)
class Terminal:
    """Where a report is shown."""

    width: int = 80
    has_colour: bool = False
    has_details: bool = False
    """Whether tables show every column."""


PLAIN = Terminal()


def detect_terminal(*, has_details: bool = False) -> Terminal:
    """Detect what standard output is; NO_COLOR and TERM=dumb take the colours away."""
    from rich.console import Console

    console = Console()
    has_colour = console.color_system is not None and not console.no_color
    return Terminal(max(console.width, 80), has_colour, has_details)


def style_text(text: str, style: str = "") -> Text:
    """Build one line, harmless for a terminal, in a style."""
    from rich.text import Text

    return Text(escape_text(text), style=style)


def render_lines(lines: Iterable[Text], terminal: Terminal) -> str:
    """Render lines as text, with the codes of colours where the terminal has them."""
    page = (
        _render_colours(lines)
        if terminal.has_colour
        else "".join(f"{line.plain}\n" for line in lines)
    )
    return "".join(f"{line.rstrip()}\n" for line in page.splitlines())


def _render_colours(lines: Iterable[Text]) -> str:
    from rich.console import Console

    page = StringIO()
    console = Console(
        file=page,
        # Tables choose their own widths, and must not be squeezed once more.
        width=WIDEST,
        force_terminal=True,
        # Decided by `has_colour`; the environment has been asked already.
        color_system="standard",
        no_color=False,
        highlight=False,
        markup=False,
        emoji=False,
        legacy_windows=False,
    )
    for line in lines:
        # Lines are left to the terminal to break, so that commands can be copied whole.
        console.print(line, soft_wrap=True)
    return page.getvalue()
