"""Agent files without front matter: all of the text is the prompt."""

from __future__ import annotations

from promptverdict.agents.dialects.rules import DialectRules, ToolList
from promptverdict.agents.variant import Source


def read_tools(_: Source) -> ToolList:
    """Return no list: a plain prompt takes what the scenario allows."""
    return ToolList(None)


PLAIN = DialectRules(
    dialect="plain",
    platform="a plain prompt",
    own_keys=frozenset(),
    without_name="needs none",
    read_tools=read_tools,
)
