"""Names of tools, as agent files write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping

from promptverdict.agents.dialects.rules import MOST_LISTED, split_words
from promptverdict.agents.variant import Diagnostic
from promptverdict.trials.toolset import find_canonical, find_nearest

CLAUDE_CODES_OWN = split_words(
    "AgentOutputTool Artifact BashOutput CronCreate CronDelete CronList EnterPlanMode EnterWorktree"
    " ExitPlanMode ExitWorktree KillBash KillShell ListMcpResourcesTool LSP Monitor NotebookEdit"
    " NotebookRead PowerShell PushNotification ReadMcpResourceTool RemoteTrigger ScheduleWakeup"
    " SendMessage Skill SlashCommand StructuredOutput TaskCreate TaskGet TaskList TaskOutput"
    " TaskStop TaskUpdate TeamCreate TeamDelete TodoRead ToolSearch WaitForMcpServers Workflow"
)
"""Claude Code's tools, of today and of earlier versions, that no scenario can offer."""

_BETWEEN_COMMAS = re.compile(r"(?:[^,()]|\([^()]*\)?|\))+")
_MOST_SHOWN = 60
"""Characters of what stands in the place of a name."""


def split_at_commas(text: str) -> list[str]:
    """Split a text at its commas, save those in parentheses."""
    return _BETWEEN_COMMAS.findall(text)


def list_tool_names(value: object) -> list[str]:
    """List the names in a list or in a text with commas; commas in parentheses part nothing.

    A mapping or a list in the place of a name is one that nobody knows, as YAML writes it.
    """
    if value is None:
        return []
    names = []
    for item in value if isinstance(value, list) else [value]:
        if isinstance(item, str):
            names += _list_names_in_text(item)
        else:
            names.append(_format_value(item)[:_MOST_SHOWN])
    return names


def _format_value(value: object) -> str:
    """Format a value as YAML writes it on one line."""
    if isinstance(value, Mapping):
        inner = (f"{key}: {_format_value(each)}" for key, each in value.items())
        return f"{{{', '.join(inner)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_format_value, value))}]"
    return (
        "null" if value is None else str(value).lower() if isinstance(value, bool) else str(value)
    )


def _list_names_in_text(text: str) -> list[str]:
    names: list[str] = []
    for item in split_at_commas(text):
        name = item.strip().strip("\"'`").strip()
        words = name.split()
        # `Read Write` without a comma is two tools only where both are ours.
        names += words if words and all(find_canonical(word) for word in words) else [name]
    return [name for name in names if name]


def find_our_name(name: str) -> str | None:
    """Return our name of a tool that may have a rule in parentheses: `Bash(git:*)` is Bash."""
    return find_canonical(name.partition("(")[0])


def find_unknown_tools(
    names: Iterable[str], line: int, own: frozenset[str], platform: str, prefix: str = ""
) -> Iterator[Diagnostic]:
    """Find names that are no tools here: the platform's own in a single line, the others each.

    own: tools of the platform that no scenario can offer.
    """
    names = tuple(names)
    known = [name for name in names if name.partition("(")[0] in own]
    if known:
        text = f"{prefix}{platform}'s own, which are not offered here: {', '.join(known)}"
        yield Diagnostic(line=line, kind="not-offered", text=text)
    for name in [name for name in names if name not in known][:MOST_LISTED]:
        text = f"{prefix}{describe_unknown_tool(name)}"
        yield Diagnostic(line=line, kind="unknown-tool", text=text)


def describe_unknown_tool(name: str) -> str:
    """Format why a tool is not offered, with the nearest one that is."""
    if name.startswith(("mcp__", "mcp_")) or "/" in name:
        return f"{name} belongs to an MCP server: offered only where a scenario scripts it (mcp)"
    if name[:1] + name[-1:] in ("{}", "[]"):
        return f"{name} stands where the name of a tool must: write the name alone"
    close = find_nearest(name)
    return f"there is no tool {name} here" + (f"; did you mean {close}?" if close else "")
