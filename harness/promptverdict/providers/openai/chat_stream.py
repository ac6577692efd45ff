"""Streamed answers of the Chat Completions API, put together as they would have come plain. Pure.

Compatible services stream more than OpenAI does, so every field of a message is put together alike.
"""

from __future__ import annotations

from itertools import chain
from typing import Any

from promptverdict.providers.failures import (
    build_early_end,
)
from promptverdict.providers.openai.values import build_broken_off
from promptverdict.providers.wire import (
    parse_json,
    read_event_data,
)

_NAMES = {"id", "type", "role", "name", "format", "signature", "finish_reason"}
"""What does not grow: a service may tell it in one chunk, or again in each."""


def assemble_stream(content: bytes) -> dict[str, Any]:
    """Return a streamed completion as it would have come plain.

    Raises ProviderError when the stream broke off or ended early, ValueError when it is none.
    """
    whole: dict[str, Any] = {}
    choices: list[Any] = []
    is_done = False
    for data in read_event_data(content):
        if data.strip() == "[DONE]":
            is_done = True
            break
        chunk = _read_chunk(content, data)
        choices += filter(_is_first, chunk.pop("choices", None) or ())
        whole |= {key: value for key, value in chunk.items() if value is not None}
    choice = _merge("", choices) or {}
    # Some services never say why they stopped. What ends in [DONE] came whole all the same.
    if choice.get("finish_reason") is None and not (is_done and choice):
        raise build_early_end(content, "its finish_reason")
    message = _choose_message(choice.pop("delta", None) or {}, choice.pop("message", None))
    match message:
        case {"tool_calls": [*calls]}:
            message["tool_calls"] = [_drop_number(call) for call in calls]
    return {**whole, "choices": [{**choice, "message": message}]}


def _read_chunk(content: bytes, data: str) -> dict[str, Any]:
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
    return isinstance(choice, dict) and choice.get("index") in (None, 0, "0")


def _choose_message(delta: Any, message: Any) -> Any:
    """Return what was streamed; a service that only seems to stream sends the message whole."""
    if not isinstance(message, dict) or not isinstance(delta, dict):
        return delta
    return delta if any(value for key, value in delta.items() if key != "role") else message


def _drop_number(call: Any) -> Any:
    match call:
        case {"index": _, **rest}:
            return rest
    return call


def _merge(key: str, values: list[Any]) -> Any:
    """Put the pieces of one field together; they are joined once, since adding each is slow."""
    given = [value for value in values if value is not None]
    if not all(isinstance(value, str) for value in given):
        # Some services begin with an empty text what goes on as an object or a list.
        given = [value for value in given if value != ""]
    if not given:
        return None
    if key == "content" and any(isinstance(value, list) for value in given):
        return _merge_parts(given)
    if all(isinstance(value, dict) for value in given):
        keys = dict.fromkeys(chain.from_iterable(given))
        return {
            name: _merge(name, [value[name] for value in given if name in value]) for name in keys
        }
    if all(isinstance(value, list) for value in given):
        return _merge_entries([entry for value in given for entry in value])
    if key == "finish_reason":
        # Some tell another reason at the end, or one before there is any.
        given = [reason for reason in given if reason not in ("", "null")][:1] or given
    if all(isinstance(value, str) for value in given):
        return "".join(dict.fromkeys(given) if key in _NAMES else given)
    return given[-1]


def _merge_parts(pieces: list[Any]) -> list[Any]:
    """Put a content together that came in lists of parts, or in lists and in texts."""
    parts: list[Any] = []
    for piece in pieces:
        text = [{"type": "text", "text": piece}] if isinstance(piece, str) else [piece]
        for part in piece if isinstance(piece, list) else text:
            match parts, part:
                case (
                    [*_, {"type": "text", "text": str(begun), **others}],
                    {"type": "text", "text": str(more), **rest},
                ) if not others and not rest:
                    parts[-1] = {"type": "text", "text": begun + more}
                case _:
                    parts.append(part)
    return parts


def _merge_entries(entries: list[Any]) -> list[Any]:
    """Join the pieces of each entry of a list, which a number tells apart.

    Some services give every call the same number: an id of its own, or a name where ids are
    missing, begins an entry of its own. Others leave the number out: a piece with neither id nor
    name goes on with the entry before it, and so does one that repeats its id.
    """
    pieces: dict[object, list[Any]] = {}
    ids: dict[int, object] = {}
    last: object = None
    for place, entry in enumerate(entries):
        match entry:
            case {"index": int(index)}:
                if _is_new_call(entry, pieces.get((index, ids.get(index)), [])):
                    ids[index] = f"at {place}"
                ids[index] = entry.get("id") or ids.get(index)
                last = (index, ids[index])
            case {"function": {**function}} if last is not None and _goes_on(
                entry, function, pieces[last]
            ):
                pass
            case _:
                last = f"at {place}"
        pieces.setdefault(last, []).append(entry)
    merged: list[Any] = []
    for piece in pieces.values():
        entry = _merge("", piece)
        # A call may come in pieces and once more as a whole.
        is_call = isinstance(entry, dict) and entry.get("id")
        if not (is_call and entry in merged):
            merged.append(entry)
    return merged


def _is_new_call(entry: dict[str, Any], before: list[Any]) -> bool:
    """Return whether a piece without an id names a function after a call that is whole."""
    if entry.get("id") or not before:
        return False
    match entry:
        case {"function": {"name": str(name)}} if name:
            return _is_whole(before)
    return False


def _goes_on(entry: dict[str, Any], function: dict[Any, Any], before: list[Any]) -> bool:
    """Return whether a piece without a number belongs to the call before it."""
    id_ = entry.get("id")
    if not isinstance(before[0], dict) or (id_ and id_ != before[0].get("id")):
        return False
    return not function.get("name") or bool(id_ and not _is_whole(before))


def _is_whole(pieces: list[Any]) -> bool:
    """Return whether the pieces of a call hold all of its arguments."""
    match pieces[-1]:
        case {"function": {"arguments": str(end)}} if end.rstrip().endswith("}"):
            try:
                return isinstance(parse_json(_merge("", pieces)["function"]["arguments"]), dict)
            except ValueError:
                return False
    return False
