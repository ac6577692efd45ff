"""Words of models, files and people, made harmless for a terminal."""

from __future__ import annotations


def safe(text: str) -> str:
    """Make visible what a terminal would obey or hide: controls, and what turns or joins text."""
    return "".join(
        char if char.isprintable() or char == "\t" else char.encode("unicode_escape").decode()
        for char in text
    )


def safe_lines(text: str) -> str:
    """Do so in each line of a text whose line ends are meant."""
    return "\n".join(map(safe, text.split("\n")))


def format_count(number: int, noun: str, plural: str | None = None) -> str:
    """Format a number of things: `1 trial`, `2 trials`, `1,000 entries`."""
    return f"{number:,} {noun if number == 1 else plural or f'{noun}s'}"
