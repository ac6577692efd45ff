"""A message of the Chat Completions API and the blocks it stands for, there and back. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from promptverdict.providers.calls import CallIds
from promptverdict.providers.openai.values import (
    describe_custom_call,
    read_arguments_text,
    read_call,
    write_call,
)
from promptverdict.providers.thinking import is_in_text, read_text
from promptverdict.trials.transcript import Block, Call, Opaque, Say

_FIELDS = "message_fields"
"""Type of the block that keeps what a message holds besides what is read of it.

Compatible services put reasoning there and want it back.
"""

_READ = {"role", "content", "refusal", "tool_calls", "function_call"}


def read_message(message: dict[Any, Any]) -> Iterator[Block]:
    """Read an assistant's message. Raises ValueError when it is none."""
    rest = ((key, value) for key, value in message.items() if key not in _READ)
    if fields := {key: value for key, value in rest if value is not None and value != []}:
        yield Opaque(block={"type": _FIELDS, "fields": fields})
    match message.get("content"):
        case str(text):
            yield from read_text(text, {"content": text})
        case [first, *parts] if (begun := _find_text(first)) is not None:
            *thinking, say = read_text(begun, first)
            yield from (*thinking, say.model_copy(update={"raw": first}))
            yield from map(_read_part, parts)
        case [*parts]:
            yield from map(_read_part, parts)
        case None:
            pass
        case _:
            raise ValueError("content is neither text nor parts")
    if refusal := message.get("refusal"):
        yield Say(text=refusal, raw={"refusal": refusal})
    yield from _read_calls(message)


def is_refusal(block: Block) -> bool:
    """Return whether a block is the reason that a model gave for not answering."""
    return isinstance(block, Say) and block.raw is not None and "refusal" in block.raw


def write_message(blocks: tuple[Block, ...]) -> dict[str, Any] | None:
    """Write an assistant's message as it was read; None where there is nothing to write."""
    if not blocks:
        return None
    message: dict[str, Any] = {"role": "assistant", "content": None}
    parts: list[Say | Opaque] = []
    calls: list[dict[str, Any]] = []
    for block in blocks:
        match block:
            case Opaque(block={"type": str(kind), "fields": fields}) if kind == _FIELDS:
                message |= fields
            case Opaque() if is_in_text(block):
                continue
            case Say(raw={"type": "refusal"}):
                parts.append(block)
            case Say(raw={"refusal": refusal}):
                message["refusal"] = refusal
            case Call():
                calls.append(block.raw or _write_call(block))
            case _:
                parts.append(block)
    if parts:
        message["content"] = _write_content(parts)
    elif not calls and "refusal" not in message:
        # Only a call or a refusal may stand in the place of a text.
        message["content"] = ""
    if calls:
        message["tool_calls"] = calls
    if isinstance(audio := message.get("audio"), dict):
        # The sound itself is not taken back, only its name.
        message["audio"] = {"id": audio.get("id")}
    return message


def _write_content(blocks: list[Say | Opaque]) -> str | list[dict[str, Any]]:
    match blocks:
        case [Say(text=text, raw=None)] | [Say(raw={"content": str(text)})]:
            return text
    return [_write_part(block) for block in blocks]


def _read_part(part: dict[str, Any]) -> Block:
    if (text := _find_text(part)) is not None:
        return Say(text=text, raw=part)
    match part:
        case {"type": "refusal", "refusal": str(text)}:
            return Say(text=text, raw=part)
    return Opaque(block=part)


def _find_text(part: Any) -> str | None:
    """Find what a part says; some services name its type as the Responses API does, or not."""
    match part:
        case {"text": str(text)} if part.get("type", "text") in ("text", "output_text"):
            return text
    return None


def _write_part(block: Say | Opaque) -> dict[str, Any]:
    if isinstance(block, Opaque):
        return block.block
    return block.raw or {"type": "text", "text": block.text}


def _read_calls(message: dict[Any, Any]) -> Iterator[Call]:
    ids = CallIds()
    match message:
        case {"tool_calls": [_, *_] as calls}:
            yield from (_read_call(given, ids) for given in calls)
        case {"tool_calls": given} if given:
            raise ValueError("tool_calls is no list")
        case {"function_call": {"name": str()} as function}:
            # The form before `tool_calls`, which some services still answer in. It goes back in
            # the newer one, in which the tools were offered.
            yield read_call(ids.choose(None), function)


def _read_call(given: Any, ids: CallIds) -> Call:
    match given:
        case {"function": {"name": str()} as function}:
            call = read_call(ids.choose(given.get("id")), function)
            raw = {**given, "function": {**function, "arguments": read_arguments_text(function)}}
        case {"custom": {"name": str(name)}}:
            reason = describe_custom_call(name)
            call = Call(id=ids.choose(given.get("id")), tool=name, args={}, unreadable=reason)
            raw = given
        case _:
            raise ValueError("not the call of a function")
    raw = {**raw, "id": call.id}
    return call if raw == _write_call(call) else call.model_copy(update={"raw": raw})


def _write_call(call: Call) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": write_call(call)}
