"""Streamed answers of the Chat Completions API, put together as they would have come plain. Pure.

Compatible services stream more than OpenAI does, so every field of a message is put together alike.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

from promptverdict.providers.openai.values import build_broken_off
from promptverdict.providers.wire import build_early_end, parse_json, read_event_data

_NAMES = {"id", "type", "role", "name", "format", "signature", "finish_reason"}
"""What does not grow: a service may tell it in one chunk, or again in each."""


def assemble_stream(content: bytes) -> dict[str, Any]:
    """Put a streamed completion together.

    Raises ProviderError when the stream broke off or ended early, ValueError when it is none.
    """
    whole: dict[str, Any] = {}
    choices: list[Any] = []
    for data in read_event_data(content):
        if data.strip() == "[DONE]":
            break
        chunk = _chunk(content, data)
        choices += filter(_is_first, chunk.pop("choices", None) or ())
        whole |= {key: value for key, value in chunk.items() if value is not None}
    choice = _merged("", choices) or {}
    if choice.get("finish_reason") is None:
        raise build_early_end(content, "its finish_reason")
    message = choice.pop("delta", None) or {}
    match message:
        case {"tool_calls": [*calls]}:
            message["tool_calls"] = [_without_number(call) for call in calls]
    return {**whole, "choices": [{**choice, "message": message}]}


def _chunk(content: bytes, data: str) -> dict[str, Any]:
    try:
        chunk = parse_json(data)
    except ValueError as error:
        raise build_early_end(content, "its finish_reason") from error
    match chunk:
        case {"error": error} if error:
            raise build_broken_off(error)
        case dict() if isinstance(chunk.get("choices"), list | None):
            return chunk
    raise ValueError("not a chunk")


def _is_first(choice: Any) -> bool:
    return isinstance(choice, dict) and choice.get("index", 0) == 0


def _without_number(call: Any) -> Any:
    match call:
        case {"index": _, **rest}:
            return rest
    return call


def _merged(key: str, values: list[Any]) -> Any:
    """Put the pieces of one field together; they are joined once, since adding each is slow."""
    told = [value for value in values if value is not None]
    if not told:
        return None
    if all(isinstance(value, dict) for value in told):
        keys = dict.fromkeys(chain.from_iterable(told))
        return {one: _merged(one, [value[one] for value in told if one in value]) for one in keys}
    if all(isinstance(value, list) for value in told):
        return _entries([entry for value in told for entry in value])
    if all(isinstance(value, str) for value in told):
        return "".join(dict.fromkeys(told) if key in _NAMES else told)
    return told[-1]


def _entries(entries: list[Any]) -> list[Any]:
    """Join the pieces of each entry of a list, which a number tells apart.

    Some services give every call the same number: an id of its own begins an entry of its own.
    """
    pieces: dict[object, list[Any]] = {}
    ids: dict[int, object] = {}
    for place, entry in enumerate(entries):
        match entry:
            case {"index": int(index)}:
                ids[index] = entry.get("id") or ids.get(index)
                pieces.setdefault((index, ids[index]), []).append(entry)
            case _:
                pieces[f"at {place}"] = [entry]
    return [_merged("", piece) for piece in pieces.values()]
