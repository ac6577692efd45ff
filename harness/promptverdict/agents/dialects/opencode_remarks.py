"""What is odd in the tools and permissions of an opencode file, and what has no effect here."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptverdict.agents.dialects.rules import MOST_LISTED, is_empty, split_words
from promptverdict.agents.mcp_access import match_wildcards
from promptverdict.agents.variant import Diagnostic, Source
from promptverdict.trials.toolset import find_canonical

EFFECTS = ("allow", "ask", "deny")

_TOOLS = split_words(
    "read edit write patch multiedit apply_patch glob grep bash todowrite webfetch websearch task"
    " list question"
)
_ACTIONS = _TOOLS - {"bash", "task"} | {"shell", "subagent"}
_OWN = split_words(
    "todoread skill lsp codesearch batch plan_enter plan_exit external_directory doom_loop execute"
)
"""opencode's own tools and permissions that nothing here stands for."""


def find_odd_entries(source: Source, *, is_v2: bool) -> Iterator[Diagnostic]:
    """Find what opencode would refuse, what names nothing, and what is not applied."""
    keys = source.keys or {}
    found = [*_find_in_tools(source), *_find_in_permission(keys.get("permission"))]
    line = source.lines.get("tools", 1)
    for kind, text in found[:MOST_LISTED]:
        at = source.lines.get("permission", line) if text.startswith("permission") else line
        yield Diagnostic(line=at, kind=kind, text=text)
    if "permissions" in keys:
        line = source.lines.get("permissions", 1)
        for kind, text in _find_in_permissions(keys["permissions"], is_v2=is_v2):
            yield Diagnostic(line=line, kind=kind, text=text)


def _find_in_tools(source: Source) -> Iterator[tuple[str, str]]:
    tools = (source.keys or {}).get("tools")
    if tools is None or is_empty(source, "tools"):
        return
    if not isinstance(tools, Mapping):
        yield "not-a-mapping", "opencode refuses a text or a list for tools: write `read: true`"
        return
    for name, value in tools.items():
        if not isinstance(value, bool):
            yield "not-a-switch", f"tools.{name}: opencode takes true or false, not {value!r:.40}"
    own = [name for name, value in tools.items() if name in _OWN and value]
    if own:
        yield "not-offered", f"opencode's own, which are not offered here: {', '.join(own)}"
    for name in tools:
        yield from _find_unmatched(str(name), "tools", _TOOLS)


def _find_in_permission(value: Any) -> Iterator[tuple[str, str]]:
    if isinstance(value, str):
        value = {"*": value}
    if not isinstance(value, Mapping):
        if value is not None:
            yield "not-a-mapping", "permission is no mapping: opencode refuses the file"
        return
    asks = narrowed = False
    for name, rule in value.items():
        uses = rule if isinstance(rule, Mapping) else {"*": rule}
        asks = asks or "ask" in uses.values()
        narrowed = narrowed or any(pattern != "*" for pattern in uses)
        if odd := [effect for effect in uses.values() if effect not in EFFECTS]:
            yield (
                "not-an-effect",
                f"permission.{name}: opencode takes allow, ask or deny, not {odd}",
            )
        yield from _find_unmatched(str(name), "permission", _TOOLS)
    if asks:
        yield "not-applied", "permission: ask is read as allow, because nobody is here to be asked"
    if narrowed:
        yield "tool-rule", "permission: rules for some uses of a tool are not applied"


def _find_in_permissions(value: Any, *, is_v2: bool) -> Iterator[tuple[str, str]]:
    if not isinstance(value, list):
        yield "not-a-list", "permissions is no list of rules: opencode does not apply it"
        return
    if not is_v2:
        yield (
            "not-applied",
            "permissions has no effect beside keys of opencode 1 (name, tools, temperature ...)",
        )
        return
    for number, rule in enumerate(value[:MOST_LISTED]):
        fields = ("action", "resource", "effect")
        if not isinstance(rule, Mapping) or not all(isinstance(rule.get(f), str) for f in fields):
            text = f"permissions[{number}] needs action, resource and effect"
            yield "not-a-rule", text
            continue
        if rule["resource"] != "*":
            text = f"permissions[{number}]: a rule for some uses of a tool is not applied"
            yield "tool-rule", text
        yield from _find_unmatched(rule["action"], f"permissions[{number}]", _ACTIONS)


def _find_unmatched(pattern: str, key: str, tools: frozenset[str]) -> Iterator[tuple[str, str]]:
    """Find a name or pattern that no tool has: another spelling, or an MCP tool's."""
    if pattern in _OWN or any(match_wildcards(name, pattern) for name in tools):
        return
    ours = find_canonical(pattern)
    if pattern in ("bash", "task") or ours is None:
        meant = {"bash": "shell", "task": "subagent"}.get(pattern)
        text = f"{key}: opencode has no tool {pattern}; an MCP tool is SERVER_TOOL there"
        if meant:
            text = f"{key}: opencode 2 calls {pattern} {meant}"
        yield "unknown-tool", text
    else:
        yield "unknown-tool", f"{key}: opencode has no tool {pattern}; it has {pattern.lower()}"
