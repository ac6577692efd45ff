"""Answers of Anthropic's Messages API, plain and streamed, as blocks. Pure: no SDK is loaded."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from pydantic import ValidationError

from promptverdict.core.errors import ProviderError
from promptverdict.providers.calls import CallIds
from promptverdict.providers.failures import (
    build_early_end,
    build_failure,
    build_unreadable,
)
from promptverdict.providers.stops import classify_stop, list_notices, read_model_name
from promptverdict.providers.thinking import read_text
from promptverdict.providers.wire import (
    is_stream,
    parse_json,
    read_count,
    read_event_data,
    shorten_to_line,
)
from promptverdict.trials.transcript import Answered, Block, Call, Opaque, Say, Usage

_GROWS = {"text_delta": "text", "thinking_delta": "thinking", "input_json_delta": "partial_json"}
"""Deltas whose text is added to what came before -> the key that holds it."""


def read_answer(content: bytes) -> tuple[tuple[Block, ...], Answered]:
    """Read the body of an answer, plain or streamed.

    Raises ContextOverflow where it says that the conversation is too long, else ProviderError when
    it is not a message or was cut.
    """
    try:
        body = assemble_stream(content) if is_stream(content) else parse_json(content)
    except ValueError as error:
        raise build_unreadable(content, "a message") from error
    match body:
        case {"type": "message", "content": [*blocks], **rest}:
            try:
                read = tuple(_read_blocks(blocks))
                return read, _read_end(rest, read)
            except ValidationError:
                pass
    raise build_unreadable(content, "a message")


def assemble_stream(content: bytes) -> Any:
    """Put a streamed message together as it would have come plain.

    Raises ProviderError when the stream broke off or ended early, ValueError when it is none.
    """
    stream = _Stream()
    for data in read_event_data(content):
        try:
            event = parse_json(data)
        except ValueError as error:
            raise build_early_end(content, "message_stop") from error
        match event:
            case {"type": "message_start", "message": dict(message)}:
                stream.start(message)
            case {"type": "content_block_start", "index": int(index), "content_block": dict(block)}:
                stream.open_block(index, block)
            case {"type": "content_block_delta", "index": int(index), "delta": dict(delta)}:
                stream.change_block(index, delta)
            case {"type": "content_block_start" | "content_block_delta"}:
                raise ValueError("a part of no block")
            case {"type": "message_delta", "delta": dict(delta), **rest}:
                stream.change(delta, rest.get("usage"))
            case {"type": "message_stop"}:
                # Whatever follows is another's: some proxies append events of their own.
                return stream.finish()
            case {"type": "error"}:
                raise build_failure(
                    data, f"The API broke its stream off: {shorten_to_line(data, 200)}"
                )
    raise build_early_end(content, "message_stop")


class _Stream:
    """A message while it arrives."""

    def __init__(self) -> None:
        self._message: dict[str, Any] = {}
        self._blocks: list[dict[str, Any]] = []
        self._places: dict[int, int] = {}
        """Index -> place of the block that it means now: some services give all blocks the same."""
        self._grown: dict[tuple[int, str], list[str]] = {}
        """Pieces of text, joined at the end: adding each to a growing text is slow."""

    def start(self, message: dict[str, Any]) -> None:
        self._message = message

    def open_block(self, index: int, block: dict[str, Any]) -> None:
        self._places[index] = len(self._blocks)
        self._blocks.append(block)

    def change_block(self, index: int, delta: dict[str, Any]) -> None:
        if index not in self._places:
            raise ValueError("a delta of a block that was not begun")
        place = self._places[index]
        # A delta's own type is no part of its block: the rest may be merged into that as it is.
        block, kind = self._blocks[place], delta.pop("type", None)
        key = _GROWS.get(kind) if isinstance(kind, str) else None
        if key is not None:
            self._grown.setdefault((place, key), []).append(_read_piece(delta.get(key)))
        elif kind == "citations_delta":
            block["citations"] = [*(block.get("citations") or ()), delta.get("citation")]
        else:
            block |= delta

    def change(self, delta: dict[str, Any], usage: object) -> None:
        """Take in what is known at the end: counts are totals, and what is null was sent before."""
        self._message |= _drop_nulls(delta)
        if isinstance(usage, dict):
            before = self._message.get("usage")
            begun = before if isinstance(before, dict) else {}
            self._message["usage"] = {**begun, **_drop_nulls(usage)}

    def finish(self) -> dict[str, Any]:
        for (place, key), pieces in self._grown.items():
            block, text = self._blocks[place], "".join(pieces)
            if key == "partial_json":
                block["input"] = _parse_arguments(text) if text else block.get("input")
            else:
                block[key] = f"{block.get(key) or ''}{text}"
        return self._message | {"content": self._blocks}


def _read_piece(piece: object) -> str:
    """Return a piece of a text; some services send nothing, or an input as the object it is."""
    if piece is None:
        return ""
    return piece if isinstance(piece, str) else json.dumps(piece)


def _drop_nulls(values: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in values.items() if value is not None}


def _parse_arguments(text: str) -> Any:
    """Parse a call's input; what is not JSON stays text, which no input is."""
    try:
        return parse_json(text)
    except ValueError:
        return text


def _read_end(rest: dict[Any, Any], blocks: tuple[Block, ...]) -> Answered:
    reason, usage, relay = (rest.get(key) for key in ("stop_reason", "usage", "relay"))
    if not isinstance(reason, str | None):
        raise ProviderError(f"The API's answer does not say why it stopped: {reason!r}")
    by_hand = relay if isinstance(relay, dict) else {}
    model = read_model_name(rest)
    return Answered(
        model=model,
        stop=classify_stop(reason, blocks),
        stop_reason=reason or "",
        usage=_read_usage(usage if isinstance(usage, dict) else {}, by_hand),
        operator=by_hand.get("operator"),
        notices=list_notices(reason, model),
    )


def _read_usage(counted: dict[str, Any], by_hand: dict[str, Any]) -> Usage:
    uncached, output, cache_read, cache_write = (
        read_count(counted.get(key))
        for key in (
            "input_tokens",
            "output_tokens",
            "cache_read_input_tokens",
            "cache_creation_input_tokens",
        )
    )
    return Usage(
        # The API counts what a cache gave or took apart from its input_tokens.
        input=None if uncached is None else uncached + (cache_read or 0) + (cache_write or 0),
        output=output,
        cache_read=cache_read,
        cache_write=cache_write,
        estimated=by_hand.get("usage") == "estimated",
    )


def _read_blocks(blocks: list[Any]) -> Iterator[Block]:
    ids, is_first_text = CallIds(), True
    for raw in blocks:
        match raw:
            case {"type": "text", "text": str(text)}:
                whole = _keep_raw(raw, "text")
                *thinking, say = read_text(text, raw) if is_first_text else (Say(text=text),)
                yield from thinking
                yield say if thinking else say.model_copy(update={"raw": whole})
                is_first_text = False
            case {"type": "tool_use", "name": str(tool)}:
                yield _read_call({**raw, "id": ids.choose(raw.get("id"))}, tool)
            case _:
                yield Opaque(block=raw)


def _read_call(raw: dict[str, Any], tool: str) -> Call:
    args, unreadable = _read_input(raw.get("input"))
    if unreadable is None:
        raw = {**raw, "input": args}
        kept = _keep_raw(raw, "id", "name", "input")
        return Call(id=raw["id"], tool=tool, args=args, raw=kept)
    return Call(id=raw["id"], tool=tool, args={}, raw={**raw, "input": args}, unreadable=unreadable)


def _read_input(given: Any) -> tuple[dict[str, Any], str | None]:
    """Return a call's input as an object that can be sent, and why it could not be read.

    The API takes an object alone; its documentation wraps what is none like this. Some services
    leave out the input of a call that has none, or write it as text.
    """
    if given is None:
        return {}, None
    if isinstance(given, str) and isinstance(parsed := _parse_arguments(given), dict):
        given = parsed
    try:
        text = json.dumps(given, allow_nan=False)
    except ValueError:
        text = json.dumps(given)
    else:
        if isinstance(given, dict):
            return given, None
    wrong = given if isinstance(given, str) else text
    reason = f"The input of this call is not a JSON object: {shorten_to_line(wrong, 200)}"
    return {"INVALID_JSON": wrong}, reason


def _keep_raw(raw: dict[str, Any], *read_keys: str) -> dict[str, Any] | None:
    """Return the block itself where it tells more than was read of it."""
    known = {"type", *read_keys}
    return raw if any(raw[key] is not None for key in raw.keys() - known) else None
