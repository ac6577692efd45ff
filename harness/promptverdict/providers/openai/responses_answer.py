"""Answers of the Responses API, plain and streamed, and their items as blocks, there and back.

Pure: no SDK is loaded.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from promptverdict.core.errors import ProviderError
from promptverdict.providers.calls import CallIds
from promptverdict.providers.failures import (
    build_early_end,
    build_failure,
    build_unreadable,
)
from promptverdict.providers.openai.values import (
    build_answered,
    build_broken_off,
    describe_custom_call,
    read_arguments_text,
    read_call,
    write_call,
)
from promptverdict.providers.stops import is_cut
from promptverdict.providers.thinking import is_in_text, read_text
from promptverdict.providers.wire import (
    is_stream,
    parse_json,
    read_event_data,
    shorten_to_line,
)
from promptverdict.trials.transcript import Answered, Block, Call, Opaque, Say

_UNFINISHED = ("queued", "in_progress", "cancelled")


def read_answer(content: bytes) -> tuple[tuple[Block, ...], Answered]:
    """Read the body of an answer, plain or streamed.

    Raises ContextOverflow where it says that the conversation is too long, else ProviderError when
    it is not a response, is not finished, failed or was cut.
    """
    try:
        body = assemble_stream(content) if is_stream(content) else parse_json(content)
        match body:
            case {"status": "failed"}:
                words = shorten_to_line(json.dumps(body.get("error")), 200)
                raise build_failure(json.dumps(body), f"The API failed to answer: {words}")
            case {"status": str(status)} if status in _UNFINISHED:
                raise ProviderError(f"The API's answer is not finished: its status is {status!r}")
            case {"status": str(), "output": [*items]} | {"output": [_, *_] as items}:
                blocks = tuple(_read_items(items))
                return blocks, _read_end(body, blocks)
    except ValueError as error:
        raise build_unreadable(content, "a response") from error
    raise build_unreadable(content, "a response")


def write_items(blocks: tuple[Block, ...]) -> list[dict[str, Any]]:
    """Write the items of an answer as they were read.

    Reasoning that nothing follows is left out: the API answers it and refuses to be sent it.
    """
    items = [_write_item(block) for block in blocks if not is_in_text(block)]
    while items and items[-1].get("type") == "reasoning":
        items.pop()
    return items


def assemble_stream(content: bytes) -> dict[str, Any]:
    """Return the whole response that ends a stream.

    Raises ProviderError when the stream broke off or ended early.
    """
    done: dict[int, Any] = {}
    pieces: list[str] = []
    for data in read_event_data(content):
        try:
            event = parse_json(data)
        except ValueError as error:
            raise build_early_end(content, "response.completed") from error
        match event:
            case {"type": "response.output_item.done", "item": item}:
                index = event.get("output_index")
                done[index if isinstance(index, int) else len(done)] = item
            case {"type": "response.output_text.delta", "delta": str(piece)}:
                pieces.append(piece)
            case {
                "type": "response.completed" | "response.incomplete" | "response.failed",
                "response": dict(response),
            }:
                # Some services send the items only one by one, or a text in pieces alone.
                items = response.get("output") or [done[index] for index in sorted(done)]
                return {**response, "output": items or _build_message("".join(pieces))}
            case {"type": "error"} | {"error": dict()}:
                raise build_broken_off(event.get("error") or event)
    raise build_early_end(content, "response.completed")


def _build_message(text: str) -> list[dict[str, Any]]:
    part = {"type": "output_text", "text": text}
    return [{"type": "message", "role": "assistant", "content": [part]}] if text else []


def _read_end(body: dict[str, Any], blocks: tuple[Block, ...]) -> Answered:
    reason = body.get("status")
    if reason == "incomplete":
        details = body.get("incomplete_details")
        reason = details.get("reason") if isinstance(details, dict) else None
        if not is_cut(str(reason)):
            raise ProviderError(f"The API's answer is incomplete for an unknown reason: {reason!r}")
    refused = any(map(_is_refusal, blocks))
    reason = reason if isinstance(reason, str) else None
    tokens = ("input_tokens", "output_tokens")
    return build_answered(body, reason, blocks, refused=refused, tokens=tokens)


def _read_items(items: list[Any]) -> Iterator[Block]:
    """Read the items of an answer. Raises ValueError for one that is none."""
    ids, is_first = CallIds(), True
    for item in items:
        match item:
            case {"content": [*parts]} if _is_message(item):
                yield from _read_message(item, parts, begins=is_first)
                is_first = False
            case {"content": str(text)} if _is_message(item):
                part = {"type": "output_text", "text": text}
                yield from _read_message(item, [part], begins=is_first)
                is_first = False
            case {"type": "function_call", "name": str()}:
                call = read_call(ids.choose(item.get("call_id") or item.get("id")), item)
                raw = {**item, "call_id": call.id, "arguments": read_arguments_text(item)}
                yield call if raw == _write_item(call) else call.model_copy(update={"raw": raw})
            case {"type": "custom_tool_call", "name": str(name)}:
                id_, reason = ids.choose(item.get("call_id")), describe_custom_call(name)
                raw = {**item, "call_id": id_}
                yield Call(id=id_, tool=name, args={}, raw=raw, unreadable=reason)
            case _:
                yield Opaque(block=item)


def _read_message(item: dict[str, Any], parts: list[Any], *, begins: bool) -> Iterator[Block]:
    text = "".join(map(_read_text_part, parts))
    *thinking, say = read_text(text, item) if begins else (Say(text=text),)
    yield from thinking
    yield say if item == _write_item(say) else say.model_copy(update={"raw": item})


def _write_item(block: Block) -> dict[str, Any]:
    if isinstance(block, Opaque):
        return block.block
    if block.raw is not None:
        return block.raw
    if isinstance(block, Say):
        return {"role": "assistant", "content": block.text}
    return {"type": "function_call", "call_id": block.id, **write_call(block)}


def _is_message(item: dict[str, Any]) -> bool:
    """Return whether an item is what the model said; some services leave its type out."""
    return bool(item.get("type", "message") == "message")


def _read_text_part(part: Any) -> str:
    match part:
        case {"type": "output_text" | "text", "text": str(text)}:
            return text
        case {"type": "refusal", "refusal": str(text)}:
            return text
    return ""


def _is_refusal(block: Block) -> bool:
    match block:
        case Say(raw={"content": [*parts]}):
            return any(isinstance(part, dict) and part.get("type") == "refusal" for part in parts)
    return False
