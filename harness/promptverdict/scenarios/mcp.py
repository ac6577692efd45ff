"""MCP servers that a scenario scripts: which tools they have, and what each answers."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Annotated, Any

from pydantic import AfterValidator, Field

from promptverdict.core.model import Frozen

MAX_NAME = 64
"""Characters of a tool's name that every provider takes."""

Name = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]+$")]


class McpReply(Frozen):
    """What a tool answers to a call whose arguments have some words in them, in any case."""

    contains: str = ""
    text: str
    error: bool = Field(default=False, description="Whether the call failed")


class McpTool(Frozen):
    """A tool with a description of its own."""

    description: str = ""
    arguments: dict[str, str] = Field(
        default_factory=dict, description="Name of a text argument -> what it is"
    )
    replies: tuple[str | McpReply, ...] = Field(min_length=1)


def _check_names(servers: Mapping[str, Mapping[str, object]]) -> Mapping[str, Mapping[str, object]]:
    named: dict[str, str] = {}
    for server, tools in servers.items():
        for tool in tools:
            if len(name := format_mcp_name(server, tool)) > MAX_NAME:
                raise ValueError(f"{name} is longer than {MAX_NAME} characters: shorten it")
            # A model names nothing else: the second tool could never be called.
            if other := named.get(name):
                raise ValueError(f"{other} and {server}: {tool} are both called {name}: rename one")
            named[name] = f"{server}: {tool}"
    return servers


Mcp = Annotated[
    dict[Name, dict[Name, str | tuple[str | McpReply, ...] | McpTool]], AfterValidator(_check_names)
]
"""Server -> tool -> its answer, its answers, or the tool with all it has."""


def format_mcp_name(server: str, tool: str) -> str:
    """Format the name by which a model calls a server's tool, as Claude Code does."""
    return f"mcp__{server}__{tool}"


def list_mcp_tools(mcp: Mcp, is_allowed: Callable[[str, str], bool]) -> tuple[dict[str, Any], ...]:
    """List the schemas of the scripted tools that an agent may use, in the scenario's order."""
    return tuple(
        _describe(server, name, _read_tool(tool))
        for server, tools in mcp.items()
        for name, tool in tools.items()
        if is_allowed(server, name)
    )


def find_reply(mcp: Mcp, called: str, arguments: Mapping[str, Any]) -> McpReply | None:
    """Find the first answer that fits a call; None where the scenario has none."""
    asked = json.dumps(arguments, ensure_ascii=False).lower()
    for server, tools in mcp.items():
        for name, tool in tools.items():
            if format_mcp_name(server, name) == called:
                replies = map(_read_reply, _read_tool(tool).replies)
                return next((r for r in replies if r.contains.lower() in asked), None)
    return None


def list_mcp_texts(mcp: Mcp) -> Iterator[str]:
    """List what an agent is told of the scripted tools and answered by them."""
    for tools in mcp.values():
        for tool in map(_read_tool, tools.values()):
            yield tool.description
            yield from tool.arguments.values()
            yield from (reply.text for reply in map(_read_reply, tool.replies))


def _read_tool(tool: str | tuple[str | McpReply, ...] | McpTool) -> McpTool:
    if isinstance(tool, McpTool):
        return tool
    return McpTool(replies=(tool,) if isinstance(tool, str) else tool)


def _read_reply(reply: str | McpReply) -> McpReply:
    return McpReply(text=reply) if isinstance(reply, str) else reply


def _describe(server: str, name: str, tool: McpTool) -> dict[str, Any]:
    properties = {
        argument: {"type": "string", "description": words}
        for argument, words in tool.arguments.items()
    }
    return {
        "name": format_mcp_name(server, name),
        "description": tool.description or f"{name} of the MCP server {server}.",
        "input_schema": {
            "type": "object",
            "properties": properties,
            "required": list(properties),
            # A server's real schema may have more than the scenario says.
            "additionalProperties": True,
        },
    }
