"""Agent files of Claude Code: tools as a list or a text with commas, and `disallowedTools`."""

from __future__ import annotations

from promptverdict.agents.dialects.rules import MOST_LISTED, DialectRules, ToolList, split_words
from promptverdict.agents.dialects.tool_names import (
    describe_unknown_tool,
    find_our_name,
    list_tool_names,
)
from promptverdict.agents.variant import Diagnostic, Source
from promptverdict.trials.toolset import NAMES, find_canonical


def read_tools(source: Source) -> ToolList:
    """Read `tools` less `disallowedTools`; without `tools`, all that the scenario allows."""
    keys = source.keys or {}
    listed, refused = (
        list_tool_names(keys.get("tools")),
        list_tool_names(keys.get("disallowedTools")),
    )
    withheld = {find_canonical(name) for name in refused}
    unknown = tuple(dict.fromkeys(n for n in listed if n != "*" and not find_our_name(n)))
    diagnostics = tuple(_find_problems(source, listed, refused))
    if keys.get("tools") is None or "*" in listed:
        left = tuple(name for name in NAMES if name not in withheld)
        return ToolList(left if len(left) < len(NAMES) else None, unknown, diagnostics)
    known = dict.fromkeys(ours for name in listed if (ours := find_our_name(name)))
    return ToolList(tuple(name for name in known if name not in withheld), unknown, diagnostics)


def _find_problems(source: Source, listed: list[str], refused: list[str]) -> list[Diagnostic]:
    problems = list(find_empty_tools(source))
    line = source.lines.get("tools", 1)
    problems += [
        Diagnostic(line=line, kind="tool-rule", text=f"{name}: the rule in () is not applied")
        for name in listed
        if "(" in name and find_our_name(name)
    ]
    line = source.lines.get("disallowedTools", 1)
    for name in [name for name in refused if find_canonical(name) is None][:MOST_LISTED]:
        text = f"disallowedTools: {describe_unknown_tool(name)}"
        problems.append(Diagnostic(line=line, kind="unknown-tool", text=text))
    return problems


def find_empty_tools(source: Source) -> tuple[Diagnostic, ...]:
    """Find a `tools` key without a value."""
    keys = source.keys or {}
    if "tools" not in keys or keys["tools"] is not None:
        return ()
    text = "tools has no value and is read as absent: write [] for no tools"
    return (Diagnostic(line=source.lines.get("tools", 1), kind="empty-tools", text=text),)


CLAUDE_CODE = DialectRules(
    dialect="claude-code",
    platform="Claude Code",
    own_keys=split_words(
        "disallowedTools permissionMode maxTurns skills mcpServers hooks memory background"
        " omitClaudeMd effort isolation initialPrompt experimental"
    ),
    without_name="skips such a file",
    read_tools=read_tools,
)
