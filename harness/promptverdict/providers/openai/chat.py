"""OpenAI's Chat Completions API, which many other services speak as well.

`build_request` is pure: the digest is taken of what it builds. For a service that knows only the
older name of the limit, the parameter `max_tokens` takes the place of ours.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from promptverdict.core.errors import ProviderError
from promptverdict.providers.failures import (
    build_unreadable,
)
from promptverdict.providers.interface import NO_PARAMETERS
from promptverdict.providers.openai.chat_message import is_refusal, read_message, write_message
from promptverdict.providers.openai.chat_stream import assemble_stream
from promptverdict.providers.openai.client import MAX_TOKENS, build_api
from promptverdict.providers.openai.values import (
    build_answered,
    build_broken_off,
    write_function,
    write_schema,
)
from promptverdict.providers.wire import (
    is_stream,
    merge_parameters,
    parse_json,
)
from promptverdict.trials.transcript import (
    Answered,
    Block,
    Event,
    Message,
    Result,
    User,
    group_messages,
)


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
        "max_completion_tokens": MAX_TOKENS,
        "messages": [
            {"role": "system", "content": system},
            *(sent for message in group_messages(events) for sent in _write_messages(message)),
        ],
    }
    if tools:
        body["tools"] = [{"type": "function", "function": write_function(tool)} for tool in tools]
    if "max_tokens" in parameters:
        del body["max_completion_tokens"]
    if parameters.get("stream"):
        # A stream counts no tokens unless it is asked to.
        body["stream_options"] = {"include_usage": True}
    return merge_parameters(body, parameters)


def split_request(body: dict[str, Any]) -> dict[str, Any]:
    """Split a first request into what a digest names."""
    rest = dict(body)
    system, *message = rest.pop("messages")
    return {
        "model": rest.pop("model"),
        "system": system["content"],
        "tools": rest.pop("tools", None),
        "message": message,
        "parameters": rest,
    }


def read_answer(content: bytes) -> tuple[tuple[Block, ...], Answered]:
    """Read the body of an answer, plain or streamed.

    Raises ContextOverflow where it says that the conversation is too long, else ProviderError when
    it is not a completion or was cut.
    """
    try:
        body = assemble_stream(content) if is_stream(content) else parse_json(content)
        match body:
            case {"choices": [{"message": {**message}, **choice}, *_], **rest}:
                blocks = tuple(read_message(message))
                return blocks, _read_end(rest, choice, blocks)
    except ValueError as error:
        raise build_unreadable(content, "a completion") from error
    raise build_unreadable(content, "a completion")


def _write_messages(message: Message) -> Iterator[dict[str, Any]]:
    if isinstance(message, User):
        yield {"role": "user", "content": message.text}
    elif message and isinstance(message[0], Result):
        for result in message:
            if isinstance(result, Result):
                yield {"role": "tool", "tool_call_id": result.call, "content": result.text}
    else:
        sent = write_message(tuple(block for block in message if not isinstance(block, Result)))
        if sent is not None:
            yield sent


def _read_end(rest: dict[Any, Any], choice: dict[Any, Any], blocks: tuple[Block, ...]) -> Answered:
    reason = choice.get("finish_reason")
    if reason == "error":
        raise build_broken_off(choice.get("error"))
    if not isinstance(reason, str | None):
        raise ProviderError(f"The API's answer does not say why it stopped: {reason!r}")
    refused = any(map(is_refusal, blocks))
    tokens = ("prompt_tokens", "completion_tokens")
    return build_answered(rest, reason, blocks, refused=refused, tokens=tokens)


def force_tool(tool: str) -> dict[str, Any]:
    """Return the parameters of a request that must be answered by a call of one tool."""
    return {"tool_choice": {"type": "function", "function": {"name": tool}}}


def force_schema(tool: dict[str, Any]) -> dict[str, Any]:
    """Return the parameters of a request that must be answered by a tool's arguments as text."""
    return {"response_format": {"type": "json_schema", "json_schema": write_schema(tool)}}


API = build_api(
    "/chat/completions",
    # The older name, which also takes the place of ours: services that know only one know this.
    limit_name="max_tokens",
    build_request=build_request,
    split_request=split_request,
    read_answer=read_answer,
    force_tool=force_tool,
    force_schema=force_schema,
)
