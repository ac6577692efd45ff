"""Responses: what is asked is frozen, what is answered, plain or streamed, is sent back whole."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
import openai
import pytest
from openai.types.responses import ResponseInputItemParam, ToolParam
from promptverdict.core.errors import ContextOverflow, ProviderError
from promptverdict.providers.openai.responses import (
    API,
    build_request,
    read_answer,
    split_request,
)
from promptverdict.providers.openai.responses_answer import assemble_stream
from promptverdict.trials.toolset import list_offered
from promptverdict.trials.transcript import (
    Answered,
    Block,
    Call,
    Event,
    Opaque,
    Result,
    Say,
    Usage,
    User,
)
from pydantic import TypeAdapter

from tests.cases import try_cases
from tests.providers.openai_sdk import response

TOOL = {"name": "Bash", "description": "Run it", "input_schema": {"type": "object"}}
REASONING = {"id": "rs_1", "type": "reasoning", "summary": [], "encrypted_content": "b3BhcXVl"}
CONVERSATION: tuple[Event, ...] = (
    User(text="List the files,\nthen say how many."),
    Opaque(block=REASONING),
    Say(text="I look."),
    Call(id="call_1", tool="Bash", args={"command": "ls", "timeout": 5000}),
    Call(id="call_2", tool="Read", args={"file_path": "/workspace/ü"}),
    Answered(model="m", stop="calls"),
    Result(call="call_1", text="a.py", seconds=0.5),
    Result(call="call_2", text="'/workspace/ü': the file does not exist", error=True),
    Say(text="One."),
    Answered(model="m", stop="done"),
    User(text="Thanks."),
)

GOLDEN = """\
{
  "model": "gpt-x",
  "max_output_tokens": 32000,
  "instructions": "You are kind.\\n",
  "input": [
    {
      "role": "user",
      "content": "List the files,\\nthen say how many."
    },
    {
      "id": "rs_1",
      "type": "reasoning",
      "summary": [],
      "encrypted_content": "b3BhcXVl"
    },
    {
      "role": "assistant",
      "content": "I look."
    },
    {
      "type": "function_call",
      "call_id": "call_1",
      "name": "Bash",
      "arguments": "{\\"command\\":\\"ls\\",\\"timeout\\":5000}"
    },
    {
      "type": "function_call",
      "call_id": "call_2",
      "name": "Read",
      "arguments": "{\\"file_path\\":\\"/workspace/ü\\"}"
    },
    {
      "type": "function_call_output",
      "call_id": "call_1",
      "output": "a.py"
    },
    {
      "type": "function_call_output",
      "call_id": "call_2",
      "output": "'/workspace/ü': the file does not exist"
    },
    {
      "role": "assistant",
      "content": "One."
    },
    {
      "role": "user",
      "content": "Thanks."
    }
  ],
  "store": false,
  "include": [
    "reasoning.encrypted_content"
  ],
  "tools": [
    {
      "type": "function",
      "name": "Bash",
      "description": "Run it",
      "parameters": {
        "type": "object"
      },
      "strict": false
    }
  ]
}"""


def text(said: str, **more: Any) -> dict[str, Any]:
    return {"type": "output_text", "text": said, "annotations": [], **more}


def message(*content: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "status": "completed",
        "role": "assistant",
        "content": list(content),
        **more,
    }


def call(id_: str = "call_1", arguments: Any = '{"command":"ls"}', **more: Any) -> dict[str, Any]:
    return {
        "id": f"fc_{id_}",
        "type": "function_call",
        "status": "completed",
        "call_id": id_,
        "name": "Bash",
        "arguments": arguments,
        **more,
    }


REFUSAL = {"type": "refusal", "refusal": "I will not."}


def reply(*items: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "error": None,
        "incomplete_details": None,
        "model": "gpt-x-1",
        "output": list(items),
        "parallel_tool_calls": True,
        "tool_choice": "auto",
        "tools": [],
        "usage": {"input_tokens": 12, "output_tokens": 0, "total_tokens": 12},
        **more,
    }


def cut(reason: Any, *items: Any) -> dict[str, Any]:
    return reply(*items, status="incomplete", incomplete_details={"reason": reason})


def read_body(body: object) -> tuple[tuple[Block, ...], Answered]:
    return read_answer(json.dumps(body).encode())


def sent_back(body: object) -> list[dict[str, Any]]:
    """Give the items of the next request, after the user's first."""
    blocks, answered = read_body(body)
    events = (User(text="Hi"), *blocks, answered)
    items: list[dict[str, Any]] = build_request("m", "s", (), events)["input"]
    return items[1:]


# What is asked


def test_the_request_is_frozen() -> None:
    """Every recording is evidence of exactly this."""
    body = build_request("gpt-x", "You are kind.\n", (TOOL,), CONVERSATION)
    assert json.dumps(body, indent=2, ensure_ascii=False) == GOLDEN


def test_the_request_is_one_that_the_sdk_would_send() -> None:
    body = build_request(
        "gpt-x", "s", list_offered(["Bash", "Read", "MultiEdit"], None), CONVERSATION
    )
    seen: list[bytes] = []

    def answer(asked: httpx2.Request) -> httpx2.Response:
        seen.append(asked.content)
        return httpx2.Response(200, json=reply(message(text("Hi"))))

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    with openai.OpenAI(api_key="k", http_client=http, max_retries=0) as client:
        client.responses.create(**body)
    assert json.loads(seen[0]) == body
    TypeAdapter(list[ResponseInputItemParam]).validate_python(body["input"])
    TypeAdapter(list[ToolParam]).validate_python(body["tools"])


def test_a_request_without_tools_has_no_such_key() -> None:
    assert "tools" not in build_request("m", "s", (), CONVERSATION)


def test_building_a_request_changes_nothing_and_gives_the_same_again() -> None:
    before = [event.model_dump_json() for event in CONVERSATION]
    first, second = (build_request("m", "s", (TOOL,), CONVERSATION) for _ in range(2))
    assert first == second
    first["tools"].clear()
    first["include"].clear()
    assert build_request("m", "s", (TOOL,), CONVERSATION) == second
    assert [event.model_dump_json() for event in CONVERSATION] == before


def test_parameters_are_put_over_ours_and_are_a_part_of_their_own() -> None:
    given = {"reasoning": {"effort": "low"}, "store": True, "include": None}
    plain = build_request("m", "s", (TOOL,), CONVERSATION)
    named, without = (
        split_request(build_request("m", "s", (TOOL,), CONVERSATION, given)),
        split_request(plain),
    )
    assert named.pop("parameters") == {
        "max_output_tokens": 32_000,
        "store": True,
        "reasoning": {"effort": "low"},
    }
    assert without.pop("parameters") == {
        "max_output_tokens": 32_000,
        "store": False,
        "include": ["reasoning.encrypted_content"],
    }
    assert named == without
    assert named["system"] == "s"
    assert named["message"] == plain["input"]
    assert split_request(build_request("m", "s", (), CONVERSATION))["tools"] is None


# What is answered, and sent back


ITEMS: list[dict[str, Any]] = [
    message(text("Done.\n")),
    message(text("")),
    message(),
    message(text("a", logprobs=[]), text("b"), phase="commentary"),
    message(REFUSAL),
    message({"type": "of_tomorrow", "x": None}),
    {"type": "message", "role": "assistant", "content": "plain"},
    call(),
    call(arguments="{}", namespace="n", caller=None),
    call(arguments='{"a": 1,  "b": [1.0, {"c": null}]}'),
    call(arguments='{"ü": "\\u00fc \\ud83d"}'),
    call(arguments="ls"),
    {"type": "function_call", "call_id": "call_1", "name": "Bash", "arguments": "{}"},
    {"type": "web_search_call", "id": "ws_1", "status": "completed", "action": {"type": "s"}},
    {"type": "of_tomorrow", "nested": {"a": [None, 1.5]}},
]


@try_cases("item", ITEMS)
def test_an_item_that_was_read_is_sent_back_unchanged(item: dict[str, Any]) -> None:
    assert sent_back(reply(item)) == [item]
    twin = item | {"call_id": "call_2"} if item["type"] == "function_call" else item
    items = [REASONING, item, REASONING, twin]
    assert sent_back(reply(*items)) == items


def test_reasoning_that_nothing_follows_is_kept_and_not_sent_back() -> None:
    """The API refuses reasoning without the item that it led to."""
    body = reply(message(text("Hm.")), REASONING, REASONING)
    assert read_body(body)[0][1:] == (Opaque(block=REASONING),) * 2
    assert sent_back(body) == [message(text("Hm."))]
    assert sent_back(reply(REASONING)) == []


def test_items_are_read_as_what_they_are() -> None:
    said, odd = message(text("I "), text("look.")), call("call_2", "ls")
    blocks, answered = read_body(reply(REASONING, said, call(), odd))
    wanted: tuple[Block, ...] = (
        Opaque(block=REASONING),
        Say(text="I look.", raw=said),
        Call(id="call_1", tool="Bash", args={"command": "ls"}, raw=call()),
        Call(
            id="call_2",
            tool="Bash",
            args={},
            raw=odd,
            unreadable="The arguments of this call are not a JSON object: ls",
        ),
    )
    assert blocks == wanted
    assert answered.stop == "calls"


@try_cases(
    "arguments",
    ["ls", "[1]", '{"a": NaN}', '{"a": 1', '{"a":' * 9999, "9" * 5000, [1]],
)
def test_arguments_that_are_no_object_make_a_call_unreadable(arguments: object) -> None:
    body = reply(call(arguments=arguments))
    ((block,), _) = read_body(body)
    assert isinstance(block, Call)
    assert (block.id, block.tool, block.args) == ("call_1", "Bash", {})
    assert block.unreadable is not None
    assert len(block.unreadable) < 300
    as_text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    assert sent_back(body) == [call(arguments=as_text)]


def test_an_answer_may_be_empty() -> None:
    assert read_body(reply())[0] == ()
    assert sent_back(reply()) == []


# Why it stopped, what it cost


@try_cases(
    ("body", "stop", "word"),
    [
        (reply(message(text("Hi"))), "done", "completed"),
        (reply(message(text("Hi")), call()), "calls", "completed"),
        (reply(message(REFUSAL)), "refusal", "completed"),
        (cut("max_output_tokens", message(text("H"))), "length", "max_output_tokens"),
        (cut("max_output_tokens", call(arguments='{"a')), "length", "max_output_tokens"),
        (cut("max_output_tokens", message(REFUSAL)), "length", "max_output_tokens"),
        (cut("content_filter"), "refusal", "content_filter"),
        (reply(message(text("Hi")), status="of_tomorrow"), "done", "of_tomorrow"),
        (reply(call(), status="of_tomorrow"), "calls", "of_tomorrow"),
        (reply(call(), status=None), "calls", ""),
    ],
)
def test_why_an_answer_stopped_is_told_in_our_word_and_kept_in_the_services(
    body: dict[str, Any], stop: str, word: str
) -> None:
    _, answered = read_body(body)
    assert (answered.stop, answered.stop_reason) == (stop, word)


@try_cases(
    "body",
    [
        cut("steered", message(text("H"))),
        cut(None, message(text("H"))),
        reply(message(text("H")), status="incomplete"),
        reply(status="of_tomorrow"),
    ],
)
def test_an_answer_that_is_not_whole_for_an_unknown_reason_is_a_fault_and_no_outcome(
    body: dict[str, Any],
) -> None:
    with pytest.raises(ProviderError, match=r"incomplete for an unknown|does not say why"):
        read_body(body)


@try_cases("given", [{}, {"arguments": None}, {"arguments": ""}])
def test_a_call_without_arguments_has_none_and_is_sent_back_with_an_empty_object(
    given: dict[str, Any],
) -> None:
    bare = {key: value for key, value in call().items() if key != "arguments"} | given
    ((block,), _) = read_body(reply(bare))
    assert isinstance(block, Call)
    assert (block.args, block.unreadable) == ({}, None)
    assert sent_back(reply(bare)) == [bare | {"arguments": "{}"}]


def test_calls_without_an_id_or_with_the_same_get_one_of_their_own() -> None:
    bare = {key: value for key, value in call().items() if key not in ("call_id", "id")}
    blocks, _ = read_body(reply(bare, call(), call()))
    ids = [block.id for block in blocks if isinstance(block, Call)]
    assert ids == ["call-1", "call_1", "call_1-1"]
    assert [item["call_id"] for item in sent_back(reply(bare, call(), call()))] == ids


def test_the_call_of_a_custom_tool_is_kept_and_answered_in_its_own_kind() -> None:
    custom = {"type": "custom_tool_call", "call_id": "call_7", "name": "Bash", "input": "ls"}
    blocks, answered = read_body(reply(custom, call()))
    (first, second) = blocks
    assert isinstance(first, Call)
    assert first.raw == custom
    assert first.unreadable == (
        "There is no custom tool Bash. Call one of the functions that are offered."
    )
    results = (Result(call="call_7", text="no"), Result(call="call_1", text="yes"))
    events = (User(text="Hi"), first, second, answered, *results)
    sent = build_request("m", "s", (TOOL,), events)["input"]
    assert [item.get("type") for item in sent[1:]] == [
        "custom_tool_call",
        "function_call",
        "custom_tool_call_output",
        "function_call_output",
    ]


def test_thinking_in_the_text_is_kept_apart_and_sent_back_as_it_came() -> None:
    body = reply(message(text("<think>Hm, I could not.</think>\n\nDone.")))
    blocks, _ = read_body(body)
    assert [type(block) for block in blocks] == [Opaque, Say]
    assert [block.text for block in blocks if isinstance(block, Say)] == ["Done."]
    assert sent_back(body) == body["output"]


def test_the_reason_of_a_refusal_is_said() -> None:
    assert read_body(reply(message(REFUSAL)))[0] == (Say(text="I will not.", raw=message(REFUSAL)),)


@try_cases("status", ["queued", "in_progress", "cancelled"])
def test_an_answer_that_is_not_finished_is_a_fault_and_no_outcome(status: str) -> None:
    with pytest.raises(ProviderError, match=f"not finished: its status is '{status}'"):
        read_body(reply(status=status))


def failed(code: str, told: str) -> dict[str, Any]:
    return reply(status="failed", error={"code": code, "message": told})


def test_an_answer_that_failed_is_a_fault_told_in_the_providers_words() -> None:
    with pytest.raises(ProviderError, match=r"failed to answer: .*is down") as caught:
        read_body(failed("server_error", "Upstream\nis down"))
    assert "\n" not in str(caught.value)
    with pytest.raises(ProviderError, match="failed to answer: null"):
        read_body({"status": "failed"})


def test_an_answer_that_failed_of_its_length_is_an_overflow() -> None:
    with pytest.raises(ContextOverflow):
        read_body(failed("context_length_exceeded", "Your input exceeds the context window"))


@try_cases(
    ("usage", "told"),
    [
        ({"input_tokens": 12, "output_tokens": 0}, Usage(input=12, output=0)),
        (
            {
                "input_tokens": 321,
                "input_tokens_details": {"cached_tokens": 20, "cache_write_tokens": 300},
            },
            Usage(input=321, cache_read=20, cache_write=300),
        ),
        ({"input_tokens": float("nan"), "output_tokens": -1}, Usage()),
        ({"input_tokens": "12", "output_tokens": 1.5}, Usage()),
        ({}, Usage()),
        (None, Usage()),
        ("many", Usage()),
    ],
)
def test_usage_that_is_not_told_is_unknown_and_not_zero(usage: object, told: Usage) -> None:
    assert read_body(reply(usage=usage))[1].usage == told


def test_the_relay_says_who_answered_and_that_tokens_are_estimated() -> None:
    _, answered = read_body(reply(relay={"usage": "estimated", "operator": "Ann"}))
    assert answered.usage == Usage(input=12, output=0, estimated=True)
    assert (answered.operator, answered.model) == ("Ann", "gpt-x-1")


# What is no answer


@try_cases(
    "body",
    [
        {},
        {"error": {"message": "Overloaded", "code": "x"}},
        {"status": "completed"},
        {"status": "completed", "output": "text"},
        {"status": None, "output": []},
        {"output": []},
        reply("text"),
        reply(3),
        reply(relay={"operator": 1}),
        {"choices": []},
        [],
        "<html>\n",
        None,
        3,
    ],
)
def test_what_is_no_response_is_the_providers_fault(body: object) -> None:
    with pytest.raises(ProviderError, match="The API's answer is not a response: ") as caught:
        read_body(body)
    assert "\n" not in str(caught.value)


@try_cases("content", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b'{"status": "com'])
def test_what_cannot_be_parsed_is_the_providers_fault_and_quoted_in_80_characters(
    content: bytes,
) -> None:
    with pytest.raises(ProviderError, match="The API's answer is not a response: ") as caught:
        read_answer(content)
    assert len(str(caught.value).partition("response: ")[2]) <= 80


def test_no_model_is_known_to_end() -> None:
    assert API.find_deprecation("gpt-3.5-turbo") is None


# What is streamed


def sse(*events: dict[str, Any]) -> bytes:
    return "".join(
        f"event: {event['type']}\ndata: {json.dumps({**event, 'sequence_number': number})}\n\n"
        for number, event in enumerate(events)
    ).encode()


def stream(whole: dict[str, Any], end: str = "response.completed") -> list[dict[str, Any]]:
    """Tell a response's items one by one, then the response itself."""
    begun = {**whole, "output": [], "status": "in_progress", "usage": None}
    events: list[dict[str, Any]] = [{"type": "response.created", "response": begun}]
    for number, item in enumerate(whole["output"]):
        told = {"output_index": number, "item": item}
        events.append({"type": "response.output_item.added", **told})
        events.append({"type": "response.output_item.done", **told})
    return [*events, {"type": end, "response": whole}]


WHOLE = reply(REASONING, message(text("I look\u2028 “it”. 🙂")), call(), call("call_2"))


def test_a_stream_reads_as_the_sdk_reads_it_and_as_it_would_have_come_plain() -> None:
    content = sse(*stream(WHOLE))
    assert assemble_stream(content) == WHOLE
    assert response(content) == WHOLE
    assert read_answer(content) == read_body(WHOLE)


def test_items_that_were_told_one_by_one_alone_are_not_lost() -> None:
    *events, end = stream(WHOLE)
    for output in ({"output": None}, {"output": []}):
        last = {**end, "response": WHOLE | output}
        assert assemble_stream(sse(*events, last)) == WHOLE
    assert assemble_stream(sse({**end, "response": WHOLE | {"output": []}}))["output"] == []


@try_cases(
    ("whole", "end"),
    [
        (cut("max_output_tokens", message(text("H"))), "response.incomplete"),
        (cut("content_filter"), "response.incomplete"),
    ],
)
def test_a_streamed_answer_that_was_cut_by_a_limit_is_one(whole: dict[str, Any], end: str) -> None:
    assert read_answer(sse(*stream(whole, end))) == read_body(whole)


def test_a_streamed_answer_that_failed_is_a_fault() -> None:
    with pytest.raises(ProviderError, match=r"failed to answer: .*is down"):
        read_answer(sse(*stream(failed("server_error", "It is down"), "response.failed")))


@try_cases("length", range(10, len(sse(*stream(reply(message())))) - 20, 41))
def test_a_stream_that_is_cut_anywhere_is_the_providers_fault(length: int) -> None:
    with pytest.raises(ProviderError, match=r"ended early, before response\.completed") as it:
        read_answer(sse(*stream(reply(message())))[:length])
    assert "\n" not in str(it.value)


@try_cases(
    "error",
    [
        {"type": "error", "code": "server_error", "message": "Overloaded", "param": None},
        {"type": "error", "error": {"code": "server_error", "message": "Overloaded"}},
        {"type": "of_tomorrow", "error": {"message": "Overloaded"}},
    ],
)
def test_an_error_inside_a_stream_is_the_providers_fault_and_told(error: dict[str, Any]) -> None:
    with pytest.raises(ProviderError, match=r"broke its answer off: .*Overloaded"):
        read_answer(sse(stream(WHOLE)[0], error))


@try_cases("nested", [True, False])
def test_an_overflow_inside_a_stream_is_one(nested: bool) -> None:
    error = {"code": "context_length_exceeded", "message": "Too long"}
    with pytest.raises(ContextOverflow):
        read_answer(sse({"type": "error", **({"error": error} if nested else error)}))


def test_an_item_without_a_number_and_a_text_in_pieces_alone_are_not_lost() -> None:
    item = message(text("Hi"))
    end = {"type": "response.completed", "response": reply() | {"output": []}}
    done = {"type": "response.output_item.done", "item": item}
    assert assemble_stream(sse(done, end))["output"] == [item]
    pieces = [{"type": "response.output_text.delta", "delta": piece} for piece in ("H", "i")]
    blocks, _ = read_answer(sse(*pieces, end))
    assert [block.text for block in blocks if isinstance(block, Say)] == ["Hi"]


@try_cases(
    "item",
    [
        {"type": "message", "role": "assistant", "content": "Hi"},
        {"role": "assistant", "content": [text("Hi")]},
        {"type": "message", "role": "assistant", "content": [{"type": "text", "text": "Hi"}]},
    ],
)
def test_what_is_said_in_another_form_is_read_and_sent_back_as_it_came(
    item: dict[str, Any],
) -> None:
    blocks, answered = read_body(reply(item))
    assert [block.text for block in blocks if isinstance(block, Say)] == ["Hi"]
    sent = build_request("m", "s", (), (User(text="Go"), *blocks, answered))["input"]
    assert sent[1:] == [item]


@try_cases(
    "response", [{}, {"status": "completed", "output": "text"}, {"status": None, "output": []}]
)
def test_a_stream_that_ends_in_no_response_is_the_providers_fault(response: Any) -> None:
    with pytest.raises(ProviderError, match="The API's answer is not a response: event: "):
        read_answer(sse({"type": "response.completed", "response": response}))


def test_a_streamed_answer_is_heard_through_the_sdk() -> None:
    def answer(asked: httpx2.Request) -> httpx2.Response:
        assert json.loads(asked.content)["stream"] is True
        headers = {"content-type": "text/event-stream; charset=utf-8"}
        return httpx2.Response(200, content=sse(*stream(WHOLE)), headers=headers)

    async def once() -> tuple[tuple[Any, ...], Answered]:
        async with API.open_model(
            httpx2.MockTransport(answer), "https://x", "k", "m", "s", (), {"stream": True}
        ) as model:
            return await model.answer((User(text="Hi"),))

    assert asyncio.run(once()) == read_body(WHOLE)
