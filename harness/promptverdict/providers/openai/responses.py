"""OpenAI's Responses API. The provider keeps nothing: every request carries the whole conversation.

`request` is pure: the digest is taken of what it builds. Reasoning comes encrypted, so that it can
be sent back; a model without reasoning refuses to be asked for that, unless the parameter `include`
is empty.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from promptverdict.providers.conversation import Conversation
from promptverdict.providers.openai.client import (
    KEY,
    MAX_TOKENS,
    SDK,
    URL,
    URL_VARIABLE,
    opened,
)
from promptverdict.providers.openai.responses_answer import items_of, read
from promptverdict.providers.openai.values import function
from promptverdict.providers.wire import put_over
from promptverdict.trials.transcript import Event, Message, Result, User, group_messages

if TYPE_CHECKING:
    import httpx2

__all__ = [
    "KEY",
    "SDK",
    "URL",
    "URL_VARIABLE",
    "deprecation",
    "forced",
    "open_model",
    "parts",
    "read",
    "request",
]

_NONE: Mapping[str, Any] = MappingProxyType({})


def request(
    model: str,
    system: str,
    tools: tuple[dict[str, Any], ...],
    events: tuple[Event, ...],
    parameters: Mapping[str, Any] = _NONE,
) -> dict[str, Any]:
    """Build the body of the next request. Frozen: a change here makes every recording stale."""
    body: dict[str, Any] = {
        "model": model,
        "max_output_tokens": MAX_TOKENS,
        "instructions": system,
        "input": [item for message in group_messages(events) for item in _items(message)],
        "store": False,
        "include": ["reasoning.encrypted_content"],
    }
    if tools:
        # Not strict: strict schemas have no properties that may be left out, and ours do.
        body["tools"] = [{"type": "function", **function(tool), "strict": False} for tool in tools]
    return put_over(body, parameters)


def parts(body: dict[str, Any]) -> dict[str, Any]:
    """Take a first request apart into what a digest names."""
    rest = dict(body)
    return {
        "model": rest.pop("model"),
        "system": rest.pop("instructions"),
        "tools": rest.pop("tools", None),
        "message": rest.pop("input"),
        "parameters": rest,
    }


def deprecation(model: str) -> None:
    """Say nothing: this SDK knows of no model's end."""


def open_model(
    transport: httpx2.AsyncBaseTransport,
    base_url: str,
    api_key: str,
    model: str,
    system: str,
    tools: tuple[dict[str, Any], ...],
    parameters: Mapping[str, Any] = _NONE,
) -> AbstractAsyncContextManager[Conversation]:
    """Open a conversation on a transport of ours."""
    build = partial(request, model, system, tools, parameters=parameters)
    return opened(transport, base_url, api_key, path="/responses", request=build, read=read)


def _items(message: Message) -> Iterator[dict[str, Any]]:
    if isinstance(message, User):
        yield {"role": "user", "content": message.text}
    elif message and isinstance(message[0], Result):
        for result in message:
            if isinstance(result, Result):
                output = {"call_id": result.call, "output": result.text}
                yield {"type": "function_call_output", **output}
    else:
        yield from items_of(tuple(block for block in message if not isinstance(block, Result)))


def forced(tool: str) -> dict[str, Any]:
    """Give the parameters of a request that must be answered by a call of one tool.

    Its reasoning is not asked for: nothing is sent back, and models without any refuse to be asked.
    """
    return {"tool_choice": {"type": "function", "name": tool}, "include": None}
