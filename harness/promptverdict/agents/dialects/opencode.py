"""Agent files of opencode: which tools its permissions leave, exactly as opencode resolves them.

V1 turns `tools` (name or pattern -> true or false) into permissions, where write, edit and patch
are the one permission `edit`, and lays `permission` over them: a key that is there keeps its place.
V2 has `permissions`, a list of rules, and reads it only in a file without keys of V1. In both, the
last rule whose name matches a tool decides, and removes the tool only if it denies all of its uses;
what no rule matches stays. So `true` allows a tool and takes no other one away. opencode withholds
its tool `question` unless a program can show it; here the scenario says whether it is offered.

Sources: packages/core/src/v1/config/agent.ts and permission.ts, packages/opencode/src/permission,
packages/core/src/config/plugin/agent.ts, and opencode's documentation of permissions.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

from promptverdict.agents.dialects.opencode_remarks import find_odd_entries
from promptverdict.agents.dialects.rules import (
    DialectRules,
    ToolList,
    find_empty_tools,
    is_empty,
    split_words,
)
from promptverdict.agents.dialects.tool_names import find_our_name, list_tool_names
from promptverdict.agents.mcp_access import EVERY_MCP_TOOL, McpRule, match_wildcards
from promptverdict.agents.variant import Diagnostic, Source
from promptverdict.trials.toolset import NAMES

V1_PERMISSIONS = {
    "Read": "read",
    "Write": "edit",
    "Edit": "edit",
    "MultiEdit": "edit",
    "Glob": "glob",
    "Grep": "grep",
    "Bash": "bash",
    "TodoWrite": "todowrite",
    "WebFetch": "webfetch",
    "WebSearch": "websearch",
    "Task": "task",
    "LS": "list",
    "AskUserQuestion": "question",
}
"""Our tool -> the permission that it needs in V1."""
V2_ACTIONS = V1_PERMISSIONS | {"Bash": "shell", "Task": "subagent"}
"""Our tool -> the action that it is in V2."""

V2_KEYS = split_words(
    "model variant request system description mode hidden color steps disabled permissions"
)
"""A file with any other key is one of V1, and its `permissions` are not read."""

_EDITS = ("write", "edit", "patch")


class Rule(NamedTuple):
    """A permission's name or pattern, and whether it takes every use of a tool away."""

    name: str
    removes: bool


def read_tools(source: Source) -> ToolList:
    """Read `tools` and `permission`, or `permissions`; without them, all that a scenario allows."""
    keys = source.keys or {}
    tools = keys.get("tools")
    remarks = tuple(find_odd_entries(source, is_v2=_is_v2(keys)))
    if _is_v2(keys):
        return _build_list(list(_list_v2_rules(keys["permissions"])), V2_ACTIONS, remarks)
    rules = list(_list_v1_rules(keys))
    if tools is None or isinstance(tools, Mapping) or is_empty(source, "tools"):
        asked = _list_enabled(tools) if isinstance(tools, Mapping) else ()
        return _build_list(rules, V1_PERMISSIONS, (*find_empty_tools(source), *remarks), asked)
    # opencode refuses the file; what its author meant can be read all the same.
    names = list_tool_names(tools)
    known = tuple(dict.fromkeys(ours for name in names if (ours := find_our_name(name))))
    unknown = tuple(name for name in names if not find_our_name(name))
    return ToolList(known, unknown, remarks, tuple(names), ())


def _is_v2(keys: Mapping[str, Any]) -> bool:
    return isinstance(keys.get("permissions"), list) and keys.keys() <= V2_KEYS


def _build_list(
    rules: list[Rule],
    names: Mapping[str, str],
    remarks: tuple[Diagnostic, ...],
    asked: tuple[str, ...] = (),
) -> ToolList:
    left = tuple(name for name in NAMES if not _is_removed(names[name], rules))
    mcp = [McpRule(pattern=rule.name, allow=not rule.removes) for rule in rules]
    unknown = tuple(name for name in asked if not _is_name_of_any(name, names))
    return ToolList(
        left if len(left) < len(NAMES) else None, unknown, remarks, asked, (EVERY_MCP_TOOL, *mcp)
    )


def _is_removed(name: str, rules: list[Rule]) -> bool:
    last = next((rule for rule in reversed(rules) if match_wildcards(name, rule.name)), None)
    return last is not None and last.removes


def _list_v1_rules(keys: Mapping[str, Any]) -> Iterator[Rule]:
    """List the rules of V1 in their order."""
    permissions: dict[str, Any] = {}
    tools = keys.get("tools")
    for name, value in tools.items() if isinstance(tools, Mapping) else ():
        # Setting a key again keeps its place in the order, in JavaScript as here.
        permissions["edit" if name in _EDITS else name] = "allow" if is_on(value) else "deny"
    laid_over = keys.get("permission")
    if isinstance(laid_over, str):
        laid_over = {"*": laid_over}
    if isinstance(laid_over, Mapping):
        permissions.update(laid_over)
    for name, value in permissions.items():
        uses = value if isinstance(value, Mapping) else {"*": value}
        for pattern, effect in uses.items():
            yield Rule(name, pattern == "*" and effect == "deny")


def _list_v2_rules(entries: list[Any]) -> Iterator[Rule]:
    for entry in entries:
        if isinstance(entry, Mapping) and isinstance(entry.get("action"), str):
            all_uses = entry.get("resource") == "*"
            yield Rule(entry["action"], all_uses and entry.get("effect") == "deny")


def _list_enabled(tools: Mapping[str, Any]) -> tuple[str, ...]:
    return tuple(str(name) for name, value in tools.items() if is_on(value) and name != "*")


def is_on(value: object) -> bool:
    """Return whether a value of `tools` switches a tool on; opencode takes true and false alone."""
    return str(value).lower() in ("true", "yes", "on", "allow", "ask")


def _is_name_of_any(pattern: str, names: Mapping[str, str]) -> bool:
    known = {*names.values(), *_EDITS}
    return any(match_wildcards(name, pattern) for name in known)


OPENCODE = DialectRules(
    dialect="opencode",
    platform="opencode",
    own_keys=split_words(
        "mode temperature top_p prompt permission permissions maxSteps steps disable disabled"
        " hidden hidden_from_cycle variant options request system"
    ),
    without_name="calls it {stem}, by its file",
    read_tools=read_tools,
    applied=frozenset({"permission"}),
)
