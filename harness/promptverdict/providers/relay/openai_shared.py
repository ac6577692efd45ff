"""What OpenAI's two APIs share: how they refuse, offer functions, and carry a conversation.

Both spread over several messages or items what the relay keeps in one: the parts of an answer, and
the results of its calls.
"""

from __future__ import annotations

import json
import secrets
from collections.abc import Iterable
from itertools import takewhile
from typing import Any

from promptverdict.providers.relay.canonical import Blocks, RequestError, parse_object

REQUEST_ID = "x-request-id"
"""The header that names a request."""

SYSTEM = ("system", "developer")
"""Roles of whoever instructs the model. What they say first is the system prompt."""

RESULTS = "results"
"""Role of a message that holds results of calls, until `conversation` makes it the user's."""

_CHOICES = {"auto": "auto", "none": "none", "required": "any"}


def build_failure(error: RequestError) -> dict[str, Any]:
    """Build an error's body, in the shape that the API's SDKs read."""
    return {
        "error": {
            "message": error.message,
            "type": error.kind,
            "param": error.param,
            "code": error.code,
        }
    }


def build_invalid(param: str, why: str, code: str = "invalid_value") -> RequestError:
    """Build the error that refuses a part of a request."""
    return RequestError(400, "invalid_request_error", f"{param}: {why}", param, code)


def check_request(body: dict[str, Any], model: str, limit: str) -> None:
    """Refuse another model, a stream and a limit of tokens that is none. Raises RequestError."""
    asked = body.get("model")
    if not isinstance(asked, str):
        raise build_invalid("model", "is required", "missing_required_parameter")
    if asked != model:
        refusal = f"The model `{asked}` does not exist (this relay is {model})"
        raise RequestError(404, "invalid_request_error", refusal, "model", "model_not_found")
    if body.get("stream"):
        why = "the relay answers in one piece; leave it out or send false"
        raise build_invalid("stream", why, "unsupported_value")
    most = body.get(limit)
    if most is not None and (not isinstance(most, int) or isinstance(most, bool) or most < 1):
        raise build_invalid(limit, "must be a whole number of at least 1")


def check_format(format_: Any, param: str) -> None:
    """Refuse an answer in a format that its author would not be shown. Raises RequestError."""
    if format_ is not None and format_ != {"type": "text"}:
        raise build_invalid(param, "the relay asks for text alone", "unsupported_value")


def read_items(value: Any, param: str) -> list[tuple[str, dict[str, Any]]]:
    """Read a list of objects, each with the name of its place; null is an empty one.

    Raises RequestError.
    """
    if not isinstance(value or [], list):
        raise build_invalid(param, "must be a list", "invalid_type")
    named = [(f"{param}[{at}]", item) for at, item in enumerate(value or [])]
    for place, item in named:
        if not isinstance(item, dict):
            raise build_invalid(place, "must be an object", "invalid_type")
    return named


def read_text(holder: dict[str, Any], name: str, place: str = "") -> str:
    """Read a text that must be there; `place` is the holder's. Raises RequestError."""
    value = holder.get(name)
    if not isinstance(value, str):
        raise build_invalid(f"{place}.{name}".lstrip("."), "must be a string", "invalid_type")
    return value


def read_parts(
    value: Any, param: str, texts: tuple[str, ...], others: tuple[str, ...] = ()
) -> str | Blocks:
    """Read what a message says: text parts become text blocks, others stay as they are.

    Raises RequestError for a part that is neither.
    """
    if isinstance(value, str):
        return value
    if not isinstance(value, list):
        raise build_invalid(param, "must be a string or a list of parts", "invalid_type")
    blocks: Blocks = []
    for place, part in read_items(value, param):
        if part.get("type") in texts:
            blocks.append({"type": "text", "text": read_text(part, "text", place)})
        elif part.get("type") in others:
            blocks.append(part)
        else:
            raise build_invalid(f"{place}.type", f"must be one of: {', '.join((*texts, *others))}")
    return blocks


def drop_empty_texts(content: str | Blocks) -> Blocks:
    """Return what an assistant said as blocks, without texts that are empty."""
    blocks = [{"type": "text", "text": content}] if isinstance(content, str) else content
    return [block for block in blocks if block.get("text") != ""]


def read_call(id_: str, function: dict[str, Any], place: str) -> dict[str, Any]:
    """Read a call of a function. Raises RequestError, also for arguments that are no object."""
    given = parse_object(
        read_text(function, "arguments", place).encode("utf-8"), f"{place}.arguments"
    )
    return {
        "type": "tool_use",
        "id": id_,
        "name": read_text(function, "name", place),
        "input": given,
    }


def build_result(id_: str, content: str | Blocks) -> dict[str, Any]:
    """Make a message of one result of a call."""
    return {
        "role": RESULTS,
        "content": [{"type": "tool_result", "tool_use_id": id_, "content": content}],
    }


def read_tool(function: dict[str, Any], place: str) -> dict[str, Any]:
    """Read the definition of a function. Raises RequestError."""
    name = read_text(function, "name", place)
    schema = function.get("parameters")
    if not isinstance(schema, dict | None):
        raise build_invalid(f"{place}.parameters", "must be a JSON schema", "invalid_type")
    about = {"description": function["description"]} if function.get("description") else {}
    return {"name": name, **about, "input_schema": schema or {"type": "object", "properties": {}}}


def build_no_function(place: str) -> RequestError:
    """Refuse a tool that is no function, such as those that the provider runs itself."""
    return build_invalid(f"{place}.type", "the relay offers functions alone", "unsupported_value")


def read_tool_choice(choice: Any, function: Any) -> dict[str, Any]:
    """Read which tools the model must use; `function` is what holds the name of a single one.

    Raises RequestError.
    """
    if isinstance(choice, str) and choice in _CHOICES:
        return {"tool_choice": {"type": _CHOICES[choice]}}
    if choice is None:
        return {}
    if not isinstance(function, dict) or choice.get("type") != "function":
        raise build_invalid("tool_choice", f"must be a function or one of: {', '.join(_CHOICES)}")
    name = read_text(function, "name", "tool_choice")
    return {"tool_choice": {"type": "tool", "name": name}}


def join_conversation(messages: Iterable[dict[str, Any]], param: str) -> dict[str, Any]:
    """Part the system prompt from the messages, and join those that belong together.

    Instructions that come later stay where they are. Raises RequestError when nothing is left
    that could be answered.
    """
    joined: list[dict[str, Any]] = []
    for message in messages:
        role = message["role"]
        if role in ("assistant", RESULTS) and joined and joined[-1]["role"] == role:
            joined[-1] = {"role": role, "content": joined[-1]["content"] + message["content"]}
        else:
            joined.append(message)
    first = list(takewhile(lambda message: message["role"] in SYSTEM, joined))
    rest = joined[len(first) :]
    if not rest:
        raise build_invalid(param, "at least one message is required", "missing_required_parameter")
    if rest[-1]["role"] == "assistant":
        raise build_invalid(
            param, "the last one must not be the assistant's; the relay continues none"
        )
    return {
        **_build_system([message["content"] for message in first]),
        "messages": [
            message | {"role": "user"} if message["role"] == RESULTS else message
            for message in rest
        ],
    }


def prepare_answer(blocks: Blocks) -> Blocks:
    """Return an answer whose calls have ids, and its texts as one, as clients carry them back."""
    spoken = [block["text"] for block in blocks if block["type"] == "text"]
    text = [{"type": "text", "text": "\n\n".join(spoken)}] if spoken else []
    calls = [
        {"type": "tool_use", "id": make_id("call_"), "name": block["name"], "input": block["input"]}
        for block in blocks
        if block["type"] == "tool_use"
    ]
    return [*text, *calls]


def write_call(block: dict[str, Any]) -> dict[str, Any]:
    """Write the name and the arguments of a call, which are JSON in a string."""
    arguments = json.dumps(block["input"], ensure_ascii=False, separators=(",", ":"))
    return {"name": block["name"], "arguments": arguments}


def make_id(prefix: str) -> str:
    """Make an id that no other thing has."""
    return prefix + secrets.token_hex(12)


def _build_system(contents: list[str | Blocks]) -> dict[str, Any]:
    if len(contents) == 1:
        return {"system": contents[0]}
    blocks = [
        block
        for content in contents
        for block in ([{"type": "text", "text": content}] if isinstance(content, str) else content)
    ]
    return {"system": blocks} if blocks else {}
