"""What is alike in the calls of all services: their ids, and calls that are mere text. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterator
from typing import Any

AS_TEXT = "an answer holds a tool call as text, not carried out: the server did not recognise it"
"""Notice of an answer that calls no tool and yet writes a call."""

NO_TEXT = "an answer holds no text: all that came with it is reasoning or the like"
"""Notice of an answer that calls no tool and says nothing, though it is not empty."""

_TAGS = re.compile(
    r"<tool_calls?>|<\|tool_calls?(?:_begin|_start)?\|>|<[|\uff5c]tool▁calls?▁begin[|\uff5c]>"
    r"|\[TOOL_CALLS\]|<function_calls?>|<function=\w|<\|python_tag\|>|<invoke name="
    r"|<\|channel\|>commentary to=functions\."
)
"""How models open a call that their server should have read."""

_FENCE = re.compile(r"```[\w-]*\s*\n(.*?)```", re.DOTALL)
_LONGEST = 20_000
"""Characters of a text that are looked at for JSON."""


class CallIds:
    """The ids of one answer's calls: one that is missing or given twice is made up."""

    def __init__(self) -> None:
        self._taken: set[str] = set()

    def choose(self, given: object) -> str:
        """Return the id of the next call: the one it came with, where no other call has it.

        The same answer always gets the same ids: a recording is read again and again.
        """
        stem = given if isinstance(given, str) and given.strip() else ""
        number, chosen = 1, stem
        while not chosen or chosen in self._taken:
            chosen = f"{stem or 'call'}-{number}"
            number += 1
        self._taken.add(chosen)
        return chosen


def has_call_as_text(text: str, tools: Collection[str]) -> bool:
    """Return whether a text writes a call: in the tags of some model, or in JSON of a known tool.

    tools: those on offer; JSON that names none of them may be the answer that was asked for.
    """
    if _TAGS.search(text):
        return True
    return any(_is_call(value, tools) for value in _read_json(text[:_LONGEST]))


def _read_json(text: str) -> Iterator[Any]:
    """Read the text as JSON, or what stands in its fences."""
    for part in (text, *(fence[1] for fence in _FENCE.finditer(text))):
        if part.lstrip()[:1] in ("{", "["):
            try:
                yield json.loads(part)
            except (ValueError, RecursionError):
                continue


def _is_call(value: Any, tools: Collection[str]) -> bool:
    match value:
        case [*values] | {"tool_calls": [*values]}:
            return any(_is_call(inner, tools) for inner in values)
        case {"function": dict(function)}:
            return _is_call(function, tools)
        case {"name": str(name), "arguments": _} | {"name": str(name), "parameters": _}:
            return name in tools
        case {"name": str(name), "input": _} | {"tool": str(name)} | {"function": str(name)}:
            return name in tools
    return False
