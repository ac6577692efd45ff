"""Names of tools, as agent files write them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

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


def list_tool_names(value: object) -> list[str]:
    """List the names in a list or in a text with commas; commas in parentheses part nothing."""
    if value is None:
        return []
    items = value if isinstance(value, list) else _BETWEEN_COMMAS.findall(str(value))
    names = []
    for item in items:
        name = str(item).strip().strip("\"'`").strip()
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
    close = find_nearest(name)
    return f"there is no tool {name} here" + (f"; did you mean {close}?" if close else "")
