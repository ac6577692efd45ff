"""Which dialect an agent file is written in."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import pairwise
from pathlib import PurePath
from typing import Any

from promptverdict.agents.dialects.claude_code import CLAUDE_CODE
from promptverdict.agents.dialects.copilot import ALIASES, COPILOT, EARLIER_NAMES
from promptverdict.agents.dialects.gemini import GEMINI, TOOLS
from promptverdict.agents.dialects.opencode import OPENCODE
from promptverdict.agents.dialects.plain import PLAIN
from promptverdict.agents.dialects.rules import DialectRules
from promptverdict.agents.dialects.skill import SKILL
from promptverdict.agents.dialects.tool_names import list_tool_names
from promptverdict.trials.toolset import NAMES

SKILL_FILE = "SKILL.md"
COPILOT_ENDINGS = (".agent.md", ".chatmode.md")

_ONLY_ALIASES = ("execute", "search")
"""Aliases of GitHub's that no other platform has as a tool."""

_PLACES = {
    (".claude", "agents"): CLAUDE_CODE,
    (".github", "agents"): COPILOT,
    (".github", "chatmodes"): COPILOT,
    (".gemini", "agents"): GEMINI,
    **{
        (folder, name): OPENCODE
        for folder in (".opencode", "opencode")
        for name in ("agent", "agents", "mode", "modes")
    },
}
"""Folders that only one platform reads."""


def detect_dialect(keys: Mapping[str, Any] | None, path: PurePath | None = None) -> DialectRules:
    """Return the rules of the first dialect in this order that fits.

    SKILL.md: a skill. No frontmatter: plain. The folder that the file lies in (.claude/agents,
    .opencode/agent, .github/agents, .gemini/agents) or its ending (.agent.md). Tools as a mapping
    of name to true or false: opencode. Most keys, and names of tools, that no other dialect has;
    in doubt Claude Code. No name, no tools and a model written as provider/name: opencode.
    """
    path = path or PurePath("agent.md")
    if path.name == SKILL_FILE:
        return SKILL
    if keys is None:
        return PLAIN
    if placed := _detect_by_place(path):
        return placed
    tools = keys.get("tools")
    if isinstance(tools, Mapping):
        return OPENCODE
    names = list_tool_names(tools)
    ours = sum(name.partition("(")[0] in NAMES for name in names)
    signs = {
        CLAUDE_CODE: 0,
        OPENCODE: 0,
        COPILOT: max(sum(_is_copilots(name.lower()) for name in names) - ours, 0),
        GEMINI: max(sum(name in TOOLS and name != "glob" for name in names) - ours, 0),
    }
    for rules in signs:
        signs[rules] += len(keys.keys() & rules.own_keys)
    best = max(signs, key=lambda rules: signs[rules])  # the first of equals
    slashed = tools is None and "name" not in keys and "/" in str(keys.get("model"))
    return OPENCODE if slashed and not signs[best] else best


def _detect_by_place(path: PurePath) -> DialectRules | None:
    if path.name.lower().endswith(COPILOT_ENDINGS):
        return COPILOT
    folders = path.parent.parts
    pairs = reversed(list(pairwise(folders)))
    return next((_PLACES[pair] for pair in pairs if pair in _PLACES), None)


def _is_copilots(name: str) -> bool:
    """Return whether only Copilot has such a name of a tool, in lower case."""
    group, slash, _ = name.partition("/")
    # Claude Code has Read, Edit and Task as well, though not in a set.
    return group in EARLIER_NAMES or (group in ALIASES and bool(slash)) or name in _ONLY_ALIASES
