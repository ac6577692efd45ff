"""OpenAI's Chat Completions API, which many other services speak as well.

`request` is pure: the digest is taken of what it builds. For a service that knows only the older
name of the limit, the parameter `max_tokens` takes the place of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractAsyncContextManager
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from promptverdict.core.errors import ProviderError
from promptverdict.providers.conversation import Conversation
from promptverdict.providers.openai.chat_message import blocks_of, is_refusal, message_of
from promptverdict.providers.openai.chat_stream import assembled
from promptverdict.providers.openai.client import (
    KEY,
    MAX_TOKENS,
    SDK,
    URL,
    URL_VARIABLE,
    opened,
)
from promptverdict.providers.openai.values import answered, broken_off, function
from promptverdict.providers.wire import is_stream, no_answer, parse, put_over
from promptverdict.trials.transcript import (
    Answered,
    Block,
    Event,
    Message,
    Result,
    User,
    group_messages,
)

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

_STOPS = {
    "tool_calls": "calls",
    "stop": "done",
    "length": "length",
    "content_filter": "refusal",
}

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
        "max_completion_tokens": MAX_TOKENS,
        "messages": [
            {"role": "system", "content": system},
            *(sent for message in group_messages(events) for sent in _messages(message)),
        ],
    }
    if tools:
        body["tools"] = [{"type": "function", "function": function(tool)} for tool in tools]
    if "max_tokens" in parameters:
        del body["max_completion_tokens"]
    if parameters.get("stream"):
        body["stream_options"] = {"include_usage": True}
    return put_over(body, parameters)


def parts(body: dict[str, Any]) -> dict[str, Any]:
    """Take a first request apart into what a digest names."""
    rest = dict(body)
    system, *message = rest.pop("messages")
    return {
        "model": rest.pop("model"),
        "system": system["content"],
        "tools": rest.pop("tools", None),
        "message": message,
        "parameters": rest,
    }


def read(content: bytes) -> tuple[tuple[Block, ...], Answered]:
    """Read the body of an answer, plain or streamed.

    Raises ContextOverflow where it says that the conversation is too long, else ProviderError when
    it is not a completion or was cut.
    """
    try:
        body = assembled(content) if is_stream(content) else parse(content)
        match body:
            case {"choices": [{"message": {**message}, **choice}, *_], **rest}:
                blocks = tuple(blocks_of(message))
                return blocks, _answered(rest, choice, blocks)
    except ValueError as error:
        raise no_answer(content, "a completion") from error
    raise no_answer(content, "a completion")


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
    return opened(transport, base_url, api_key, path="/chat/completions", request=build, read=read)


def _messages(message: Message) -> Iterator[dict[str, Any]]:
    if isinstance(message, User):
        yield {"role": "user", "content": message.text}
    elif message and isinstance(message[0], Result):
        for result in message:
            if isinstance(result, Result):
                yield {"role": "tool", "tool_call_id": result.call, "content": result.text}
    else:
        sent = message_of(tuple(block for block in message if not isinstance(block, Result)))
        if sent is not None:
            yield sent


def _answered(rest: dict[Any, Any], choice: dict[Any, Any], blocks: tuple[Block, ...]) -> Answered:
    reason = choice.get("finish_reason")
    if reason == "error":
        raise broken_off(choice.get("error"))
    if not isinstance(reason, str):
        raise ProviderError(f"The API's answer does not say why it stopped: {reason!r}")
    return answered(
        rest,
        _STOPS.get(reason, reason),
        reason,
        refused=any(map(is_refusal, blocks)),
        asked="prompt_tokens",
        told="completion_tokens",
    )


def forced(tool: str) -> dict[str, Any]:
    """Give the parameters of a request that must be answered by a call of one tool."""
    return {"tool_choice": {"type": "function", "function": {"name": tool}}}
