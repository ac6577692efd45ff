"""What the Messages API says: which requests are refused, and what an answer's body holds.

Two requests belong to one conversation when their canonical forms agree. The form keeps what the
API gives a meaning to (text, calls, results) and drops what clients may word differently: a text
as a string or as a block, cache marks, keys that are null.
"""

from __future__ import annotations

import hashlib
import json
import math
import secrets
from typing import Any

from harness.frozen import Frozen


class RequestError(Exception):
    """A request that gets an error body; `kind` is the API's word, such as not_found_error."""

    def __init__(self, status: int, kind: str, message: str) -> None:
        self.status, self.kind, self.message = status, kind, message
        super().__init__(message)

    def body(self) -> dict[str, Any]:
        """Build the error body, in the shape that every SDK reads."""
        return {"type": "error", "error": {"type": self.kind, "message": self.message}}


class View(Frozen):
    """One turn as its answerer is shown it: what the API request holds, and nothing else."""

    conversation: str
    turn: int
    """Answers of the assistant in the request, plus one."""
    tag: str
    """Random; marks the lines that are not the request's."""
    whole: bool
    """The answerer has not seen the beginning."""
    fresh: int
    """Index of the first message that the answerer neither saw nor wrote."""
    system: Any = None
    tools: tuple[dict[str, Any], ...] = ()
    tool_choice: dict[str, Any] | None = None
    messages: tuple[dict[str, Any], ...] = ()


def parse(raw: bytes) -> dict[str, Any]:
    """Read a body that must be a JSON object of sound text. Raises RequestError."""
    try:
        body = json.loads(raw.decode("utf-8"))
        json.dumps(body, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        raise _invalid(f"The request body is not valid JSON: {error}") from error
    if not isinstance(body, dict):
        raise _invalid("The request body is not a JSON object")
    return body


def check(body: dict[str, Any], model: str) -> None:
    """Refuse a request that this server cannot answer as the API would. Raises RequestError."""
    if not isinstance(body.get("model"), str):
        raise _invalid("model: Field required")
    if body["model"] != model:
        raise RequestError(
            404, "not_found_error", f"model: {body['model']} (this relay is {model})"
        )
    if body.get("stream"):
        raise _invalid("stream: the relay answers in one piece; leave it out or send false")
    limit = body.get("max_tokens")
    if not isinstance(limit, int) or isinstance(limit, bool) or limit < 1:
        raise _invalid("max_tokens: a whole number of at least 1 is required")
    _check_messages(body.get("messages"))
    _check_tools(body.get("tools", []))
    if not isinstance(body.get("system") or "", str | list) or not _blocks(body.get("system")):
        raise _invalid("system: must be a string or a list of text blocks")


def answered(messages: list[dict[str, Any]]) -> int:
    """Count the messages up to and including the assistant's last one."""
    places = [at for at, message in enumerate(messages, 1) if message["role"] == "assistant"]
    return places[-1] if places else 0


def key(body: dict[str, Any], messages: list[dict[str, Any]]) -> str:
    """Name a conversation that has come to these messages, under this system prompt and tools."""
    form = {
        "system": _content(body.get("system") or ""),
        "tools": [_without_marks(tool) for tool in body.get("tools") or []],
        "messages": [[message["role"], _content(message["content"])] for message in messages],
    }
    text = json.dumps(form, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def with_ids(blocks: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Give every call of an answer an id that no other call has."""
    return [
        {"type": "tool_use", "id": f"toolu_{secrets.token_urlsafe(18)}", **_named(block)}
        if block["type"] == "tool_use"
        else block
        for block in blocks
    ]


def reply(
    body: dict[str, Any], content: list[dict[str, Any]], operator: str, seconds: float
) -> dict[str, Any]:
    """Build the answer's body; `seconds` is how long the client waited for it.

    Tokens are estimated as a quarter of the characters: `relay` says so, and who answered.
    """
    calls = any(block["type"] == "tool_use" for block in content)
    return {
        "id": f"msg_{secrets.token_urlsafe(18)}",
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": content,
        "stop_reason": "tool_use" if calls else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": _tokens(body), "output_tokens": _tokens(content)},
        "relay": {"operator": operator, "usage": "estimated", "seconds": round(seconds, 1)},
    }


def _invalid(message: str) -> RequestError:
    return RequestError(400, "invalid_request_error", message)


def _blocks(content: Any) -> bool:
    return not isinstance(content, list) or all(
        isinstance(block, dict) and isinstance(block.get("type"), str) for block in content
    )


def _check_messages(messages: Any) -> None:
    if not isinstance(messages, list) or not messages:
        raise _invalid("messages: at least one message is required")
    for at, message in enumerate(messages):
        if not isinstance(message, dict) or message.get("role") not in ("user", "assistant"):
            raise _invalid(f"messages.{at}.role: must be user or assistant")
        content = message.get("content")
        if not isinstance(content, str | list) or not _blocks(content):
            raise _invalid(f"messages.{at}.content: must be a string or a list of blocks")
    if messages[-1]["role"] != "user":
        raise _invalid("messages: the last one must be the user's; the relay continues no prefill")


def _check_tools(tools: Any) -> None:
    if not isinstance(tools, list):
        raise _invalid("tools: must be a list")
    for at, tool in enumerate(tools):
        if not isinstance(tool, dict) or not isinstance(tool.get("name"), str):
            raise _invalid(f"tools.{at}.name: Field required")
        if not isinstance(tool.get("input_schema"), dict):
            raise _invalid(f"tools.{at}.input_schema: required; provider-run tools are not offered")


def _named(block: dict[str, Any]) -> dict[str, Any]:
    return {"name": block["name"], "input": block["input"]}


def _content(content: Any) -> list[Any]:
    if isinstance(content, str):
        return [["text", content]]
    return [_form(block) for block in content]


def _form(block: dict[str, Any]) -> Any:
    match block:
        case {"type": "text", "text": text}:
            return ["text", text]
        case {"type": "tool_use", "id": id_, "name": name, "input": given}:
            return ["tool_use", id_, name, given]
        case {"type": "tool_result", "tool_use_id": id_}:
            content = _content(block.get("content") or [])
            return ["tool_result", id_, bool(block.get("is_error")), content]
    return _without_marks(block)


def _without_marks(block: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in block.items() if k != "cache_control" and v is not None}


def _tokens(value: Any) -> int:
    return math.ceil(len(json.dumps(value, ensure_ascii=False, separators=(",", ":"))) / 4)
