"""Names of tools, as agent files write them."""

from __future__ import annotations

import re

from promptverdict.trials.toolset import find_canonical, find_nearest

_BETWEEN_COMMAS = re.compile(r"(?:[^,()]|\([^()]*\)?|\))+")


def list_tool_names(value: object) -> list[str]:
    """List the names in a list or in a text with commas; commas in parentheses part nothing."""
    if value is None:
        return []
    items = value if isinstance(value, list) else _BETWEEN_COMMAS.findall(str(value))
    names = []
    for item in items:
        name = str(item).strip().strip("\"'`").strip()
        words = name.split()
        # `Read Write` without a comma is two tools only where both are ours.
        names += words if words and all(find_canonical(word) for word in words) else [name]
    return [name for name in names if name]


def find_our_name(name: str) -> str | None:
    """Return our name of a tool that may have a rule in parentheses: `Bash(git:*)` is Bash."""
    return find_canonical(name.partition("(")[0])


def describe_unknown_tool(name: str) -> str:
    """Format why a tool is not offered, with the nearest one that is."""
    if name.startswith("mcp__"):
        return f"{name} belongs to an MCP server: none is offered here"
    close = find_nearest(name)
    return f"there is no tool {name} here" + (f"; did you mean {close}?" if close else "")
