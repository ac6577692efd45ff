"""Chat Completions: what is asked is frozen, what is answered is read and sent back whole."""

from __future__ import annotations

import json
from typing import Any

import httpx2
import openai
import pytest
from openai.types.chat import ChatCompletionMessageParam, ChatCompletionToolUnionParam
from promptverdict.core.errors import ContextOverflow, ProviderError
from promptverdict.providers.openai.chat import (
    API,
    build_request,
    read_answer,
    split_request,
)
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

TOOL = {"name": "Bash", "description": "Run it", "input_schema": {"type": "object"}}
CONVERSATION: tuple[Event, ...] = (
    User(text="List the files,\nthen say how many."),
    Opaque(block={"type": "message_fields", "fields": {"reasoning_content": "Hm."}}),
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
  "max_completion_tokens": 32000,
  "messages": [
    {
      "role": "system",
      "content": "You are kind.\\n"
    },
    {
      "role": "user",
      "content": "List the files,\\nthen say how many."
    },
    {
      "role": "assistant",
      "content": "I look.",
      "reasoning_content": "Hm.",
      "tool_calls": [
        {
          "id": "call_1",
          "type": "function",
          "function": {
            "name": "Bash",
            "arguments": "{\\"command\\":\\"ls\\",\\"timeout\\":5000}"
          }
        },
        {
          "id": "call_2",
          "type": "function",
          "function": {
            "name": "Read",
            "arguments": "{\\"file_path\\":\\"/workspace/ü\\"}"
          }
        }
      ]
    },
    {
      "role": "tool",
      "tool_call_id": "call_1",
      "content": "a.py"
    },
    {
      "role": "tool",
      "tool_call_id": "call_2",
      "content": "'/workspace/ü': the file does not exist"
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
  "tools": [
    {
      "type": "function",
      "function": {
        "name": "Bash",
        "description": "Run it",
        "parameters": {
          "type": "object"
        }
      }
    }
  ]
}"""


def call(id_: str = "call_1", arguments: Any = '{"command":"ls"}', **more: Any) -> dict[str, Any]:
    return {
        "id": id_,
        "type": "function",
        "function": {"name": "Bash", "arguments": arguments},
        **more,
    }


def reply(content: Any = None, *calls: Any, finish: Any = "stop", **more: Any) -> dict[str, Any]:
    """Answer a message; what more it holds is its own."""
    message = {"role": "assistant", "content": content, "refusal": None, "annotations": [], **more}
    if calls:
        message["tool_calls"] = list(calls)
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-x-1",
        "choices": [{"index": 0, "message": message, "logprobs": None, "finish_reason": finish}],
        "usage": {"prompt_tokens": 12, "completion_tokens": 0, "total_tokens": 12},
    }


def read_body(body: object) -> tuple[tuple[Block, ...], Answered]:
    return read_answer(json.dumps(body).encode())


def sent_back(body: object) -> list[dict[str, Any]]:
    """Give the messages of the next request, after the system's and the user's first."""
    blocks, answered = read_body(body)
    events = (User(text="Hi"), *blocks, answered)
    messages: list[dict[str, Any]] = build_request("m", "s", (), events)["messages"]
    return messages[2:]


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
        return httpx2.Response(200, json=reply("Hi"))

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    with openai.OpenAI(api_key="k", http_client=http, max_retries=0) as client:
        client.chat.completions.create(**body)
    assert json.loads(seen[0]) == body
    TypeAdapter(list[ChatCompletionMessageParam]).validate_python(body["messages"])
    TypeAdapter(list[ChatCompletionToolUnionParam]).validate_python(body["tools"])


def test_a_request_without_tools_has_no_such_key() -> None:
    body = build_request("m", "s", (), CONVERSATION)
    assert list(body) == ["model", "max_completion_tokens", "messages"]


def test_building_a_request_changes_nothing_and_gives_the_same_again() -> None:
    before = [event.model_dump_json() for event in CONVERSATION]
    first, second = (build_request("m", "s", (TOOL,), CONVERSATION) for _ in range(2))
    assert first == second
    first["tools"].clear()
    first["messages"][2].clear()
    assert build_request("m", "s", (TOOL,), CONVERSATION) == second
    assert [event.model_dump_json() for event in CONVERSATION] == before


def test_parameters_are_put_over_ours_and_are_a_part_of_their_own() -> None:
    given = {"temperature": 0.5, "max_completion_tokens": 64_000}
    body = build_request("m", "s", (TOOL,), CONVERSATION, given)
    plain = build_request("m", "s", (TOOL,), CONVERSATION)
    assert body == plain | given
    named, without = split_request(body), split_request(plain)
    assert named.pop("parameters") == given
    assert without.pop("parameters") == {"max_completion_tokens": 32_000}
    assert named == without
    assert named["system"] == "s"
    assert named["message"] == plain["messages"][1:]
    assert named["tools"] == plain["tools"]
    assert split_request(build_request("m", "s", (), CONVERSATION))["tools"] is None


def test_the_older_name_of_the_limit_takes_the_place_of_ours() -> None:
    """A service may know it by that name alone."""
    given = {"max_tokens": 9}
    assert split_request(build_request("m", "s", (), CONVERSATION, given))["parameters"] == {
        "max_tokens": 9
    }


def test_a_stream_is_asked_for_its_usage_unless_told_otherwise() -> None:
    asked = {"stream": True}
    body = build_request("m", "s", (), CONVERSATION, asked)
    assert body["stream_options"] == {"include_usage": True}
    assert "stream_options" not in build_request("m", "s", (), CONVERSATION, {"stream": False})
    assert "stream_options" not in build_request(
        "m", "s", (), CONVERSATION, {**asked, "stream_options": None}
    )


# What is answered, and sent back


@try_cases(
    "message",
    [
        reply("Done.\n"),
        reply(""),
        reply(None, call()),
        reply("", call(), finish="tool_calls"),
        reply("I look.", call("a"), call("b", "{}"), finish="tool_calls"),
        reply(None, call(arguments='{"a": 1,  "b": [1.0, {"c": null}]}')),
        reply(None, call(arguments='{"ü": "\\u00fc \\ud83d"}')),
        reply(None, call(extra_content={"google": {"thought_signature": "c2ln"}})),
        reply(None, call(arguments="ls")),
        reply("So.", reasoning_content="Hm.", annotations=[{"type": "url_citation"}]),
        reply("So.", call(), reasoning_details=[{"type": "reasoning.text", "text": "Hm."}]),
        reply(None, call(), reasoning=""),
        reply([{"type": "thinking", "thinking": []}, {"type": "text", "text": "So."}]),
        reply([{"type": "text", "text": "a"}, {"type": "text", "text": "b", "x": 1}], call()),
        reply(None, refusal="I will not."),
    ],
)
def test_a_message_that_was_read_is_sent_back_unchanged(message: dict[str, Any]) -> None:
    told = message["choices"][0]["message"]
    (sent,) = sent_back(message)
    assert (sent.pop("content") or "") == (told.pop("content") or "")
    assert sent == {key: one for key, one in told.items() if one is not None and one != []}


def test_blocks_are_read_as_what_they_are() -> None:
    odd = call("call_2", "ls")
    blocks, _ = read_body(reply("I look.", call(), odd, reasoning="Hm.", finish="tool_calls"))
    wanted: tuple[Block, ...] = (
        Opaque(block={"type": "message_fields", "fields": {"reasoning": "Hm."}}),
        Say(text="I look."),
        Call(id="call_1", tool="Bash", args={"command": "ls"}),
        Call(
            id="call_2",
            tool="Bash",
            args={},
            raw=odd,
            unreadable="The arguments of this call are not a JSON object: ls",
        ),
    )
    assert blocks == wanted


@try_cases(
    "arguments",
    ["ls", "[1]", '{"a": NaN}', '{"a": 1', '{"a":' * 9999, "9" * 5000, [1]],
)
def test_arguments_that_are_no_object_make_a_call_unreadable(arguments: object) -> None:
    body = reply(None, call(arguments=arguments))
    ((block,), _) = read_body(body)
    assert isinstance(block, Call)
    assert (block.id, block.tool, block.args) == ("call_1", "Bash", {})
    assert block.unreadable is not None
    assert len(block.unreadable) < 300
    assert "\n" not in block.unreadable
    text = arguments if isinstance(arguments, str) else json.dumps(arguments)
    assert sent_back(body)[0]["tool_calls"] == [call(arguments=text)]


@try_cases(
    "arguments",
    [
        '{"command":"ls"}{"command":"ls"}',
        '{}{"command":"ls"}',
        '{"command":"ls"}\n{"command": "ls"}',
        json.dumps('{"command":"ls"}'),
    ],
)
def test_arguments_that_came_twice_or_are_encoded_twice_are_read_and_sent_back_once(
    arguments: str,
) -> None:
    body = reply(None, call(arguments=arguments))
    assert read_body(body)[0] == (Call(id="call_1", tool="Bash", args={"command": "ls"}),)
    assert sent_back(body)[0]["tool_calls"] == [call()]


def test_arguments_of_two_calls_are_not_taken_for_one() -> None:
    ((block,), _) = read_body(reply(None, call(arguments='{"command":"ls"}{"command":"pwd"}')))
    assert isinstance(block, Call)
    assert block.unreadable is not None


def test_arguments_that_come_as_an_object_are_read_and_sent_back_as_text() -> None:
    body = reply(None, call(arguments={"command": "ls"}))
    assert read_body(body)[0] == (Call(id="call_1", tool="Bash", args={"command": "ls"}),)
    assert sent_back(body)[0]["tool_calls"] == [call()]


def test_results_go_back_one_by_one_in_the_order_of_their_calls() -> None:
    blocks, answered = read_body(reply(None, call("a"), call("b"), finish="tool_calls"))
    results = [Result(call="a", text="1"), Result(call="b", text="no", error=True)]
    body = build_request("m", "s", (), (User(text="Hi"), *blocks, answered, *results))
    assert body["messages"][3:] == [
        {"role": "tool", "tool_call_id": "a", "content": "1"},
        {"role": "tool", "tool_call_id": "b", "content": "no"},
    ]


def test_an_answer_without_anything_is_left_out() -> None:
    assert sent_back(reply(None)) == []


def test_reasoning_alone_is_sent_back_beside_an_empty_text() -> None:
    (sent,) = sent_back(reply(None, reasoning="Hm."))
    assert sent == {"role": "assistant", "content": "", "reasoning": "Hm."}


def test_sound_is_kept_whole_and_sent_back_by_its_name() -> None:
    body = reply(None, audio={"id": "audio_1", "data": "AAAA", "transcript": "Hi"})
    (block,) = read_body(body)[0]
    assert isinstance(block, Opaque)
    assert block.block["fields"]["audio"]["data"] == "AAAA"
    assert sent_back(body)[0]["audio"] == {"id": "audio_1"}


# Why it stopped, what it cost


@try_cases(
    ("word", "stop"),
    [
        ("tool_calls", "calls"),
        ("stop", "done"),
        ("length", "length"),
        ("content_filter", "refusal"),
        ("SAFETY", "refusal"),
        ("eos_token", "done"),
        ("COMPLETE", "done"),
        ("FinishReason.MAX_TOKENS", "length"),
        ("model_length", "overflow"),
        ("other", "done"),
        ("of_tomorrow", "done"),
    ],
)
def test_why_an_answer_stopped_is_told_in_our_word_and_kept_in_the_services(
    word: str, stop: str
) -> None:
    _, answered = read_body(reply("Hi", finish=word))
    assert (answered.stop, answered.stop_reason) == (stop, word)
    assert answered.notices == ()


@try_cases(
    "word", ["tool_calls", "tool_use", "function_call", "stop", "eos_token", "other", "of_tomorrow"]
)
def test_an_answer_with_calls_asks_for_them_whatever_its_end_is_called(word: str) -> None:
    assert read_body(reply(None, call(), finish=word))[1].stop == "calls"


def test_an_answer_that_comes_whole_without_a_reason_is_whole_and_noted() -> None:
    _, answered = read_body(reply("Hi", finish=None))
    assert (answered.stop, answered.stop_reason) == ("done", "")
    assert answered.notices == (
        "the service did not say why the answer stopped; it is taken as whole",
    )
    assert read_body(reply(None, call(), finish=None))[1].stop == "calls"


@try_cases("word", ["abort", "error", "CANCELLED", "insufficient_system_resource"])
def test_a_word_for_an_answer_that_broke_off_is_a_fault(word: str) -> None:
    with pytest.raises(ProviderError, match="broke its answer off"):
        read_body(reply("Hi", call(), finish=word))


@try_cases("word", [None, "of_tomorrow"])
def test_an_answer_with_nothing_in_it_and_no_known_end_is_a_fault(word: str | None) -> None:
    with pytest.raises(ProviderError, match="is empty and does not say why it stopped"):
        read_body(reply("", finish=word))


@try_cases("word", ["tool_calls", "tool_use"])
def test_an_answer_that_lost_its_calls_and_says_nothing_is_a_fault(word: str) -> None:
    with pytest.raises(ProviderError, match=r"stopped to call a tool .* and holds no call"):
        read_body(reply(None, finish=word))


@try_cases("part", [{"type": "output_text", "text": "Hi"}, {"text": "Hi"}])
def test_a_part_of_another_type_is_said_and_sent_back_as_it_came(part: dict[str, Any]) -> None:
    blocks, _ = read_body(reply([part]))
    assert [block.text for block in blocks if isinstance(block, Say)] == ["Hi"]
    assert sent_back(reply([part]))[0]["content"] == [part]


def test_a_refusal_among_the_parts_is_one_and_sent_back_as_it_came() -> None:
    parts = [{"type": "refusal", "refusal": "I won't."}]
    blocks, answered = read_body(reply(parts))
    assert (blocks, answered.stop) == ((Say(text="I won't.", raw=parts[0]),), "refusal")
    sent = sent_back(reply(parts))[0]
    assert (sent["content"], "refusal" in sent) == (parts, False)


def test_the_older_form_of_a_call_is_one_and_goes_back_in_the_newer() -> None:
    body = reply(None, function_call={"name": "Bash", "arguments": '{"command": "ls"}'})
    ((block,), answered) = read_body(body)
    assert block == Call(id="call-1", tool="Bash", args={"command": "ls"})
    assert answered.stop == "calls"
    assert [sent["id"] for sent in sent_back(body)[0]["tool_calls"]] == ["call-1"]


@try_cases(
    "given", [{}, {"arguments": None}, {"arguments": ""}, {"arguments": " "}, {"arguments": "null"}]
)
def test_a_call_without_arguments_has_none_and_is_sent_back_with_an_empty_object(
    given: dict[str, Any],
) -> None:
    bare = {"id": "call_1", "type": "function", "function": {"name": "Bash", **given}}
    ((block,), _) = read_body(reply(None, bare))
    assert isinstance(block, Call)
    assert (block.args, block.unreadable) == ({}, None)
    (sent,) = sent_back(reply(None, bare))[0]["tool_calls"]
    assert sent["function"] == {"name": "Bash", "arguments": "{}"}


def test_arguments_of_another_name_are_carried_out_too() -> None:
    named = {"id": "call_1", "function": {"name": "Bash", "parameters": {"command": "ls"}}}
    ((block,), _) = read_body(reply(None, named))
    assert isinstance(block, Call)
    assert (block.args, block.unreadable) == ({"command": "ls"}, None)


@try_cases("missing", [{}, {"id": None}, {"id": ""}, {"id": " "}, {"id": 7}])
def test_a_call_without_an_id_gets_one_and_is_sent_back_with_it(missing: dict[str, Any]) -> None:
    bare = {"type": "function", "function": {"name": "Bash", "arguments": "{}"}, **missing}
    blocks, _ = read_body(reply(None, bare, bare))
    assert [block.id for block in blocks if isinstance(block, Call)] == ["call-1", "call-2"]
    sent = sent_back(reply(None, bare, bare))[0]["tool_calls"]
    assert [one["id"] for one in sent] == ["call-1", "call-2"]


def test_two_calls_of_one_answer_with_one_id_are_told_apart() -> None:
    blocks, _ = read_body(reply(None, call(), call()))
    assert [block.id for block in blocks if isinstance(block, Call)] == ["call_1", "call_1-1"]


def test_the_call_of_a_custom_tool_is_kept_and_answered_as_one_that_is_not_offered() -> None:
    custom = {"type": "custom", "id": "call_1", "custom": {"name": "Bash", "input": "ls"}}
    ((block,), answered) = read_body(reply(None, custom))
    assert isinstance(block, Call)
    assert (block.tool, block.args, block.raw) == ("Bash", {}, custom)
    assert block.unreadable == (
        "There is no custom tool Bash. Call one of the functions that are offered."
    )
    assert answered.stop == "calls"
    assert sent_back(reply(None, custom))[0]["tool_calls"] == [custom]


THOUGHT = "<think>I could not install it.</think>\n\n"


@try_cases(
    "content",
    [
        f"{THOUGHT}Done.",
        [{"type": "text", "text": f"{THOUGHT}Done."}],
        [{"type": "text", "text": THOUGHT}, {"type": "text", "text": "Done."}],
    ],
)
@try_cases("calls", [[], [call()]])
def test_thinking_in_the_text_is_kept_apart_and_sent_back_as_it_came(
    content: Any, calls: list[dict[str, Any]]
) -> None:
    body = reply(content, *calls)
    blocks, _ = read_body(body)
    assert isinstance(blocks[0], Opaque)
    assert blocks[0].block["in_text"] == THOUGHT.strip()
    assert "".join(block.text for block in blocks if isinstance(block, Say)) == "Done."
    assert sent_back(body)[0]["content"] == content


def test_thinking_that_is_not_closed_leaves_nothing_said() -> None:
    body = reply("<think>I go on", finish="length")
    blocks, answered = read_body(body)
    assert [block.text for block in blocks if isinstance(block, Say)] == [""]
    assert answered.stop == "length"
    assert sent_back(body)[0]["content"] == "<think>I go on"


def test_a_refusal_is_one_whatever_the_provider_calls_its_end_and_its_reason_is_said() -> None:
    blocks, answered = read_body(reply(None, refusal="I will not."))
    assert blocks == (Say(text="I will not.", raw={"refusal": "I will not."}),)
    assert (answered.stop, answered.stop_reason) == ("refusal", "stop")


def test_an_answer_that_was_cut_stays_cut_with_a_call_or_a_refusal_in_it() -> None:
    assert read_body(reply(None, call(arguments='{"a'), finish="length"))[1].stop == "length"
    assert read_body(reply(None, refusal="I", finish="length"))[1].stop == "length"


@try_cases("word", [3, ["stop"]])
def test_an_answer_that_does_not_say_why_it_stopped_is_a_fault_and_no_outcome(word: object) -> None:
    with pytest.raises(ProviderError, match="does not say why it stopped"):
        read_body(reply("Hi", finish=word))


def test_an_answer_that_broke_off_in_an_error_is_a_fault() -> None:
    body = reply("Hi", finish="error")
    body["choices"][0]["error"] = {"code": 502, "message": "Upstream\nis down"}
    with pytest.raises(ProviderError, match=r"broke its answer off: .*Upstream"):
        read_body(body)


@try_cases(
    ("usage", "told"),
    [
        ({"prompt_tokens": 12, "completion_tokens": 0}, Usage(input=12, output=0)),
        ({"prompt_tokens": 12}, Usage(input=12)),
        ({"prompt_tokens": None, "completion_tokens": 5}, Usage(output=5)),
        (
            {
                "prompt_tokens": 321,
                "prompt_tokens_details": {"cached_tokens": 20, "cache_write_tokens": 300},
            },
            Usage(input=321, cache_read=20, cache_write=300),
        ),
        ({"prompt_tokens": 1, "prompt_tokens_details": None}, Usage(input=1)),
        ({"prompt_tokens": 1, "prompt_tokens_details": "none"}, Usage(input=1)),
        ({"prompt_tokens": float("nan"), "completion_tokens": -1}, Usage()),
        ({"prompt_tokens": "12", "completion_tokens": 1.5}, Usage()),
        ({"prompt_tokens": True, "completion_tokens": [1]}, Usage()),
        ({}, Usage()),
        (None, Usage()),
        ("many", Usage()),
    ],
)
def test_usage_that_is_not_told_is_unknown_and_not_zero(usage: object, told: Usage) -> None:
    assert read_body(reply("Hi") | {"usage": usage})[1].usage == told
    without = reply("Hi")
    del without["usage"]
    assert read_body(without)[1].usage == Usage()


@try_cases(
    ("relay", "estimated", "operator"),
    [
        ({"usage": "estimated", "operator": "Ann"}, True, "Ann"),
        ({"usage": "counted"}, False, None),
        (None, False, None),
        ("estimated", False, None),
    ],
)
def test_the_relay_says_who_answered_and_that_tokens_are_estimated(
    relay: object, estimated: bool, operator: str | None
) -> None:
    _, answered = read_body(reply("Hi") | {"relay": relay})
    assert answered.usage == Usage(input=12, output=0, estimated=estimated)
    assert answered.operator == operator
    assert answered.model == "gpt-x-1"


# What is no answer


@try_cases(
    "body",
    [
        {},
        {"error": {"message": "Overloaded", "code": 502}},
        {"choices": []},
        {"choices": None},
        {"choices": ["text"]},
        {"choices": [{"message": "text", "finish_reason": "stop"}]},
        {"choices": [{"text": "a legacy completion", "finish_reason": "stop"}]},
        reply(3),
        reply(["text"]),
        reply("Hi", refusal=3),
        reply("Hi", tool_calls="ls"),
        reply("Hi", tool_calls=7),
        reply("Hi", "ls"),
        reply("Hi", {"type": "custom", "id": "call_1", "custom": {"input": "x"}}),
        reply("Hi", {"id": "call_1", "function": {"arguments": "{}"}}),
        reply("Hi") | {"relay": {"operator": 1}},
        [],
        "<html>\n",
        None,
        3,
    ],
)
def test_what_is_no_completion_is_the_providers_fault(body: object) -> None:
    with pytest.raises(ProviderError, match="The API's answer is not a completion: ") as caught:
        read_body(body)
    assert "\n" not in str(caught.value)


@try_cases("content", [b"", b"{", b"[" * 100_000, b"\xff\xfe", b'{"choices": [{"m'])
def test_what_cannot_be_parsed_is_the_providers_fault_and_quoted_in_80_characters(
    content: bytes,
) -> None:
    with pytest.raises(ProviderError, match="The API's answer is not a completion: ") as caught:
        read_answer(content)
    assert len(str(caught.value).partition("completion: ")[2]) <= 80


def test_an_overflow_told_in_an_answer_is_one() -> None:
    with pytest.raises(ContextOverflow):
        read_body({"error": {"message": "", "code": "context_length_exceeded"}})


def test_no_model_is_known_to_end() -> None:
    assert API.find_deprecation("gpt-3.5-turbo") is None
