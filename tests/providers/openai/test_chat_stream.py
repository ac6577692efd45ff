"""Streamed completions are read as they would have come plain, as the SDK reads them, or not."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
import pytest
from promptverdict.core.errors import ContextOverflow, ProviderError
from promptverdict.providers.openai.chat import API, read_answer
from promptverdict.providers.openai.chat_stream import assemble_stream
from promptverdict.trials.transcript import Answered, Call, Opaque, Say, Usage, User

from tests.cases import try_cases
from tests.providers.openai_sdk import completion, without_nulls

USAGE = {
    "prompt_tokens": 12,
    "completion_tokens": 40,
    "total_tokens": 52,
    "prompt_tokens_details": {"cached_tokens": 5},
}


def chunk(*choices: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion.chunk",
        "created": 1,
        "model": "gpt-x-1",
        "choices": list(choices),
        "usage": None,
        **more,
    }


def delta(finish: str | None = None, **fields: Any) -> dict[str, Any]:
    return chunk({"index": 0, "delta": fields, "logprobs": None, "finish_reason": finish})


def piece(index: int, arguments: str, **more: Any) -> dict[str, Any]:
    """Tell a piece of a call; the first one tells its id and name as well."""
    name = {"name": more.pop("name")} if "name" in more else {}
    return {"index": index, "function": {**name, "arguments": arguments}, **more}


def begun(index: int, id_: str, name: str = "Bash", arguments: str = "") -> dict[str, Any]:
    return piece(index, arguments, id=id_, type="function", name=name)


def sse(*chunks: dict[str, Any], end: str = "\n", done: bool = True) -> bytes:
    data = [json.dumps(one, ensure_ascii=False) for one in chunks] + ["[DONE]"] * done
    return "".join(f"data: {one}{end}{end}" for one in data).encode()


WHOLE = [
    delta(role="assistant", content="", refusal=None),
    delta(content="I look\u2028 at “it”. "),
    delta(content="🙂"),
    delta(tool_calls=[begun(0, "call_1")]),
    delta(tool_calls=[piece(0, '{"comm')]),
    delta(tool_calls=[piece(0, 'and":"ls"}'), begun(1, "call_2", "Read")]),
    delta(tool_calls=[piece(1, '{"file_path": "/ü"}')]),
    delta("tool_calls"),
    chunk(usage=USAGE),
]


@try_cases("end", ["\n", "\r\n", "\r"])
def test_a_stream_reads_as_the_sdk_reads_it(end: str) -> None:
    ours, theirs = assemble_stream(sse(*WHOLE, end=end)), completion(sse(*WHOLE))
    for key in ("id", "model", "usage", "choices"):
        assert without_nulls(ours[key]) == without_nulls(theirs[key]), key


def test_a_stream_reads_as_it_would_have_come_plain() -> None:
    message = {
        "role": "assistant",
        "content": "I look\u2028 at “it”. 🙂",
        "refusal": None,
        "tool_calls": [
            {
                "id": "call_1",
                "type": "function",
                "function": {"name": "Bash", "arguments": '{"command":"ls"}'},
            },
            {
                "id": "call_2",
                "type": "function",
                "function": {"name": "Read", "arguments": '{"file_path": "/ü"}'},
            },
        ],
    }
    plain = {
        "model": "gpt-x-1",
        "choices": [{"index": 0, "message": message, "finish_reason": "tool_calls"}],
        "usage": USAGE,
    }
    blocks, answered = read_answer(sse(*WHOLE))
    assert (blocks, answered) == read_answer(json.dumps(plain).encode())
    assert answered.usage == Usage(input=12, output=40, cache_read=5)


@try_cases("numbers", [(0, 0), (None, None)])
def test_a_call_that_is_streamed_in_pieces_and_once_more_as_a_whole_is_made_once(
    numbers: tuple[int | None, int | None],
) -> None:
    whole = {"name": "Bash", "arguments": '{"command":"ls"}'}
    again = [
        {"id": "call_1", "type": "function", "function": whole}
        | ({} if number is None else {"index": number})
        for number in numbers
    ]
    blocks, _ = read_answer(sse(*(delta(tool_calls=[entry]) for entry in again), delta("stop")))
    assert blocks == (Call(id="call_1", tool="Bash", args={"command": "ls"}),)


def test_what_compatible_services_stream_besides_is_put_together_too() -> None:
    details = {"type": "reasoning.text", "index": 0, "format": "x-v1"}
    blocks, _ = read_answer(
        sse(
            delta(role="assistant", reasoning_content="Two ", reasoning_details=[details]),
            delta(role="assistant", reasoning_content="or three?"),
            delta(reasoning_details=[{**details, "text": "Two "}]),
            delta(reasoning_details=[{**details, "text": "or.", "signature": "c2ln"}]),
            delta("stop", content="Two.", annotations=[{"a": 1}]),
            delta(annotations=[{"a": 2}]),
        )
    )
    fields = {
        "reasoning_content": "Two or three?",
        "reasoning_details": [{**details, "text": "Two or.", "signature": "c2ln"}],
        "annotations": [{"a": 1}, {"a": 2}],
    }
    assert blocks == (
        Opaque(block={"type": "message_fields", "fields": fields}),
        Say(text="Two."),
    )


@try_cases(
    "calls",
    [
        [begun(0, "a", arguments="{}"), begun(0, "b", arguments="{}")],
        [begun(0, "a", arguments="{"), piece(0, "}"), begun(0, "b", arguments="{}")],
        [begun(0, "a", arguments="{"), begun(0, "a", arguments="}"), begun(1, "b", "Bash", "{}")],
        [
            {"id": id_, "type": "function", "function": {"name": "Bash", "arguments": "{}"}}
            for id_ in "ab"
        ],
    ],
)
def test_calls_are_told_apart_where_services_number_them_badly(calls: list[dict[str, Any]]) -> None:
    chunks = [delta(tool_calls=[call]) for call in calls]
    blocks, _ = read_answer(sse(*chunks, delta("tool_calls")))
    assert blocks == (Call(id="a", tool="Bash", args={}), Call(id="b", tool="Bash", args={}))


@try_cases(
    "calls",
    [
        [piece(0, '{"a": 1}', name="f"), piece(0, '{"b": 2}', name="g")],
        [piece(0, '{"a": ', name="f"), piece(0, "1}"), piece(0, '{"b": 2}', name="g")],
        [piece(0, '{"a": ', name="f"), piece(0, "1}", name="f"), piece(1, '{"b": 2}', name="g")],
    ],
)
def test_calls_without_ids_are_told_apart(calls: list[dict[str, Any]]) -> None:
    blocks, _ = read_answer(sse(*[delta(tool_calls=[one]) for one in calls], delta("tool_calls")))
    assert [(block.id, block.tool, block.args) for block in blocks if isinstance(block, Call)] == [
        ("call-1", "f", {"a": 1}),
        ("call-2", "g", {"b": 2}),
    ]


def test_calls_without_numbers_are_put_together() -> None:
    pieces = [
        {"id": "x", "function": {"name": "f", "arguments": '{"a"'}},
        {"id": "x", "function": {"arguments": ": "}},
        {"function": {"arguments": "1}"}},
        {"id": "y", "function": {"name": "g", "arguments": '{"b": 2}'}},
    ]
    blocks, _ = read_answer(sse(*[delta(tool_calls=[one]) for one in pieces], delta("stop")))
    assert [(block.id, block.args) for block in blocks if isinstance(block, Call)] == [
        ("x", {"a": 1}),
        ("y", {"b": 2}),
    ]


def test_a_call_that_repeats_its_id_and_name_in_each_piece_is_one_call() -> None:
    pieces = [
        {"id": "x", "function": {"name": "f", "arguments": '{"a"'}},
        {"id": "x", "function": {"name": "f", "arguments": ": 1}"}},
        {"id": "x", "function": {"name": "f", "arguments": "{}"}},
    ]
    blocks, _ = read_answer(sse(*[delta(tool_calls=[one]) for one in pieces], delta("stop")))
    assert [(block.id, block.args) for block in blocks if isinstance(block, Call)] == [
        ("x", {"a": 1}),
        ("x-1", {}),
    ]


@try_cases("pieces", [("", {"a": 1}), ({"a": 1}, ""), (None, '{"a": 1}'), ('{"a": ', "1}")])
def test_arguments_that_come_as_an_object_beside_an_empty_text_are_not_lost(
    pieces: tuple[Any, Any],
) -> None:
    first = begun(0, "x", "f", pieces[0])
    blocks, _ = read_answer(
        sse(delta(tool_calls=[first]), delta(tool_calls=[piece(0, pieces[1])]), delta("stop"))
    )
    assert [block.args for block in blocks if isinstance(block, Call)] == [{"a": 1}]


THOUGHT = {"type": "thinking", "thinking": [{"type": "text", "text": "Hm."}]}


@try_cases(
    "contents",
    [
        ([{"type": "text", "text": "An"}], [{"type": "text", "text": "swer"}]),
        ([THOUGHT], "An", "swer", ""),
        ("", [THOUGHT], "An", [{"type": "text", "text": "swer"}]),
        ("An", [{"type": "text", "text": "swer"}]),
    ],
)
def test_texts_and_lists_of_parts_are_put_together_to_one_answer(contents: Any) -> None:
    blocks, _ = read_answer(sse(*[delta(content=one) for one in contents], delta("stop")))
    assert [block.text for block in blocks if isinstance(block, Say)] == ["Answer"]
    assert [block.block for block in blocks if isinstance(block, Opaque)] in ([], [THOUGHT])


@try_cases("index", [None, "0"])
def test_a_choice_without_a_number_is_the_first(index: Any) -> None:
    choice = {"index": index, "delta": {"content": "Hi"}, "finish_reason": "stop"}
    assert read_answer(sse(chunk(choice)))[0] == (Say(text="Hi"),)


@try_cases("delta_", [{}, {"role": "assistant"}, {"role": "assistant", "content": ""}])
def test_a_message_that_comes_whole_in_a_stream_is_read(delta_: dict[str, Any]) -> None:
    message = {"role": "assistant", "content": "Hi"}
    choice = {"index": 0, "delta": delta_, "message": message, "finish_reason": "stop"}
    assert read_answer(sse(chunk(choice)))[0] == (Say(text="Hi"),)
    assert read_answer(sse(delta(content="Ho"), chunk(choice)))[0] == (Say(text="Ho"),)


@try_cases(
    ("words", "stop"),
    [(("", "stop"), "done"), (("null", "stop"), "done"), (("length", "stop"), "length")],
)
def test_the_first_reason_that_says_something_counts(words: tuple[str, str], stop: str) -> None:
    _, answered = read_answer(sse(delta(words[0], content="Hi"), delta(words[1])))
    assert (answered.stop, answered.stop_reason in words) == (stop, True)


def test_a_stream_that_never_says_why_it_stops_and_ends_well_is_whole_and_noted() -> None:
    blocks, answered = read_answer(sse(delta(role="assistant", content="Hi"), delta(content="!")))
    assert blocks == (Say(text="Hi!"),)
    assert (answered.stop, len(answered.notices)) == ("done", 1)
    call = sse(delta(tool_calls=[begun(0, "call_1", arguments="{}")]))
    assert read_answer(call)[1].stop == "calls"


@try_cases("done", [True, False])
def test_a_stream_that_never_says_why_it_stops_and_holds_nothing_or_no_end_is_a_fault(
    done: bool,
) -> None:
    said = [] if done else [delta(content="Hi")]
    with pytest.raises(ProviderError, match=r"ended early|does not say why"):
        read_answer(sse(delta(role="assistant", content=""), *said, done=done))


def test_streamed_thinking_in_the_text_is_kept_apart() -> None:
    pieces = ["<thi", "nk>Hm", ".</think>", "\n\n", "Done."]
    blocks, _ = read_answer(sse(*[delta(content=one) for one in pieces], delta("stop")))
    assert [block.text for block in blocks if isinstance(block, Say)] == ["Done."]
    assert isinstance(blocks[0], Opaque)


def test_a_streamed_call_of_a_custom_tool_is_read() -> None:
    pieces = [
        {"index": 0, "id": "c", "type": "custom", "custom": {"name": "f", "input": "l"}},
        {"index": 0, "custom": {"input": "s"}},
    ]
    blocks, _ = read_answer(sse(*[delta(tool_calls=[one]) for one in pieces], delta("tool_calls")))
    (call,) = blocks
    assert isinstance(call, Call)
    assert call.raw == {"id": "c", "type": "custom", "custom": {"name": "f", "input": "ls"}}


def test_only_the_first_of_several_choices_is_read() -> None:
    second = chunk({"index": 1, "delta": {"content": "No."}, "finish_reason": "length"})
    blocks, answered = read_answer(sse(delta(content="Yes."), second, delta("stop")))
    assert blocks == (Say(text="Yes."),)
    assert answered.stop == "done"


def test_a_streamed_refusal_is_put_together() -> None:
    blocks, answered = read_answer(sse(delta(refusal="I "), delta(refusal="won't."), delta("stop")))
    assert blocks == (Say(text="I won't.", raw={"refusal": "I won't."}),)
    assert answered.stop == "refusal"


def test_a_call_that_was_cut_by_the_token_limit_is_unreadable_and_the_answer_cut() -> None:
    blocks, answered = read_answer(
        sse(delta(tool_calls=[begun(0, "a", arguments='{"command": "rm -r')]), delta("length"))
    )
    assert isinstance(blocks[0], Call)
    assert blocks[0].unreadable is not None
    assert answered.stop == "length"


def test_the_end_may_be_told_twice_and_the_last_mark_be_absent() -> None:
    content = sse(delta(content="Hi"), delta("stop"), delta("stop"), done=False)
    blocks, answered = read_answer(content)
    assert blocks == (Say(text="Hi"),)
    assert (answered.stop, answered.usage) == ("done", Usage())


def test_chunks_without_choices_and_comments_are_passed_over() -> None:
    content = b": hello\n\n" + sse(
        chunk(choices=None),
        {"object": "of_tomorrow"},
        delta(content="Hi"),
        chunk(choices=[{"index": 0, "delta": None, "finish_reason": "stop"}]),
    )
    assert read_answer(content)[0] == (Say(text="Hi"),)


@try_cases("length", range(10, len(sse(*WHOLE[:-2], done=False)), 37))
def test_a_stream_that_is_cut_before_its_end_is_the_providers_fault(length: int) -> None:
    with pytest.raises(ProviderError, match="The stream ended early, before its finish_") as it:
        read_answer(sse(*WHOLE)[:length])
    assert "\n" not in str(it.value)


@try_cases("error", [{"error": {"message": "Overloaded", "code": 502}}, {"error": "Overloaded"}])
def test_an_error_inside_a_stream_is_the_providers_fault_and_told(error: dict[str, Any]) -> None:
    with pytest.raises(ProviderError, match=r"broke its answer off: .*Overloaded"):
        read_answer(sse(delta(content="Hi"), delta("error") | error))


def test_an_overflow_inside_a_stream_is_one() -> None:
    with pytest.raises(ContextOverflow):
        read_answer(sse({"error": {"code": "context_length_exceeded", "message": "Too long"}}))


@try_cases(
    "content",
    [
        b"data: [1]\n\n",
        b'data: {"choices": 3}\n\n',
        sse(delta("stop", content=["text"])),
        sse(delta("stop", tool_calls=["ls"])),
        sse(delta(tool_calls=["ls"]), delta("stop", tool_calls=[{"function": {}}])),
        sse(delta("stop", tool_calls="ls")),
        sse(delta("stop", content={"a": 1})),
        sse(chunk({"delta": "text", "finish_reason": "stop"})),
    ],
)
def test_chunks_that_make_no_message_are_the_providers_fault(content: bytes) -> None:
    with pytest.raises(ProviderError, match="The API's answer is not a completion: data: "):
        read_answer(content)


def test_a_streamed_answer_is_heard_through_the_sdk() -> None:
    def answer(asked: httpx2.Request) -> httpx2.Response:
        assert json.loads(asked.content)["stream"] is True
        headers = {"content-type": "text/event-stream; charset=utf-8"}
        return httpx2.Response(200, content=sse(*WHOLE), headers=headers)

    async def once() -> tuple[tuple[Any, ...], Answered]:
        async with API.open_model(
            httpx2.MockTransport(answer), "https://x", "k", "m", "s", (), {"stream": True}
        ) as model:
            return await model.answer((User(text="Hi"),))

    assert asyncio.run(once()) == read_answer(sse(*WHOLE))
