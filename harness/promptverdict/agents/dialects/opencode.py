"""Agent files of opencode: tools as a mapping of name or pattern to true or false."""

from __future__ import annotations

from collections.abc import Mapping
from fnmatch import fnmatchcase
from typing import Any

from promptverdict.agents.dialects.claude_code import find_empty_tools
from promptverdict.agents.dialects.rules import DialectRules, ToolList, split_words
from promptverdict.agents.variant import Source
from promptverdict.trials.toolset import NAMES

_ON = frozenset({"true", "yes", "on", "allow", "ask"})


def read_tools(source: Source) -> ToolList:
    """Read `tools`; without it, all that the scenario allows."""
    entries = (source.keys or {}).get("tools")
    if not isinstance(entries, Mapping):
        return ToolList(None, (), find_empty_tools(source))
    return _read_switches(entries)


def _read_switches(entries: Mapping[str, Any]) -> ToolList:
    """Read a mapping of tool or pattern to true or false.

    Where any tool is true by its own name the list begins empty, otherwise with all tools. Then the
    patterns apply in their order, after them the names.
    """
    on = {str(name): str(value).lower() in _ON for name, value in entries.items()}
    enabled = [name for name, value in on.items() if value and "*" not in name]
    chosen = dict.fromkeys(() if enabled else NAMES)
    unknown = []
    # opencode lets a name win over a pattern, wherever each of them is written.
    for pattern in sorted(on, key=lambda name: "*" not in name):
        matched = [name for name in NAMES if fnmatchcase(name.lower(), pattern.strip().lower())]
        if on[pattern]:
            chosen.update(dict.fromkeys(matched))
            unknown += [] if matched else [pattern]
        else:
            chosen = dict.fromkeys(name for name in chosen if name not in matched)
    everything = not enabled and set(chosen) == set(NAMES)
    return ToolList(None if everything else tuple(chosen), tuple(unknown))


OPENCODE = DialectRules(
    dialect="opencode",
    platform="opencode",
    own_keys=split_words(
        "mode temperature top_p prompt permission maxSteps steps disable disabled hidden"
    ),
    without_name="calls it {stem}, by its file",
    read_tools=read_tools,
)
