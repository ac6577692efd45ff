"""One runnable definition of an agent, and an agent file before a dialect is read into it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from promptverdict.agents.mcp_access import (
    EVERY_MCP_TOOL,
    McpRule,
    format_platform_name,
    is_admitted,
)
from promptverdict.core.model import Frozen

Dialect = Literal["claude-code", "opencode", "copilot", "gemini", "skill", "plain"]


class Diagnostic(Frozen):
    """Something odd in an agent file, which is used all the same; lines count from the file's 1."""

    line: int
    kind: str
    """repaired, unknown-key, missing-name, unknown-tool, mojibake, duplicate-name and the like."""
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text} (line {self.line})"


class Variant(Frozen):
    """One runnable definition of an agent."""

    agent: str
    """The role: a folder's name, or the stem of a file that stands alone."""
    variant: str | None
    """The file's stem in the agent's folder; None for a file that stands alone."""
    path: str
    """Where it was read from, with forward slashes."""
    dialect: Dialect
    name: str | None
    """As written; None where it is not."""
    description: str | None
    model: str | None
    """As written: what it means is the configuration's to say."""
    tools: tuple[str, ...] | None
    """Our names of the tools it lists, in its order; None: it takes what the scenario allows."""
    unknown_tools: tuple[str, ...]
    """Tools it lists that are not ours."""
    asked_tools: tuple[str, ...] = ()
    """Every tool it asks for by name, as written: also those that are not ours."""
    mcp_rules: tuple[McpRule, ...] = (EVERY_MCP_TOOL,)
    """Which MCP tools it takes where a scenario has some."""
    prompt: str
    """The system prompt exactly as it is sent: the file's text below the frontmatter (or all of it
    where there is none) without white space at both ends, as its platforms send it. Nothing within
    is changed."""
    metadata: dict[str, Any]
    """All its other keys, with plain values."""
    diagnostics: tuple[Diagnostic, ...]

    @property
    def id(self) -> str:
        """`agent/variant`, or `agent` for a file that stands alone."""
        return f"{self.agent}/{self.variant}" if self.variant else self.agent

    def takes_mcp_tool(self, server: str, tool: str) -> bool:
        """Return whether it may use a tool of an MCP server."""
        return is_admitted(self.mcp_rules, format_platform_name(self.dialect, server, tool))


@dataclass(frozen=True)
class Source:
    """An agent file taken apart into keys and body, before a dialect is read into it."""

    keys: Mapping[str, Any] | None
    """The frontmatter; None where the file has none that can be read."""
    lines: Mapping[str, int]
    """Key -> its line in the file."""
    body: str
    body_line: int
    """The line of the file that the body begins in."""
    diagnostics: tuple[Diagnostic, ...] = ()
    has_byte_order_mark: bool = False
