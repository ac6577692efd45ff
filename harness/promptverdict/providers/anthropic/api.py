"""Anthropic's Messages API through its own SDK, and the relay, which speaks the same.

`request` is pure: the digest is taken of what it builds. Streaming, caching and thinking are
parameters, off by default, and `read` understands what they bring.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from promptverdict.providers.anthropic.answer import read
from promptverdict.providers.conversation import TIMEOUT, Conversation
from promptverdict.providers.wire import load, put_over
from promptverdict.trials.transcript import (
    Block,
    Event,
    Message,
    Opaque,
    Result,
    Say,
    User,
    group_messages,
)

if TYPE_CHECKING:
    import httpx2

SDK = "anthropic"
KEY = "ANTHROPIC_API_KEY"
URL = "https://api.anthropic.com"
URL_VARIABLE = "ANTHROPIC_BASE_URL"

MAX_TOKENS = 32_000
"""Far above the longest answer seen (some 12,000 tokens of code)."""

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
        "max_tokens": MAX_TOKENS,
        "system": system,
        "messages": [sent for message in group_messages(events) if (sent := _message(message))],
    }
    if tools:
        body["tools"] = list(tools)
    return put_over(body, parameters)


def parts(body: dict[str, Any]) -> dict[str, Any]:
    """Take a first request apart into what a digest names."""
    rest = dict(body)
    return {
        "model": rest.pop("model"),
        "system": rest.pop("system"),
        "tools": rest.pop("tools", None),
        "message": rest.pop("messages"),
        "parameters": rest,
    }


def deprecation(model: str) -> str | None:
    """Say when the SDK expects a model to end, if it does."""
    from anthropic.resources.messages import DEPRECATED_MODELS

    end = DEPRECATED_MODELS.get(model)
    return f"{model} is deprecated and will reach its end of life on {end}" if end else None


@asynccontextmanager
async def open_model(
    transport: httpx2.AsyncBaseTransport,
    base_url: str,
    api_key: str,
    model: str,
    system: str,
    tools: tuple[dict[str, Any], ...],
    parameters: Mapping[str, Any] = _NONE,
) -> AsyncIterator[Conversation]:
    """Open a conversation on a transport of ours: the SDK never reaches the network by itself.

    Its retries are off: a slow answer must not be asked for twice, and retrying is ours to decide.
    """
    load(SDK)
    import httpx2
    from anthropic import AnthropicError, AsyncAnthropic

    build = partial(request, model, system, tools, parameters=parameters)
    http = httpx2.AsyncClient(transport=transport, trust_env=False)
    async with AsyncAnthropic(
        api_key=api_key, base_url=base_url, timeout=TIMEOUT, max_retries=0, http_client=http
    ) as client:
        yield Conversation(client, "/v1/messages", AnthropicError, build, read)


def _message(message: Message) -> dict[str, Any] | None:
    """Write a message as the API takes it; None where nothing is left that it takes."""
    if isinstance(message, User):
        return {"role": "user", "content": message.text}
    if message and isinstance(message[0], Result):
        results = [_result(result) for result in message if isinstance(result, Result)]
        return {"role": "user", "content": results}
    content = _taken(tuple(block for block in message if not isinstance(block, Result)))
    return {"role": "assistant", "content": content} if content else None


def _taken(blocks: tuple[Block, ...]) -> list[dict[str, Any]]:
    """Leave out what the API itself answers and refuses to be sent.

    That is text without a word, and thinking that nothing follows. A message that would be empty is
    left out whole: turns of one role that follow each other are one turn to the API.
    """
    taken = [_sent(block) for block in blocks if not isinstance(block, Say) or block.text.strip()]
    while taken and taken[-1].get("type") in ("thinking", "redacted_thinking"):
        taken.pop()
    return taken


def _result(result: Result) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "type": "tool_result",
        "tool_use_id": result.call,
        "content": result.text,
    }
    return sent | {"is_error": True} if result.error else sent


def _sent(block: Block) -> dict[str, Any]:
    if isinstance(block, Opaque):
        return block.block
    if block.raw is not None:
        return block.raw
    if isinstance(block, Say):
        return {"type": "text", "text": block.text}
    return {"type": "tool_use", "id": block.id, "name": block.tool, "input": block.args}


def forced(tool: str) -> dict[str, Any]:
    """Give the parameters of a request that must be answered by a call of one tool."""
    return {"tool_choice": {"type": "tool", "name": tool}}
