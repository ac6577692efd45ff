"""Agent files of Claude Code: tools as a list or a text with commas, and `disallowedTools`."""

from __future__ import annotations

from collections.abc import Iterator

from promptverdict.agents.dialects.rules import (
    DialectRules,
    ToolList,
    find_empty_tools,
    is_empty,
    split_words,
)
from promptverdict.agents.dialects.tool_names import (
    CLAUDE_CODES_OWN,
    find_our_name,
    find_unknown_tools,
    list_tool_names,
)
from promptverdict.agents.mcp_access import EVERY_MCP_TOOL, McpRule
from promptverdict.agents.variant import Diagnostic, Source
from promptverdict.trials.toolset import NAMES, find_canonical

_PLATFORM = "Claude Code"


def read_tools(source: Source) -> ToolList:
    """Read `tools` less `disallowedTools`; without `tools`, all that the scenario allows."""
    keys = source.keys or {}
    listed = list_tool_names(keys.get("tools"))
    refused = list_tool_names(keys.get("disallowedTools"))
    # A rule such as Bash(rm:*) withholds some uses of a tool, not the tool.
    withheld = {find_canonical(name) for name in refused if "(" not in name}
    unknown = tuple(dict.fromkeys(n for n in listed if n != "*" and not find_our_name(n)))
    diagnostics = tuple(_find_problems(source, listed, refused, unknown))
    takes_all = keys.get("tools") is None or is_empty(source, "tools") or "*" in listed
    denied = [McpRule(pattern=p, allow=False) for n in refused for p in _list_mcp_patterns(n)]
    if takes_all:
        left = tuple(name for name in NAMES if name not in withheld)
        tools = left if len(left) < len(NAMES) else None
        return ToolList(tools, unknown, diagnostics, mcp=(EVERY_MCP_TOOL, *denied))
    known = dict.fromkeys(ours for name in listed if (ours := find_our_name(name)))
    allowed = [McpRule(pattern=p, allow=True) for n in listed for p in _list_mcp_patterns(n)]
    tools = tuple(name for name in known if name not in withheld)
    return ToolList(tools, unknown, diagnostics, tuple(listed), (*allowed, *denied))


def _list_mcp_patterns(name: str) -> Iterator[str]:
    """List the patterns of a name of MCP tools; `mcp__server` alone is all of a server's tools."""
    name = name.partition("(")[0]  # a rule for some uses is not applied
    if name.startswith("mcp__"):
        yield name if "__" in name.removeprefix("mcp__") else f"{name}__*"


def _find_problems(
    source: Source, listed: list[str], refused: list[str], unknown: tuple[str, ...]
) -> Iterator[Diagnostic]:
    yield from find_empty_tools(source)
    for key, names in (("tools", listed), ("disallowedTools", refused)):
        line = source.lines.get(key, 1)
        for name in names:
            if "(" in name and (find_our_name(name) or name.startswith("mcp__")):
                text = f"{name}: the rule in () is not applied"
                yield Diagnostic(line=line, kind="tool-rule", text=text)
    line = source.lines.get("tools", 1)
    yield from find_unknown_tools(unknown, line, CLAUDE_CODES_OWN, _PLATFORM)
    line = source.lines.get("disallowedTools", 1)
    # To withhold what no scenario offers changes nothing.
    odd = [
        name
        for name in refused
        if not (find_our_name(name) or name.startswith("mcp__") or name in CLAUDE_CODES_OWN)
    ]
    yield from find_unknown_tools(odd, line, CLAUDE_CODES_OWN, _PLATFORM, "disallowedTools: ")


CLAUDE_CODE = DialectRules(
    dialect="claude-code",
    platform=_PLATFORM,
    own_keys=split_words(
        "disallowedTools permissionMode maxTurns skills mcpServers hooks memory background"
        " omitClaudeMd effort isolation initialPrompt experimental"
    ),
    without_name="skips such a file",
    read_tools=read_tools,
)
