"""Streamed answers are read as they would have come plain, as the SDK reads them, or not at all."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import anthropic
import httpx2
import pytest
from promptverdict.core.errors import ContextOverflow, ProviderError
from promptverdict.providers.anthropic.answer import assemble_stream, read_answer
from promptverdict.providers.anthropic.api import API, build_request
from promptverdict.trials.transcript import Answered, Call, Event, Opaque, Say, Usage, User

from tests.cases import try_cases

CITATION = {
    "type": "char_location",
    "cited_text": "Two.",
    "document_index": 0,
    "document_title": None,
    "start_char_index": 0,
    "end_char_index": 4,
}


def start(**usage: Any) -> dict[str, Any]:
    return {
        "type": "message_start",
        "message": {
            "id": "msg_1",
            "type": "message",
            "role": "assistant",
            "model": "claude-x-1",
            "content": [],
            "stop_reason": None,
            "stop_sequence": None,
            "usage": {"input_tokens": 12, "output_tokens": 1, **usage},
        },
    }


def block(index: int, content: dict[str, Any], *deltas: dict[str, Any]) -> list[dict[str, Any]]:
    return [
        {"type": "content_block_start", "index": index, "content_block": content},
        *({"type": "content_block_delta", "index": index, "delta": delta} for delta in deltas),
        {"type": "content_block_stop", "index": index},
    ]


def text(index: int, *pieces: str) -> list[dict[str, Any]]:
    deltas = ({"type": "text_delta", "text": piece} for piece in pieces)
    return block(index, {"type": "text", "text": ""}, *deltas)


def use(index: int, *pieces: str, id_: str = "toolu_1") -> list[dict[str, Any]]:
    begun = {"type": "tool_use", "id": id_, "name": "Bash", "input": {}}
    return block(
        index, begun, *({"type": "input_json_delta", "partial_json": piece} for piece in pieces)
    )


def stop(reason: str = "end_turn", **usage: Any) -> list[dict[str, Any]]:
    return [
        {
            "type": "message_delta",
            "delta": {"stop_reason": reason, "stop_sequence": None},
            "usage": {"output_tokens": 40, **usage},
        },
        {"type": "message_stop"},
    ]


def sse(*events: dict[str, Any], end: str = "\n") -> bytes:
    return "".join(
        f"event: {event['type']}{end}data: {json.dumps(event, ensure_ascii=False)}{end}{end}"
        for event in events
    ).encode()


PING = {"type": "ping"}
WHOLE: list[dict[str, Any]] = [
    start(cache_read_input_tokens=100, cache_creation_input_tokens=0),
    PING,
    *block(
        0,
        {"type": "thinking", "thinking": "", "signature": ""},
        {"type": "thinking_delta", "thinking": "Two or "},
        {"type": "thinking_delta", "thinking": "three?"},
        {"type": "signature_delta", "signature": "c2ln"},
    ),
    PING,
    *block(1, {"type": "redacted_thinking", "data": "b3BhcXVl"}),
    *block(
        2,
        {"type": "text", "text": "", "citations": []},
        {"type": "text_delta", "text": "It says \u2028"},
        {"type": "citations_delta", "citation": CITATION},
        {"type": "text_delta", "text": "“two”. 🙂"},
        {"type": "citations_delta", "citation": {**CITATION, "document_index": 1}},
    ),
    *block(
        3,
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}},
        {"type": "input_json_delta", "partial_json": ""},
        {"type": "input_json_delta", "partial_json": '{"query": "a'},
        {"type": "input_json_delta", "partial_json": 'b"}'},
    ),
    *block(4, {"type": "web_search_tool_result", "tool_use_id": "srvtoolu_1", "content": []}),
    *use(5, "", '{"command": "l', 's", "n": [1, {"a": nul', "l}]}"),
    *use(6, id_="toolu_2"),
    *stop("tool_use", cache_read_input_tokens=100),
]


def by_the_sdk(content: bytes) -> dict[str, Any]:
    """Let the SDK put a stream together."""

    def answer(_: httpx2.Request) -> httpx2.Response:
        headers = {"content-type": "text/event-stream"}
        return httpx2.Response(200, content=content, headers=headers)

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    with (
        anthropic.Anthropic(api_key="none", http_client=http, max_retries=0) as client,
        client.messages.stream(
            model="claude-x", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]
        ) as stream,
    ):
        return stream.get_final_message().to_dict()


@try_cases("end", ["\n", "\r\n", "\r"])
def test_a_stream_is_put_together_as_the_sdk_does(end: str) -> None:
    content = sse(*WHOLE, end=end)
    mine, its = assemble_stream(content), by_the_sdk(content)
    for key in ("id", "type", "role", "model", "content", "stop_reason", "usage"):
        assert mine[key] == its[key], key


def test_a_streamed_answer_is_read_as_its_plain_twin() -> None:
    content = sse(*WHOLE)
    plain = json.dumps(assemble_stream(content)).encode()
    assert read_answer(content) == read_answer(plain)
    blocks, answered = read_answer(content)
    assert [type(one) for one in blocks] == [Opaque, Opaque, Say, Opaque, Opaque, Call, Call]
    assert blocks[5] == Call(
        id="toolu_1", tool="Bash", args={"command": "ls", "n": [1, {"a": None}]}
    )
    assert blocks[6] == Call(id="toolu_2", tool="Bash", args={})
    assert (answered.stop, answered.model) == ("calls", "claude-x-1")
    assert answered.usage == Usage(input=112, output=40, cache_read=100, cache_write=0)


def test_what_was_streamed_is_sent_back_whole() -> None:
    content = sse(*WHOLE)
    blocks, answered = read_answer(content)
    events: tuple[Event, ...] = (User(text="Hi"), *blocks, answered)
    assert (
        build_request("m", "s", (), events)["messages"][1]["content"]
        == assemble_stream(content)["content"]
    )


def test_a_kind_of_delta_that_is_not_known_changes_the_keys_it_names() -> None:
    delta = {"type": "compaction_delta", "content": "Short.", "encrypted_content": "eA=="}
    blocks, _ = read_answer(sse(start(), *block(0, {"type": "compaction"}, delta), *stop()))
    told = {"type": "compaction", "content": "Short.", "encrypted_content": "eA=="}
    assert blocks == (Opaque(block=told),)


def test_events_of_tomorrow_and_comments_are_passed_over() -> None:
    content = b": hello\n\n" + sse(start(), {"type": "of_tomorrow"}, *text(0, "Hi"), *stop())
    assert read_answer(content)[0] == (Say(text="Hi"),)


def test_the_last_event_needs_no_blank_line_behind_it() -> None:
    content = sse(start(), *text(0, "Hi"), *stop()).rstrip(b"\n")
    assert read_answer(content)[0] == (Say(text="Hi"),)


@try_cases("length", range(40, len(sse(start(), *text(0, "Hi"), *stop())) - 30, 23))
def test_a_stream_that_is_cut_anywhere_is_the_providers_fault(length: int) -> None:
    content = sse(start(), *text(0, "Hi"), *stop())
    with pytest.raises(ProviderError, match="The stream ended early, before message_stop: ") as it:
        read_answer(content[:length])
    assert "\n" not in str(it.value)


def test_an_error_inside_a_stream_is_the_providers_fault_and_told() -> None:
    error = {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}}
    with pytest.raises(ProviderError, match=r"broke its stream off: .*Overloaded"):
        read_answer(sse(start(), *text(0, "Hi"), error))


def test_an_overflow_inside_a_stream_is_one() -> None:
    error = {"type": "error", "error": {"message": "prompt is too long: 2 tokens > 1 maximum"}}
    with pytest.raises(ContextOverflow):
        read_answer(sse(error))


@try_cases(
    "content",
    [
        sse(*stop()),
        sse(*text(0, "Hi"), *stop()),
        sse(start(), {**text(0, "Hi")[1], "index": 7}, *stop()),
        sse(start(), {**text(0, "Hi")[0], "index": None}, *stop()),
        sse({"type": "message_start", "message": {"type": "of_tomorrow"}}, *stop()),
    ],
)
def test_events_that_make_no_message_are_the_providers_fault(content: bytes) -> None:
    with pytest.raises(ProviderError, match="The API's answer is not a message: event: "):
        read_answer(content)


@try_cases(
    "pieces",
    [
        ('{"command": "l',),
        ("ls",),
        ("[1]",),
        ("{" * 5, "}" * 4),
        ('{"a":' * 9999,),
        ('{"a": NaN}',),
    ],
)
def test_a_streamed_call_that_is_no_object_is_unreadable_and_can_be_sent_back(
    pieces: tuple[str, ...],
) -> None:
    blocks, answered = read_answer(sse(start(), *use(0, *pieces), *stop("tool_use")))
    (call,) = blocks
    assert isinstance(call, Call)
    assert (call.id, call.tool, call.args) == ("toolu_1", "Bash", {})
    assert call.unreadable is not None
    assert len(call.unreadable) < 300
    body = build_request("m", "s", (), (User(text="Hi"), call, answered))
    (sent,) = body["messages"][1]["content"]
    assert [*sent["input"]] == ["INVALID_JSON"]
    json.dumps(sent, allow_nan=False)


def test_blocks_that_all_have_one_number_are_all_read() -> None:
    blocks, _ = read_answer(sse(start(), *text(0, "One"), *use(0, "{}"), *stop("tool_use")))
    assert blocks == (Say(text="One"), Call(id="toolu_1", tool="Bash", args={}))


def test_a_piece_that_is_null_says_nothing() -> None:
    deltas = [{"type": "text_delta", "text": one} for one in ("Hi", None)]
    whole = block(0, {"type": "text", "text": ""}, *deltas)
    assert read_answer(sse(start(), *whole, *stop()))[0] == (Say(text="Hi"),)


@try_cases("given", ['{"command": "ls"}', {"command": "ls"}])
def test_an_input_that_comes_as_text_or_in_one_piece_is_read_and_sent_back_as_an_object(
    given: Any,
) -> None:
    call = {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": given}
    plain = {**start()["message"], "content": [call], "stop_reason": "tool_use"}
    delta = {"type": "input_json_delta", "partial_json": given}
    begun = block(0, {**call, "input": {}}, delta)
    for content in (json.dumps(plain).encode(), sse(start(), *begun, *stop("tool_use"))):
        blocks, answered = read_answer(content)
        assert blocks == (Call(id="toolu_1", tool="Bash", args={"command": "ls"}),)
        body = build_request("m", "s", (), (User(text="Hi"), *blocks, answered))
        assert body["messages"][1]["content"][0]["input"] == {"command": "ls"}


def test_counts_that_are_no_object_are_unknown() -> None:
    begun = start()
    begun["message"]["usage"] = [1]
    _, answered = read_answer(sse(begun, *text(0, "Hi"), *stop()))
    assert answered.usage == Usage(input=None, output=40)


def test_a_call_that_was_cut_by_the_token_limit_is_unreadable_and_the_answer_cut() -> None:
    blocks, answered = read_answer(sse(start(), *use(0, '{"command": "rm -r'), *stop("max_tokens")))
    assert isinstance(blocks[0], Call)
    assert answered.stop == "length"


def test_counts_at_the_end_are_totals_and_null_ones_are_those_of_the_start() -> None:
    begun = start(cache_read_input_tokens=5)
    _, answered = read_answer(sse(begun, *stop(input_tokens=20, cache_read_input_tokens=None)))
    assert answered.usage == Usage(input=25, output=40, cache_read=5)


def test_a_streamed_answer_is_heard_through_the_sdk() -> None:
    content = sse(*WHOLE)

    def answer(asked: httpx2.Request) -> httpx2.Response:
        assert json.loads(asked.content)["stream"] is True
        headers = {"content-type": "text/event-stream; charset=utf-8"}
        return httpx2.Response(200, content=content, headers=headers)

    async def once() -> tuple[tuple[Any, ...], Answered]:
        async with API.open_model(
            httpx2.MockTransport(answer), "https://x", "k", "m", "s", (), {"stream": True}
        ) as model:
            return await model.answer((User(text="Hi"),))

    assert asyncio.run(once()) == read_answer(content)
