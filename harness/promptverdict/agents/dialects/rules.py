"""What is told of every dialect: its name, its keys, and how it lists tools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from promptverdict.agents.variant import Diagnostic, Dialect, Source

FIELDS = ("name", "description", "model", "tools")
"""Keys that every dialect with front matter has."""
MOST_LISTED = 20
"""Unknown keys, or tools, of one file that get a diagnostic each."""


@dataclass(frozen=True)
class ToolList:
    """The tools that an agent file lists."""

    tools: tuple[str, ...] | None
    """Our names, in the file's order; None: it takes what the scenario allows."""
    unknown: tuple[str, ...] = ()
    """Names that are not ours."""
    diagnostics: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True)
class DialectRules:
    """One dialect of agent files."""

    dialect: Dialect
    platform: str
    """As its makers write it."""
    own_keys: frozenset[str]
    """Keys that no other dialect knows."""
    without_name: str
    """What the platform does with a file that has no name; `{stem}` is the file's."""
    read_tools: Callable[[Source], ToolList]

    @property
    def keys(self) -> frozenset[str]:
        """All keys that the dialect knows."""
        return frozenset({*FIELDS, "color"}) | self.own_keys


def split_words(text: str) -> frozenset[str]:
    """Split a text into its words, as a set."""
    return frozenset(text.split())
