"""A message of the Chat Completions API and the blocks it stands for, there and back. Pure."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from promptverdict.providers.openai.values import read_arguments_text, read_call, write_call
from promptverdict.trials.transcript import Block, Call, Opaque, Say

_FIELDS = "message_fields"
"""Type of the block that keeps what a message holds besides what is read of it.

Compatible services put reasoning there and want it back.
"""

_READ = {"role", "content", "refusal", "tool_calls"}


def read_message(message: dict[Any, Any]) -> Iterator[Block]:
    """Read an assistant's message. Raises ValueError when it is none."""
    rest = ((key, value) for key, value in message.items() if key not in _READ)
    if fields := {key: value for key, value in rest if value is not None and value != []}:
        yield Opaque(block={"type": _FIELDS, "fields": fields})
    match message.get("content"):
        case str(text):
            yield Say(text=text)
        case [*parts]:
            yield from map(_read_part, parts)
        case None:
            pass
        case _:
            raise ValueError("content is neither text nor parts")
    if refusal := message.get("refusal"):
        yield Say(text=refusal, raw={"refusal": refusal})
    match message.get("tool_calls"):
        case [*calls]:
            yield from map(_read_call, calls)
        case None:
            pass
        case _:
            raise ValueError("tool_calls is no list")


def is_refusal(block: Block) -> bool:
    """Whether a block is the reason that a model gave for not answering."""
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
            case Say(raw={"refusal": refusal}):
                message["refusal"] = refusal
            case Call():
                calls.append(block.raw or _written(block))
            case _:
                parts.append(block)
    if parts:
        message["content"] = _content(parts)
    elif not calls and "refusal" not in message:
        # Only a call or a refusal may stand in the place of a text.
        message["content"] = ""
    if calls:
        message["tool_calls"] = calls
    if isinstance(audio := message.get("audio"), dict):
        # The sound itself is not taken back, only its name.
        message["audio"] = {"id": audio.get("id")}
    return message


def _content(blocks: list[Say | Opaque]) -> str | list[dict[str, Any]]:
    match blocks:
        case [Say(text=text, raw=None)]:
            return text
    return [_written_part(block) for block in blocks]


def _read_part(part: dict[str, Any]) -> Block:
    match part:
        case {"type": "text", "text": str(text)}:
            return Say(text=text, raw=part)
    return Opaque(block=part)


def _written_part(block: Say | Opaque) -> dict[str, Any]:
    if isinstance(block, Opaque):
        return block.block
    return block.raw or {"type": "text", "text": block.text}


def _read_call(given: Any) -> Call:
    match given:
        case {"id": str(id_), "function": {"name": str()} as function}:
            call = read_call(id_, function)
        case _:
            raise ValueError("not the call of a function")
    raw = {**given, "function": {**function, "arguments": read_arguments_text(function)}}
    return call if raw == _written(call) else call.model_copy(update={"raw": raw})


def _written(call: Call) -> dict[str, Any]:
    return {"id": call.id, "type": "function", "function": write_call(call)}
