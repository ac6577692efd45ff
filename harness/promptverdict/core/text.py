"""Text for people: escaped for a terminal, and counts with their nouns."""

from __future__ import annotations


def escape_text(text: str) -> str:
    """Return a text with escapes for what a terminal would obey or hide.

    These are control characters, and those that reverse or join text.
    """
    return "".join(
        char if char.isprintable() or char == "\t" else char.encode("unicode_escape").decode()
        for char in text
    )


def escape_lines(text: str) -> str:
    """Escape each line of a text, and leave its line ends."""
    return "\n".join(map(escape_text, text.split("\n")))


def format_count(number: int, noun: str, plural: str | None = None) -> str:
    """Format a number of things: `1 trial`, `2 trials`, `1,000 entries`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
