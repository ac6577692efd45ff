"""Agent files of GitHub Copilot: tools as a list or a text with commas, by GitHub's aliases.

Rules: "Custom agents configuration" of GitHub's documentation. Names are read in any case, and what
is not recognised is ignored. VS Code's `search/codebase` names a tool of the set `search`, which is
one of the aliases; any other `x/y` is the tool y of the MCP server x.
"""

from __future__ import annotations

from collections.abc import Iterator

from promptverdict.agents.dialects.rules import (
    DialectRules,
    ToolList,
    find_empty_tools,
    is_empty,
    split_words,
)
from promptverdict.agents.dialects.tool_names import find_unknown_tools, list_tool_names
from promptverdict.agents.mcp_access import McpRule
from promptverdict.agents.variant import Diagnostic, Source

_EXECUTE, _READ, _EDIT, _SEARCH = ("Bash",), ("Read",), ("Edit", "Write"), ("Grep", "Glob")
_AGENT, _WEB, _TODO = ("Task",), ("WebFetch", "WebSearch"), ("TodoWrite",)

ALIASES = {
    **dict.fromkeys(("execute", "shell", "bash", "powershell"), _EXECUTE),
    **dict.fromkeys(("read", "notebookread"), _READ),
    **dict.fromkeys(("edit", "multiedit", "write", "notebookedit"), _EDIT),
    **dict.fromkeys(("search", "grep", "glob"), _SEARCH),
    **dict.fromkeys(("agent", "custom-agent", "task"), _AGENT),
    **dict.fromkeys(("web", "websearch", "webfetch"), _WEB),
    **dict.fromkeys(("todo", "todowrite"), _TODO),
}
"""GitHub's aliases in lower case -> our tools."""

EARLIER_NAMES = {
    **dict.fromkeys(("runcommands", "runinterminal", "runtests", "runtasks"), _EXECUTE),
    **dict.fromkeys(("readfile", "problems"), _READ),
    **dict.fromkeys(("editfiles", "createfile", "createdirectory"), _EDIT),
    **dict.fromkeys(
        ("codebase", "filesearch", "textsearch", "listdirectory", "usages", "changes"), _SEARCH
    ),
    "runsubagent": _AGENT,
    "fetch": _WEB,
    "todos": _TODO,
}
"""VS Code's names of tools from before they had a set, in lower case -> the tools of that set."""


def read_tools(source: Source) -> ToolList:
    """Read `tools`; without it, or with `*`, all that the scenario allows."""
    value = (source.keys or {}).get("tools")
    listed = list_tool_names(value)
    if value is None or is_empty(source, "tools") or "*" in listed:
        return ToolList(None, diagnostics=find_empty_tools(source))
    found = [(name, _find_tools(name)) for name in listed]
    unknown = tuple(name for name, tools in found if not tools)
    servers = tuple(McpRule(pattern=name, allow=True) for name in unknown if "/" in name)
    return ToolList(
        tuple(dict.fromkeys(tool for _, tools in found for tool in tools)),
        unknown,
        tuple(_list_remarks(source, unknown)),
        tuple(listed),
        servers,
    )


def _find_tools(name: str) -> tuple[str, ...]:
    """Find the tools that a name stands for; none for a name that is not recognised."""
    # A set may stand before a tool's name: `search/codebase`, `runCommands/terminalSelection`.
    group = name.lower().partition("/")[0]
    return ALIASES.get(group) or EARLIER_NAMES.get(group, ())


def _list_remarks(source: Source, unknown: tuple[str, ...]) -> Iterator[Diagnostic]:
    line = source.lines.get("tools", 1)
    yield from find_unknown_tools(unknown, line, frozenset(), "GitHub Copilot")


COPILOT = DialectRules(
    dialect="copilot",
    platform="GitHub Copilot",
    own_keys=split_words(
        "target disable-model-invocation user-invocable user-invokable infer mcp-servers"
        " argument-hint handoffs"
    ),
    shared_keys=split_words("metadata agents hooks"),
    without_name="calls it {stem}, by its file",
    read_tools=read_tools,
)
