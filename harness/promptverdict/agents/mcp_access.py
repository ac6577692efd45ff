"""Which tools of MCP servers an agent file admits: ordered rules, the last that matches decides."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from promptverdict.core.model import Frozen


class McpRule(Frozen):
    """A pattern of `server/tool`, or of the platform's own name of an MCP tool, and its effect."""

    pattern: str
    allow: bool


EVERY_MCP_TOOL = McpRule(pattern="*", allow=True)


_NAMES = {"claude-code": "mcp__{server}__{tool}", "opencode": "{server}_{tool}"}
"""Dialect -> how its rules name an MCP tool; in every other one it is `server/tool`."""


def format_platform_name(dialect: str, server: str, tool: str) -> str:
    """Format an MCP tool's name as the rules of a dialect write it."""
    return _NAMES.get(dialect, "{server}/{tool}").format(server=server, tool=tool)


def is_admitted(rules: Iterable[McpRule], name: str) -> bool:
    """Return whether the last rule that matches a tool's name allows it; no rule: it does not."""
    return next(
        (r.allow for r in reversed(tuple(rules)) if match_wildcards(name, r.pattern)), False
    )


def match_wildcards(text: str, pattern: str) -> bool:
    """Return whether a whole text matches: `*` stands for any characters, `?` for a single one.

    As opencode matches: case counts, and a pattern that ends in ` *` also matches without its end.
    """
    return _translate(pattern).fullmatch(text) is not None


@lru_cache(maxsize=512)
def _translate(pattern: str) -> re.Pattern[str]:
    body, end = pattern, ""
    if pattern.endswith(" *"):
        body, end = pattern[:-2], "( .*)?"
    # Neighbouring stars are one: `****************a` would be tried in exponentially many ways.
    parts = re.split(r"(\*+|\?)", body)
    special = {"?": "."}
    translated = (".*" if part[:1] == "*" else special.get(part, re.escape(part)) for part in parts)
    return re.compile("".join(translated) + end, re.DOTALL)
