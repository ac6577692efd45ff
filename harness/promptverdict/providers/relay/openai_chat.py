"""What OpenAI's Chat Completions API says, read into the relay's form and written from it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from promptverdict.providers.relay.canonical import (
    Blocks,
    describe_answerer,
    estimate_tokens,
    has_calls,
)
from promptverdict.providers.relay.openai_shared import (
    REQUEST_ID,
    build_failure,
    build_invalid,
    build_no_function,
    build_result,
    check_format,
    check_request,
    drop_empty_texts,
    join_conversation,
    make_id,
    prepare_answer,
    read_call,
    read_items,
    read_parts,
    read_text,
    read_tool,
    read_tool_choice,
    write_call,
)

__all__ = ["REQUEST_ID", "build_failure", "build_reply", "normalise_request", "prepare_answer"]

_OTHER_PARTS = ("image_url", "input_audio", "file", "refusal")


def normalise_request(body: dict[str, Any], model: str) -> dict[str, Any]:
    """Read a request. Raises RequestError when it cannot be answered as the API would."""
    check_request(body, model, "max_completion_tokens")
    check_format(body.get("response_format"), "response_format")
    if body.get("n") not in (None, 1):
        raise build_invalid("n", "the relay gives one choice", "unsupported_value")
    if body.get("functions"):
        raise build_invalid("functions", "offer them as `tools`", "unsupported_value")
    choice = body.get("tool_choice")
    function = choice.get("function") if isinstance(choice, dict) else None
    return {
        "model": model,
        **join_conversation(_read_messages(body.get("messages")), "messages"),
        "tools": list(_read_tools(body.get("tools"))),
        **read_tool_choice(choice, function),
    }


def build_reply(
    body: dict[str, Any], content: Blocks, operator: str, seconds: float
) -> dict[str, Any]:
    """Build the answer's body; `seconds` is how long the client waited for it.

    Tokens are estimated: `relay` says so, and who answered.
    """
    read, written = estimate_tokens(body), estimate_tokens(content)
    calls = [
        {"id": block["id"], "type": "function", "function": write_call(block)}
        for block in content
        if block["type"] == "tool_use"
    ]
    message = {
        "role": "assistant",
        "content": next((block["text"] for block in content if block["type"] == "text"), None),
        "refusal": None,
        **({"tool_calls": calls} if calls else {}),
    }
    reason = "tool_calls" if has_calls(content) else "stop"
    return {
        "id": make_id("chatcmpl-"),
        "object": "chat.completion",
        "created": int(time.time()),
        "model": body["model"],
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": reason}],
        "usage": {
            "prompt_tokens": read,
            "completion_tokens": written,
            "total_tokens": read + written,
        },
        **describe_answerer(operator, seconds),
    }


def _read_messages(value: Any) -> Iterator[dict[str, Any]]:
    for place, message in read_items(value, "messages"):
        match message.get("role"):
            case "system" | "developer" as role:
                content = read_parts(message.get("content"), f"{place}.content", ("text",))
                yield {"role": role, "content": content}
            case "user":
                yield {"role": "user", "content": _read_content(message, place)}
            case "assistant":
                yield {"role": "assistant", "content": _read_answer(message, place)}
            case "tool":
                id_ = read_text(message, "tool_call_id", place)
                yield build_result(id_, _read_content(message, place))
            case _:
                roles = "system, developer, user, assistant, tool"
                raise build_invalid(f"{place}.role", f"must be one of: {roles}")


def _read_content(message: dict[str, Any], place: str) -> str | Blocks:
    return read_parts(message.get("content"), f"{place}.content", ("text",), _OTHER_PARTS)


def _read_answer(message: dict[str, Any], place: str) -> Blocks:
    calls = [
        _read_tool_call(call, at)
        for at, call in read_items(message.get("tool_calls"), f"{place}.tool_calls")
    ]
    # The API takes null for the text of a message that calls, and of no other.
    if calls and message.get("content") is None:
        return calls
    return [*drop_empty_texts(_read_content(message, place)), *calls]


def _read_tool_call(call: dict[str, Any], place: str) -> dict[str, Any]:
    function = call.get("function")
    if call.get("type") != "function" or not isinstance(function, dict):
        raise build_invalid(place, "must be the call of a function")
    return read_call(read_text(call, "id", place), function, f"{place}.function")


def _read_tools(value: Any) -> Iterator[dict[str, Any]]:
    for place, tool in read_items(value, "tools"):
        function = tool.get("function")
        if tool.get("type") != "function" or not isinstance(function, dict):
            raise build_no_function(place)
        yield read_tool(function, f"{place}.function")
