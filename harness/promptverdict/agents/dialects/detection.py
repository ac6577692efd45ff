"""Which dialect an agent file is written in."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from promptverdict.agents.dialects.claude_code import CLAUDE_CODE
from promptverdict.agents.dialects.opencode import OPENCODE
from promptverdict.agents.dialects.plain import PLAIN
from promptverdict.agents.dialects.rules import DialectRules


def detect_dialect(keys: Mapping[str, Any] | None) -> DialectRules:
    """Return the rules of the first dialect in this order that fits.

    No frontmatter: plain. Tools as a mapping of name to true or false: opencode; as a list or a
    text: Claude Code. A key that only one of the two knows (`mode`, `permission`, `temperature`
    against `disallowedTools`, `permissionMode`, `hooks`; both: Claude Code). No name, and a model
    written as provider/name: opencode. Everything else: Claude Code.
    """
    if keys is None:
        return PLAIN
    tools = keys.get("tools")
    if tools is not None:
        return OPENCODE if isinstance(tools, Mapping) else CLAUDE_CODE
    if keys.keys() & CLAUDE_CODE.own_keys:
        return CLAUDE_CODE
    slashed = "name" not in keys and "/" in str(keys.get("model"))
    return OPENCODE if slashed or keys.keys() & OPENCODE.own_keys else CLAUDE_CODE
