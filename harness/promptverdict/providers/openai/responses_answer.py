"""Answers of the Responses API, plain and streamed, and their items as blocks, there and back.

Pure: no SDK is loaded.
"""

from __future__ import annotations

import json
from typing import Any

from promptverdict.core.errors import ProviderError
from promptverdict.providers.openai.values import (
    build_answered,
    build_broken_off,
    read_arguments_text,
    read_call,
    write_call,
)
from promptverdict.providers.wire import (
    build_early_end,
    build_failure,
    build_unreadable,
    is_stream,
    parse_json,
    read_event_data,
    shorten_to_line,
)
from promptverdict.trials.transcript import Answered, Block, Call, Opaque, Say

_CUT = {"max_output_tokens": "length", "content_filter": "refusal"}
"""Why an answer is incomplete -> our word."""

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
                told = shorten_to_line(json.dumps(body.get("error")), 200)
                raise build_failure(json.dumps(body), f"The API failed to answer: {told}")
            case {"status": str(status)} if status in _UNFINISHED:
                raise ProviderError(f"The API's answer is not finished: its status is {status!r}")
            case {"status": str(status), "output": [*items]}:
                blocks = tuple(map(_block, items))
                return blocks, _answered(body, status, blocks)
    except ValueError as error:
        raise build_unreadable(content, "a response") from error
    raise build_unreadable(content, "a response")


def write_items(blocks: tuple[Block, ...]) -> list[dict[str, Any]]:
    """Write the items of an answer as they were read.

    Reasoning that nothing follows is left out: the API answers it and refuses to be sent it.
    """
    items = [_item(block) for block in blocks]
    while items and items[-1].get("type") == "reasoning":
        items.pop()
    return items


def assemble_stream(content: bytes) -> dict[str, Any]:
    """Give the whole response that ends a stream.

    Raises ProviderError when the stream broke off or ended early.
    """
    done: dict[int, Any] = {}
    for data in read_event_data(content):
        try:
            event = parse_json(data)
        except ValueError as error:
            raise build_early_end(content, "response.completed") from error
        match event:
            case {"type": "response.output_item.done", "output_index": int(index), "item": item}:
                done[index] = item
            case {
                "type": "response.completed" | "response.incomplete" | "response.failed",
                "response": dict(response),
            }:
                # Some services tell the items only one by one.
                items = response.get("output") or [done[index] for index in sorted(done)]
                return {**response, "output": items}
            case {"type": "error"} | {"error": dict()}:
                raise build_broken_off(event.get("error") or event)
    raise build_early_end(content, "response.completed")


def _answered(body: dict[str, Any], status: str, blocks: tuple[Block, ...]) -> Answered:
    reason = status
    if status == "completed":
        stop = "calls" if any(isinstance(block, Call) for block in blocks) else "done"
    else:
        details = body.get("incomplete_details")
        why = details.get("reason") if isinstance(details, dict) else None
        reason = why if isinstance(why, str) else status
        stop = _CUT.get(reason, reason)
    return build_answered(
        body,
        stop,
        reason,
        refused=any(map(_is_refusal, blocks)),
        asked="input_tokens",
        told="output_tokens",
    )


def _block(item: Any) -> Block:
    """Read an item. Raises ValueError when it is none."""
    match item:
        case {"type": "message", "content": [*parts]}:
            say = Say(text="".join(map(_text, parts)))
            return say if item == _item(say) else say.model_copy(update={"raw": item})
        case {"type": "function_call", "call_id": str(id_), "name": str()}:
            call = read_call(id_, item)
            raw = {**item, "arguments": read_arguments_text(item)}
            return call if raw == _item(call) else call.model_copy(update={"raw": raw})
    return Opaque(block=item)


def _item(block: Block) -> dict[str, Any]:
    if isinstance(block, Opaque):
        return block.block
    if block.raw is not None:
        return block.raw
    if isinstance(block, Say):
        return {"role": "assistant", "content": block.text}
    return {"type": "function_call", "call_id": block.id, **write_call(block)}


def _text(part: Any) -> str:
    match part:
        case {"type": "output_text", "text": str(text)} | {"type": "refusal", "refusal": str(text)}:
            return text
    return ""


def _is_refusal(block: Block) -> bool:
    match block:
        case Say(raw={"content": [*parts]}):
            return any(isinstance(part, dict) and part.get("type") == "refusal" for part in parts)
    return False
