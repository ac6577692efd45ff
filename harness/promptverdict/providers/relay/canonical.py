"""The one form in which the relay keeps a request: the Messages API's, whichever API carried it.

Two requests belong to one conversation when their canonical forms agree. The form keeps what the
API gives a meaning to (text, calls, results) and drops what clients may word differently: a text
as a string or as a block, cache marks, keys that are null.
"""

from __future__ import annotations

import hashlib
import json
import math
from typing import Any

from promptverdict.core.model import Frozen

Blocks = list[dict[str, Any]]


class RequestError(Exception):
    """A request that is refused; each API words it in its own shape.

    `kind` is the API's word, such as not_found_error; `param` and `code` are given where the API
    knows such: the part of the request that is at fault, and a word for the fault.
    """

    def __init__(
        self,
        status: int,
        kind: str,
        message: str,
        param: str | None = None,
        code: str | None = None,
    ) -> None:
        self.status, self.kind, self.message = status, kind, message
        self.param, self.code = param, code
        super().__init__(message)


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


def parse_object(raw: bytes, param: str | None = None) -> dict[str, Any]:
    """Read a body, or a part of one, that must be a JSON object of sound text.

    Raises RequestError.
    """
    what = param or "The request body"
    try:
        body = json.loads(raw.decode("utf-8"))
        json.dumps(body, ensure_ascii=False).encode("utf-8")
    except (ValueError, RecursionError) as error:
        problem = f"{what} is not valid JSON: {error}"
        raise RequestError(400, "invalid_request_error", problem, param) from error
    if not isinstance(body, dict):
        raise RequestError(400, "invalid_request_error", f"{what} is not a JSON object", param)
    return body


def count_answered(messages: list[dict[str, Any]]) -> int:
    """Count the messages up to and including the assistant's last one."""
    places = [at for at, message in enumerate(messages, 1) if message["role"] == "assistant"]
    return places[-1] if places else 0


def hash_conversation(body: dict[str, Any], messages: list[dict[str, Any]]) -> str:
    """Name a conversation that has come to these messages, under this system prompt and tools."""
    form = {
        "system": _list_forms(body.get("system") or ""),
        "tools": [_drop_marks(tool) for tool in body.get("tools") or []],
        "messages": [[message["role"], _list_forms(message["content"])] for message in messages],
    }
    text = json.dumps(form, ensure_ascii=False, sort_keys=True)
    return hashlib.sha256(text.encode("utf-8")).hexdigest()


def has_calls(content: Blocks) -> bool:
    """Return whether an answer calls a tool."""
    return any(block["type"] == "tool_use" for block in content)


def estimate_tokens(value: Any) -> int:
    """Estimate the tokens of what is said or asked: a quarter of its characters as JSON."""
    return math.ceil(len(json.dumps(value, ensure_ascii=False, separators=(",", ":"))) / 4)


def describe_answerer(operator: str, seconds: float) -> dict[str, Any]:
    """Return who gave an answer and in how many seconds, under the key that no API has."""
    return {"relay": {"operator": operator, "usage": "estimated", "seconds": round(seconds, 1)}}


def _list_forms(content: Any) -> list[Any]:
    if isinstance(content, str):
        return [["text", content]]
    return [_build_form(block) for block in content]


def _build_form(block: dict[str, Any]) -> Any:
    match block:
        case {"type": "text", "text": text}:
            return ["text", text]
        case {"type": "tool_use", "id": id_, "name": name, "input": given}:
            return ["tool_use", id_, name, given]
        case {"type": "tool_result", "tool_use_id": id_}:
            # Anthropic's SDK leaves the content of an empty result out, others send "".
            content = _list_forms(block.get("content") or [])
            return ["tool_result", id_, bool(block.get("is_error")), content]
    return _drop_marks(block)


def _drop_marks(block: dict[str, Any]) -> dict[str, Any]:
    return {k: v for k, v in block.items() if k != "cache_control" and v is not None}
