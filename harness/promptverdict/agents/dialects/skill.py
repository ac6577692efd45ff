"""Skills (SKILL.md): what an agent loads when it needs it, tested here as if it were its prompt."""

from __future__ import annotations

from collections.abc import Iterator

from promptverdict.agents.dialects.rules import DialectRules, ToolList, split_words
from promptverdict.agents.variant import Diagnostic, Source


def read_tools(source: Source) -> ToolList:
    """Return no list: `allowed-tools` saves a question to the user and withholds nothing."""
    return ToolList(None, diagnostics=tuple(_list_remarks(source)))


def _list_remarks(source: Source) -> Iterator[Diagnostic]:
    text = "a skill: its text is tested as a prompt of its own, though agents only load it"
    yield Diagnostic(line=1, kind="skill", text=text)
    if "allowed-tools" in (source.keys or {}):
        line = source.lines.get("allowed-tools", 1)
        text = "allowed-tools does not restrict a skill: it only saves asking for permission"
        yield Diagnostic(line=line, kind="not-applied", text=text)
    if "tools" in (source.keys or {}):
        text = "tools is no key of a skill, which takes what its reader has: it withholds nothing"
        yield Diagnostic(line=source.lines.get("tools", 1), kind="not-applied", text=text)


SKILL = DialectRules(
    dialect="skill",
    platform="a skill",
    own_keys=split_words(
        "allowed-tools disallowed-tools license compatibility metadata version when_to_use"
        " argument-hint arguments disable-model-invocation user-invocable effort context agent"
        " hooks paths shell"
    ),
    without_name="is called by its folder",
    read_tools=read_tools,
)
