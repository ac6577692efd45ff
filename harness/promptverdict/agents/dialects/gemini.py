"""Agent files of Gemini CLI: tools as a list of its own names.

Rules: `agentLoader.ts` and "Subagents" of Gemini CLI. A subagent never calls another one, whatever
it lists; a name that is no tool makes Gemini CLI refuse the file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptverdict.agents.dialects.rules import (
    MOST_LISTED,
    DialectRules,
    ToolList,
    find_empty_tools,
    is_empty,
    split_words,
)
from promptverdict.agents.dialects.tool_names import describe_unknown_tool, list_tool_names
from promptverdict.agents.mcp_access import EVERY_MCP_TOOL, McpRule
from promptverdict.agents.variant import Diagnostic, Source
from promptverdict.trials.toolset import NAMES

TOOLS = {
    "read_file": "Read",
    "read_many_files": "Read",
    "write_file": "Write",
    "replace": "Edit",
    "grep_search": "Grep",
    "search_file_content": "Grep",
    "glob": "Glob",
    "list_directory": "LS",
    "run_shell_command": "Bash",
    "web_fetch": "WebFetch",
    "google_web_search": "WebSearch",
    "write_todos": "TodoWrite",
    "ask_user": "AskUserQuestion",
}
"""Gemini CLI's tools, `search_file_content` by an earlier name -> ours."""

_OWN = split_words(
    "save_memory activate_skill get_internal_docs enter_plan_mode exit_plan_mode update_topic"
    " tracker_create_task tracker_update_task tracker_get_task tracker_list_tasks"
    " tracker_add_dependency tracker_visualize"
)
_MCP = re.compile(r"mcp_([^_]+)_(.+)")
_ALL = tuple(name for name in NAMES if name != "Task")


def read_tools(source: Source) -> ToolList:
    """Read `tools`; without it, or with `*`, all that the scenario allows but subagents."""
    value = (source.keys or {}).get("tools")
    listed = list_tool_names(value)
    unknown = tuple(dict.fromkeys(name for name in listed if name not in TOOLS and name != "*"))
    remarks = tuple(_list_remarks(source, listed, unknown))
    if value is None or is_empty(source, "tools"):
        return ToolList(_ALL, unknown, (*find_empty_tools(source), *remarks))
    rules = tuple(rule for name in listed for rule in _list_mcp_rules(name))
    tools = dict.fromkeys(TOOLS[name] for name in listed if name in TOOLS)
    asked = () if "*" in listed else tuple(listed)
    return ToolList(_ALL if "*" in listed else tuple(tools), unknown, remarks, asked, rules)


def _list_mcp_rules(name: str) -> Iterator[McpRule]:
    if name in ("*", "mcp_*"):
        yield EVERY_MCP_TOOL
    elif parts := _MCP.fullmatch(name):
        yield McpRule(pattern=f"{parts[1]}/{parts[2]}", allow=True)


def _list_remarks(
    source: Source, listed: list[str], unknown: tuple[str, ...]
) -> Iterator[Diagnostic]:
    line = source.lines.get("tools", 1)
    if listed and not isinstance((source.keys or {}).get("tools"), list):
        text = "Gemini CLI refuses a text for tools: write a list"
        yield Diagnostic(line=line, kind="not-a-list", text=text)
    own = [name for name in unknown if name in _OWN]
    if own:
        text = f"Gemini CLI's own, which are not offered here: {', '.join(own)}"
        yield Diagnostic(line=line, kind="not-offered", text=text)
    for name in [name for name in unknown if name not in _OWN][:MOST_LISTED]:
        text = f"Gemini CLI has no tool {name} and refuses the file"
        if name.startswith("mcp_"):
            text = describe_unknown_tool(name)
        yield Diagnostic(line=line, kind="unknown-tool", text=text)


GEMINI = DialectRules(
    dialect="gemini",
    platform="Gemini CLI",
    own_keys=split_words(
        "kind display_name temperature max_turns timeout_mins mcp_servers agent_card_url"
    ),
    shared_keys=split_words("policy mcpServers auth"),
    without_name="refuses such a file",
    read_tools=read_tools,
    refuses_unknown_keys=True,
)
