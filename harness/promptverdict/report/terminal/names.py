"""Many names in one line: all of a few, and of many the first three and how many there are."""

from __future__ import annotations

from collections.abc import Sequence

from promptverdict.core.text import format_count

MANY = 100
"""Agents from which on equal results are grouped."""
FIRST = 3
"""Names that stand for many."""
FEW = 6
"""Names that one line holds."""


def list_first(names: Sequence[str], noun: str) -> str:
    """Write some names, or of many how many and the first: `76 agents (a, b, c, ...)`."""
    if len(names) <= FEW:
        return ", ".join(names)
    return f"{format_count(len(names), noun)} ({', '.join(names[:FIRST])}, ...)"
