"""What OpenAI's Responses API says, read into the relay's form and written from it."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from promptverdict.providers.relay.canonical import Blocks, describe_answerer, estimate_tokens
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

_TEXT_PARTS = ("input_text", "output_text")
_OTHER_PARTS = ("input_image", "input_file", "refusal")

_KEEPS_NOTHING = "the relay keeps nothing between requests; send the whole conversation as `input`"
_REFUSED = {
    "previous_response_id": _KEEPS_NOTHING,
    "conversation": _KEEPS_NOTHING,
    "prompt": "the relay has no stored prompts; send it as `instructions`",
    "background": "the relay answers while the client waits",
}


def normalise_request(body: dict[str, Any], model: str) -> dict[str, Any]:
    """Read a request. Raises RequestError when it cannot be answered as the API would.

    Reasoning that is sent back is left out: it is nobody's to read, and a client may drop it.
    """
    check_request(body, model, "max_output_tokens")
    for name, why in _REFUSED.items():
        if body.get(name):
            raise build_invalid(name, why, "unsupported_value")
    text = body.get("text")
    check_format(text.get("format") if isinstance(text, dict) else text, "text.format")
    choice = body.get("tool_choice")
    return {
        "model": model,
        **join_conversation(_read_messages(body), "input"),
        "tools": list(_read_tools(body.get("tools"))),
        **read_tool_choice(choice, choice),
    }


def build_reply(
    body: dict[str, Any], content: Blocks, operator: str, seconds: float
) -> dict[str, Any]:
    """Build the answer's body, without what would only repeat the request (its tools and the like).

    `seconds` is how long the client waited. Tokens are estimated: `relay` says so, and who
    answered.
    """
    read, written = estimate_tokens(body), estimate_tokens(content)
    now = int(time.time())
    return {
        "id": make_id("resp_"),
        "object": "response",
        "created_at": now - int(seconds),
        "completed_at": now,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "model": body["model"],
        "output": [_write_item(block) for block in content],
        "usage": {
            "input_tokens": read,
            "input_tokens_details": {"cached_tokens": 0, "cache_write_tokens": 0},
            "output_tokens": written,
            "output_tokens_details": {"reasoning_tokens": 0},
            "total_tokens": read + written,
        },
        **describe_answerer(operator, seconds),
    }


def _write_item(block: dict[str, Any]) -> dict[str, Any]:
    if block["type"] == "tool_use":
        return {
            "id": make_id("fc_"),
            "type": "function_call",
            "status": "completed",
            "call_id": block["id"],
            **write_call(block),
        }
    text = {"type": "output_text", "text": block["text"], "annotations": [], "logprobs": []}
    return {
        "id": make_id("msg_"),
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": [text],
    }


def _read_messages(body: dict[str, Any]) -> Iterator[dict[str, Any]]:
    if body.get("instructions") is not None:
        yield {"role": "system", "content": read_text(body, "instructions")}
    asked = body.get("input")
    if isinstance(asked, str):
        yield {"role": "user", "content": asked}
        return
    for place, item in read_items(asked, "input"):
        match item.get("type", "message"):
            case "message":
                yield _read_message(item, place)
            case "function_call":
                id_ = read_text(item, "call_id", place)
                yield {"role": "assistant", "content": [read_call(id_, item, place)]}
            case "function_call_output":
                id_ = read_text(item, "call_id", place)
                yield build_result(id_, _read_content(item.get("output"), f"{place}.output"))
            case "reasoning":
                continue
            case other:
                why = f"the relay reads no items of type {other!r}"
                raise build_invalid(f"{place}.type", why, "unsupported_value")


def _read_message(item: dict[str, Any], place: str) -> dict[str, Any]:
    content = _read_content(item.get("content"), f"{place}.content")
    match item.get("role"):
        case "assistant":
            return {"role": "assistant", "content": drop_empty_texts(content)}
        case "user" | "system" | "developer" as role:
            return {"role": role, "content": content}
    raise build_invalid(f"{place}.role", "must be one of: system, developer, user, assistant")


def _read_content(value: Any, param: str) -> str | Blocks:
    return read_parts(value, param, _TEXT_PARTS, _OTHER_PARTS)


def _read_tools(value: Any) -> Iterator[dict[str, Any]]:
    for place, tool in read_items(value, "tools"):
        if tool.get("type") != "function":
            raise build_no_function(place)
        yield read_tool(tool, place)
