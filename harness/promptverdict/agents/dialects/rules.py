"""What is told of every dialect: its name, its keys, and how it lists tools."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from promptverdict.agents.mcp_access import EVERY_MCP_TOOL, McpRule
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
    asked: tuple[str, ...] = ()
    """All that it asks for by name, as written."""
    mcp: tuple[McpRule, ...] = (EVERY_MCP_TOOL,)


@dataclass(frozen=True)
class DialectRules:
    """One dialect of agent files."""

    dialect: Dialect
    platform: str
    """As its makers write it."""
    own_keys: frozenset[str]
    """Keys that are a sign of it: few others have them."""
    without_name: str
    """What the platform does with a file that has no name; `{stem}` is the file's."""
    read_tools: Callable[[Source], ToolList]
    shared_keys: frozenset[str] = frozenset()
    """Keys that it knows and that are no sign of it."""
    applied: frozenset[str] = frozenset()
    """Own keys that have an effect here, though they have none in another dialect."""
    refuses_unknown_keys: bool = False
    """Whether the platform refuses a file with a key it does not know."""

    @property
    def keys(self) -> frozenset[str]:
        """All keys that the dialect knows."""
        return frozenset({*FIELDS, "color"}) | self.own_keys | self.shared_keys


def split_words(text: str) -> frozenset[str]:
    """Split a text into its words, as a set."""
    return frozenset(text.split())


def find_empty_tools(source: Source) -> tuple[Diagnostic, ...]:
    """Find a `tools` key without a value, or with an empty text."""
    if not is_empty(source, "tools"):
        return ()
    text = "tools has no value and is read as absent: write [] for no tools"
    return (Diagnostic(line=source.lines.get("tools", 1), kind="empty-tools", text=text),)


def is_empty(source: Source, key: str) -> bool:
    """Return whether a key is there and has no value."""
    keys = source.keys or {}
    value = keys.get(key)
    return key in keys and (value is None or (isinstance(value, str) and not value.strip()))
