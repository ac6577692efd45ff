"""Anthropic's Messages API through its own SDK, and the relay, which speaks the same.

`build_request` is pure: the digest is taken of what it builds. Streaming, caching and thinking are
parameters, off by default, and `read_answer` understands what they bring.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from promptverdict.providers.anthropic.answer import read_answer
from promptverdict.providers.interface import NO_PARAMETERS, TIMEOUT, Address, Api, SdkClient
from promptverdict.providers.thinking import is_in_text
from promptverdict.providers.wire import (
    merge_parameters,
)
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

MAX_TOKENS = 32_000
"""Far above the longest answer seen (some 12,000 tokens of code)."""


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
        "max_tokens": MAX_TOKENS,
        "system": system,
        "messages": [
            sent for message in group_messages(events) if (sent := _write_message(message))
        ],
    }
    if tools:
        body["tools"] = list(tools)
    return merge_parameters(body, parameters)


def split_request(body: dict[str, Any]) -> dict[str, Any]:
    """Split a first request into what a digest names."""
    rest = dict(body)
    return {
        "model": rest.pop("model"),
        "system": rest.pop("system"),
        "tools": rest.pop("tools", None),
        "message": rest.pop("messages"),
        "parameters": rest,
    }


def find_deprecation(model: str) -> str | None:
    """Return when the SDK expects a model to end, if it does."""
    from anthropic.resources.messages import DEPRECATED_MODELS

    end = DEPRECATED_MODELS.get(model)
    return f"{model} is deprecated and will reach its end of life on {end}" if end else None


def build_client(http: httpx2.AsyncClient, address: Address, api_key: str) -> SdkClient:
    """Build the SDK's client. Retries are off: a slow answer must not be asked for twice."""
    from anthropic import AnthropicError, AsyncAnthropic

    client = AsyncAnthropic(
        api_key=api_key,
        base_url=address.base_url,
        default_query=address.query,
        timeout=TIMEOUT,
        max_retries=0,
        http_client=http,
    )
    return SdkClient(client, AnthropicError)


def _write_message(message: Message) -> dict[str, Any] | None:
    """Write a message as the API takes it; None where nothing is left that it takes."""
    if isinstance(message, User):
        return {"role": "user", "content": message.text}
    if message and isinstance(message[0], Result):
        results = [_write_result(result) for result in message if isinstance(result, Result)]
        return {"role": "user", "content": results}
    content = _drop_unsendable(tuple(block for block in message if not isinstance(block, Result)))
    return {"role": "assistant", "content": content} if content else None


def _drop_unsendable(blocks: tuple[Block, ...]) -> list[dict[str, Any]]:
    """Drop what the API itself answers and refuses to be sent.

    That is text without a word, and thinking that nothing follows. A message that would be empty is
    left out whole: turns of one role that follow each other are one turn to the API.
    """
    taken = [_write_block(block) for block in blocks if not (is_in_text(block) or _is_blank(block))]
    while taken and taken[-1].get("type") in ("thinking", "redacted_thinking"):
        taken.pop()
    return taken


def _is_blank(block: Block) -> bool:
    """Return whether a block is a text without a word; thinking in the text is words, too."""
    return isinstance(block, Say) and not str((block.raw or {}).get("text", block.text)).strip()


def _write_result(result: Result) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "type": "tool_result",
        "tool_use_id": result.call,
        "content": result.text,
    }
    return sent | {"is_error": True} if result.error else sent


def _write_block(block: Block) -> dict[str, Any]:
    if isinstance(block, Opaque):
        return block.block
    if block.raw is not None:
        return block.raw
    if isinstance(block, Say):
        return {"type": "text", "text": block.text}
    return {"type": "tool_use", "id": block.id, "name": block.tool, "input": block.args}


def force_tool(tool: str) -> dict[str, Any]:
    """Return the parameters of a request that must be answered by a call of one tool."""
    return {"tool_choice": {"type": "tool", "name": tool}}


API = Api(
    sdk="anthropic",
    key_variable="ANTHROPIC_API_KEY",
    url="https://api.anthropic.com",
    url_variable="ANTHROPIC_BASE_URL",
    version_path="",
    path="/v1/messages",
    limit_name="max_tokens",
    build_request=build_request,
    split_request=split_request,
    read_answer=read_answer,
    force_tool=force_tool,
    force_schema=None,
    build_client=build_client,
    find_deprecation=find_deprecation,
)
