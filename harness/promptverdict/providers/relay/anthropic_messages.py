"""What the Messages API says: which requests are refused, and what an answer's body holds."""

from __future__ import annotations

import secrets
from typing import Any

from promptverdict.providers.relay.canonical import (
    Blocks,
    RequestError,
    describe_answerer,
    estimate_tokens,
    has_calls,
)

REQUEST_ID = "request-id"
"""The header that names a request."""


def normalise_request(body: dict[str, Any], model: str) -> dict[str, Any]:
    """Return the body, which has the relay's own form already.

    Raises RequestError for a request that this server cannot answer as the API would.
    """
    if not isinstance(body.get("model"), str):
        raise _build_invalid("model: Field required")
    if body["model"] != model:
        raise RequestError(
            404, "not_found_error", f"model: {body['model']} (this relay is {model})"
        )
    if body.get("stream"):
        raise _build_invalid("stream: the relay answers in one piece; leave it out or send false")
    limit = body.get("max_tokens")
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise _build_invalid("max_tokens: a whole number of at least 1 is required")
    _check_messages(body.get("messages"))
    _check_tools(body.get("tools", []))
    if not isinstance(body.get("system") or "", str | list) or not _are_blocks(body.get("system")):
        raise _build_invalid("system: must be a string or a list of text blocks")
    return body


def prepare_answer(blocks: Blocks) -> Blocks:
    """Return an answer whose every call has an id that no other call has."""
    return [
        {"type": "tool_use", "id": f"toolu_{secrets.token_urlsafe(18)}", **_write_call(block)}
        if block["type"] == "tool_use"
        else block
        for block in blocks
    ]


def build_reply(
    body: dict[str, Any], content: Blocks, operator: str, seconds: float
) -> dict[str, Any]:
    """Build the answer's body; `seconds` is how long the client waited for it.

    Tokens are estimated: `relay` says so, and who answered.
    """
    return {
        "id": f"msg_{secrets.token_urlsafe(18)}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": content,
        "stop_reason": "tool_use" if has_calls(content) else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": estimate_tokens(body), "output_tokens": estimate_tokens(content)},
        **describe_answerer(operator, seconds),
    }


def build_failure(error: RequestError) -> dict[str, Any]:
    """Build an error's body, in the shape that the API's SDKs read."""
    return {"type": "error", "error": {"type": error.kind, "message": error.message}}


def _build_invalid(message: str) -> RequestError:
    return RequestError(400, "invalid_request_error", message)


def _are_blocks(content: Any) -> bool:
    return not isinstance(content, list) or all(
        isinstance(block, dict) and isinstance(block.get("type"), str) for block in content
    )


def _check_messages(messages: Any) -> None:
    if not isinstance(messages, list) or not messages:
        raise _build_invalid("messages: at least one message is required")
    for at, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in ("user", "assistant"):
            raise _build_invalid(f"messages.{at}.role: must be user or assistant")
        content = message.get("content")
        if not isinstance(content, str | list) or not _are_blocks(content):
            raise _build_invalid(f"messages.{at}.content: must be a string or a list of blocks")
    if messages[-1]["role"] != "user":
        raise _build_invalid(
            "messages: the last one must be the user's; the relay continues no prefill"
        )


def _check_tools(tools: Any) -> None:
    if not isinstance(tools, list):
        raise _build_invalid("tools: must be a list")
    for at, tool in enumerate(tools):
        if not isinstance(tool, dict) or not isinstance(tool.get("name"), str):
            raise _build_invalid(f"tools.{at}.name: Field required")
        if not isinstance(tool.get("input_schema"), dict):
            raise _build_invalid(
                f"tools.{at}.input_schema: required; provider-run tools are not offered"
            )


def _write_call(block: dict[str, Any]) -> dict[str, Any]:
    return {"name": block["name"], "input": block["input"]}
