"""Text for people: escaped for a terminal, and counts with their nouns."""

from __future__ import annotations

import re

_RUNNER_COMMAND = re.compile(r"#(?=#\w*\[)")
"""How `##[error]` and `##vso[...]` begin, which runners of CI obey anywhere in a log."""


def escape_text(text: str) -> str:
    """Return a text with escapes for what a terminal or a runner of CI would obey or hide.

    These are control characters, those that reverse or join text, and commands such as `##[error]`.
    """
    visible = text
    if not text.isprintable():
        visible = "".join(
            char if char.isprintable() or char == "\t" else char.encode("unicode_escape").decode()
            for char in text
        )
    return _RUNNER_COMMAND.sub(r"\\x23", visible) if "#" in visible else visible


def escape_lines(text: str) -> str:
    """Escape each line of a text, and leave its line ends."""
    return "\n".join(map(_escape_line, text.split("\n")))


def _escape_line(line: str) -> str:
    at = find_command(line)
    if at is None:
        return escape_text(line)
    return f"{escape_text(line[:at])}\\x3a{escape_text(line[at + 1 :])}"


def find_command(line: str) -> int | None:
    """Find the `::` that begins a line, blanks aside; GitHub's runner takes it for a command."""
    at = len(line) - len(line.lstrip())
    return at if line.startswith("::", at) else None


def format_count(number: int, noun: str, plural: str | None = None) -> str:
    """Format a number of things: `1 trial`, `2 trials`, `1,000 entries`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
