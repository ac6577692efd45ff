"""OpenAI's Responses API. The provider keeps nothing: every request carries the whole conversation.

`build_request` is pure: the digest is taken of what it builds. Reasoning comes encrypted, so that
it can be sent back; a model without reasoning refuses to be asked for that, unless the parameter
`include` is empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptverdict.providers.interface import NO_PARAMETERS
from promptverdict.providers.openai.client import MAX_TOKENS, build_api
from promptverdict.providers.openai.responses_answer import read_answer, write_items
from promptverdict.providers.openai.values import write_function, write_schema
from promptverdict.providers.wire import (
    merge_parameters,
)
from promptverdict.trials.transcript import Event, Result, User, group_messages


def build_request(
    model: str,
    system: str,
    tools: tuple[dict[str, Any], ...],
    events: tuple[Event, ...],
    parameters: Mapping[str, Any] = NO_PARAMETERS,
) -> dict[str, Any]:
    """Build the body of the next request. Frozen: a change here makes every recording stale."""
    body: dict[str, Any] = {
        "model": model,
        "max_output_tokens": MAX_TOKENS,
        "instructions": system,
        "input": list(_write_messages(events)),
        # The provider would otherwise keep the conversation, and each answer refer to the last.
        "store": False,
        "include": ["reasoning.encrypted_content"],
    }
    if tools:
        # Not strict: strict schemas have no properties that may be left out, and ours do.
        body["tools"] = [
            {"type": "function", **write_function(tool), "strict": False} for tool in tools
        ]
    return merge_parameters(body, parameters)


def split_request(body: dict[str, Any]) -> dict[str, Any]:
    """Split a first request into what a digest names."""
    rest = dict(body)
    return {
        "model": rest.pop("model"),
        "system": rest.pop("instructions"),
        "tools": rest.pop("tools", None),
        "message": rest.pop("input"),
        "parameters": rest,
    }


def _write_messages(events: tuple[Event, ...]) -> Iterator[dict[str, Any]]:
    custom: set[str] = set()
    for message in group_messages(events):
        if isinstance(message, User):
            yield {"role": "user", "content": message.text}
        elif message and isinstance(message[0], Result):
            for result in message:
                if isinstance(result, Result):
                    # The API takes a result only in the kind of its call.
                    kind = "custom_tool_call" if result.call in custom else "function_call"
                    yield {
                        "type": f"{kind}_output",
                        "call_id": result.call,
                        "output": result.text,
                    }
        else:
            items = write_items(tuple(b for b in message if not isinstance(b, Result)))
            custom = {item["call_id"] for item in items if item.get("type") == "custom_tool_call"}
            yield from items


def force_tool(tool: str) -> dict[str, Any]:
    """Return the parameters of a request that must be answered by a call of one tool.

    Its reasoning is not asked for: nothing is sent back, and models without any refuse to be asked.
    """
    return {"tool_choice": {"type": "function", "name": tool}, "include": None}


def force_schema(tool: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a request that must be answered by a tool's arguments as text."""
    return {"text": {"format": {"type": "json_schema", **write_schema(tool)}}, "include": None}


API = build_api(
    "/responses",
    limit_name="max_output_tokens",
    build_request=build_request,
    split_request=split_request,
    read_answer=read_answer,
    force_tool=force_tool,
    force_schema=force_schema,
)
