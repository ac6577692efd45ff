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
    message = choice.pop("delta", None) or {}
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
    return isinstance(choice, dict) and choice.get("index", 0) == 0


def _drop_number(call: Any) -> Any:
    match call:
        case {"index": _, **rest}:
            return rest
    return call


def _merge(key: str, values: list[Any]) -> Any:
    """Put the pieces of one field together; they are joined once, since adding each is slow."""
    given = [value for value in values if value is not None]
    if not given:
        return None
    if all(isinstance(value, dict) for value in given):
        keys = dict.fromkeys(chain.from_iterable(given))
        return {
            name: _merge(name, [value[name] for value in given if name in value]) for name in keys
        }
    if all(isinstance(value, list) for value in given):
        return _merge_entries([entry for value in given for entry in value])
    if all(isinstance(value, str) for value in given):
        return "".join(dict.fromkeys(given) if key in _NAMES else given)
    return given[-1]


def _merge_entries(entries: list[Any]) -> list[Any]:
    """Join the pieces of each entry of a list, which a number tells apart.

    Some services give every call the same number: an id of its own, or a name where ids are
    missing, begins an entry of its own. Others leave the number out: a piece with neither id nor
    name goes on with the entry before it.
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
            case {"function": {**function}} if not function.get("name") and (
                last is not None and entry.get("id") in (None, "", pieces[last][0].get("id"))
            ):
                pass
            case _:
                last = f"at {place}"
        pieces.setdefault(last, []).append(entry)
    return [_merge("", piece) for piece in pieces.values()]


def _is_new_call(entry: dict[str, Any], before: list[Any]) -> bool:
    """Return whether a piece without an id names a function after a call that is whole."""
    if entry.get("id") or not before:
        return False
    match entry, before[-1]:
        case {"function": {"name": str(name)}}, {"function": {"arguments": str(end)}} if (
            name and end.rstrip().endswith("}")
        ):
            try:
                return isinstance(parse_json(_merge("", before)["function"]["arguments"]), dict)
            except ValueError:
                return False
    return False
