"""The Messages API: what is asked is frozen, what is answered is read, what fails is told."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from typing import Any

import httpx2
import pytest
from promptverdict.core.errors import BrokenRecording, ContextOverflow, HarnessError, ProviderError
from promptverdict.providers.anthropic.api import (
    API,
    build_request,
    find_deprecation,
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

from tests.cases import try_cases

URL = "https://api.example.org"
TOOL = {"name": "Bash", "description": "Run it", "input_schema": {"type": "object"}}
THINKING = {"type": "thinking", "thinking": "Hm.", "signature": "c2ln"}
HTML = "<html>\n<head><title>502</title></head>\n<body>\n<h1>Bad Gateway</h1>\n</body>\n</html>\n"

ANSWERED = Answered(model="m", stop="calls")
CONVERSATION: tuple[Event, ...] = (
    User(text="List the files,\nthen say how many."),
    Opaque(block=THINKING),
    Say(text="I look."),
    Call(id="toolu_1", tool="Bash", args={"command": "ls", "timeout": 5000}),
    Call(id="toolu_2", tool="Read", args={"file_path": "/workspace/ü"}),
    ANSWERED,
    Result(call="toolu_1", text="a.py", seconds=0.5),
    Result(call="toolu_2", text="'/workspace/ü': the file does not exist", error=True),
    Say(text="One."),
    Answered(model="m", stop="done"),
    User(text="Thanks."),
)

GOLDEN = """\
{
  "model": "claude-x",
  "max_tokens": 32000,
  "system": "You are kind.\\n",
  "messages": [
    {
      "role": "user",
      "content": "List the files,\\nthen say how many."
    },
    {
      "role": "assistant",
      "content": [
        {
          "type": "thinking",
          "thinking": "Hm.",
          "signature": "c2ln"
        },
        {
          "type": "text",
          "text": "I look."
        },
        {
          "type": "tool_use",
          "id": "toolu_1",
          "name": "Bash",
          "input": {
            "command": "ls",
            "timeout": 5000
          }
        },
        {
          "type": "tool_use",
          "id": "toolu_2",
          "name": "Read",
          "input": {
            "file_path": "/workspace/ü"
          }
        }
      ]
    },
    {
      "role": "user",
      "content": [
        {
          "type": "tool_result",
          "tool_use_id": "toolu_1",
          "content": "a.py"
        },
        {
          "type": "tool_result",
          "tool_use_id": "toolu_2",
          "content": "'/workspace/ü': the file does not exist",
          "is_error": true
        }
      ]
    },
    {
      "role": "assistant",
      "content": [
        {
          "type": "text",
          "text": "One."
        }
      ]
    },
    {
      "role": "user",
      "content": "Thanks."
    }
  ],
  "tools": [
    {
      "name": "Bash",
      "description": "Run it",
      "input_schema": {
        "type": "object"
      }
    }
  ]
}"""


def read_body(body: object) -> tuple[tuple[Block, ...], Answered]:
    return read_answer(json.dumps(body).encode())


def reply(*blocks: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-x-1",
        "content": list(blocks),
        "stop_reason": "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 12, "output_tokens": 0},
        **more,
    }


# What is asked


def test_the_request_is_frozen() -> None:
    """Every recording is evidence of exactly this."""
    body = build_request("claude-x", "You are kind.\n", (TOOL,), CONVERSATION)
    assert json.dumps(body, indent=2, ensure_ascii=False) == GOLDEN


def test_a_request_without_tools_has_no_such_key() -> None:
    assert list(build_request("m", "s", (), CONVERSATION)) == [
        "model",
        "max_tokens",
        "system",
        "messages",
    ]


def test_the_tools_are_sent_as_they_are_and_in_their_order() -> None:
    tools = list_offered(["Bash", "Read"], None)
    assert build_request("m", "s", tools, CONVERSATION)["tools"] == list(tools)


def test_building_a_request_changes_nothing_and_gives_the_same_again() -> None:
    before = [event.model_dump_json() for event in CONVERSATION]
    first, second = (build_request("m", "s", (TOOL,), CONVERSATION) for _ in range(2))
    assert first == second
    first["tools"].clear()
    assert build_request("m", "s", (TOOL,), CONVERSATION) == second
    assert [event.model_dump_json() for event in CONVERSATION] == before


@try_cases(
    "block",
    [
        {"type": "text", "text": "Done.\n"},
        {"type": "text", "text": "So.", "citations": [{"type": "char_location", "start": 0}]},
        {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls"}},
        {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {}},
        {"type": "tool_use", "id": "toolu_1", "name": "No such", "input": {"a": [1, {"b": None}]}},
        {"type": "tool_use", "id": "t", "name": "Bash", "input": {}, "caller": {"type": "direct"}},
        {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}},
        {"type": "of_tomorrow", "text": 1, "nested": {"a": [None, 1.5]}},
    ],
)
def test_a_block_that_was_read_is_sent_back_unchanged(block: dict[str, Any]) -> None:
    blocks, answered = read_body(reply(block))
    body = build_request("m", "s", (), (User(text="Hi"), *blocks, answered))
    assert body["messages"][1] == {"role": "assistant", "content": [block]}


@try_cases("block", [THINKING, {"type": "redacted_thinking", "data": "b3BhcXVl"}])
def test_thinking_is_sent_back_unchanged_before_what_it_led_to(block: dict[str, Any]) -> None:
    blocks, answered = read_body(reply(block, {"type": "text", "text": "Done."}))
    body = build_request("m", "s", (), (User(text="Hi"), *blocks, answered))
    assert body["messages"][1]["content"] == [block, {"type": "text", "text": "Done."}]


def test_text_without_a_word_is_kept_and_not_sent_back() -> None:
    """The API answers such blocks and refuses to be sent them."""
    blocks, answered = read_body(reply(*({"type": "text", "text": t} for t in ("", "Hm.", " \n"))))
    assert blocks == (Say(text=""), Say(text="Hm."), Say(text=" \n"))
    body = build_request("m", "s", (), (User(text="Hi"), *blocks, answered))
    assert body["messages"][1]["content"] == [{"type": "text", "text": "Hm."}]


@try_cases(
    "blocks",
    [
        (),
        ({"type": "text", "text": ""},),
        (THINKING,),
        (THINKING, {"type": "text", "text": ""}, {"type": "redacted_thinking", "data": "eA=="}),
    ],
)
def test_an_answer_of_which_nothing_can_be_sent_back_is_left_out(
    blocks: tuple[dict[str, Any], ...],
) -> None:
    """The API takes no empty message and no thinking at an end, but two turns of a user as one."""
    said, answered = read_body(reply(*blocks))
    events = (User(text="Hi"), *said, answered, User(text="Go on."))
    assert build_request("m", "s", (), events)["messages"] == [
        {"role": "user", "content": "Hi"},
        {"role": "user", "content": "Go on."},
    ]


def test_all_results_of_one_answer_go_back_in_one_message() -> None:
    uses = [{"type": "tool_use", "id": f"t{n}", "name": "Bash", "input": {}} for n in range(3)]
    blocks, answered = read_body(reply(*uses, stop_reason="tool_use"))
    results = [Result(call=f"t{n}", text=str(n)) for n in range(3)]
    messages = build_request("m", "s", (), (User(text="Hi"), *blocks, answered, *results))[
        "messages"
    ]
    assert [message["role"] for message in messages] == ["user", "assistant", "user"]
    assert [block["tool_use_id"] for block in messages[2]["content"]] == ["t0", "t1", "t2"]


def test_a_paused_answer_is_sent_back_as_the_last_message() -> None:
    block = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
    blocks, answered = read_body(reply(block, stop_reason="pause_turn"))
    messages = build_request("m", "s", (), (User(text="Hi"), *blocks, answered))["messages"]
    assert answered.stop == "pause"
    assert messages[-1] == {"role": "assistant", "content": [block]}


def test_parameters_are_put_over_ours_and_are_a_part_of_their_own() -> None:
    given = {"stream": True, "cache_control": {"type": "ephemeral"}, "max_tokens": 64_000}
    body = build_request("m", "s", (TOOL,), CONVERSATION, given)
    plain = build_request("m", "s", (TOOL,), CONVERSATION)
    assert body == plain | given
    named, without = split_request(body), split_request(plain)
    assert named.pop("parameters") == given
    assert without.pop("parameters") == {"max_tokens": 32_000}
    assert named == without


# What is answered


def test_blocks_are_read_as_what_they_are() -> None:
    blocks, _ = read_body(
        reply(
            THINKING,
            {"type": "text", "text": "I look.", "citations": None},
            {"type": "tool_use", "id": "toolu_1", "name": "Bash", "input": {"command": "ls"}},
            {"type": "tool_use", "id": "toolu_2", "name": "Bash", "input": "ls"},
        )
    )
    wanted: tuple[Block, ...] = (
        Opaque(block=THINKING),
        Say(text="I look."),
        Call(id="toolu_1", tool="Bash", args={"command": "ls"}),
        Call(
            id="toolu_2",
            tool="Bash",
            args={},
            raw={
                "type": "tool_use",
                "id": "toolu_2",
                "name": "Bash",
                "input": {"INVALID_JSON": "ls"},
            },
            unreadable="The input of this call is not a JSON object: ls",
        ),
    )
    assert blocks == wanted


def test_an_answer_may_be_empty() -> None:
    assert read_body(reply())[0] == ()


@try_cases(
    ("word", "stop"),
    [
        ("tool_use", "calls"),
        ("end_turn", "done"),
        ("stop_sequence", "done"),
        ("max_tokens", "length"),
        ("refusal", "refusal"),
        ("pause_turn", "pause"),
        ("model_context_window_exceeded", "overflow"),
        ("of_tomorrow", "done"),
    ],
)
def test_why_an_answer_stopped_is_told_in_our_word_and_kept_in_the_services(
    word: str, stop: str
) -> None:
    _, answered = read_body(reply({"type": "text", "text": "Hi"}, stop_reason=word))
    assert (answered.stop, answered.stop_reason) == (stop, word)


def test_a_call_without_id_or_input_gets_an_id_and_has_no_input() -> None:
    blocks, answered = read_body(reply({"type": "tool_use", "name": "Bash"}, stop_reason="other"))
    assert blocks == (Call(id="call-1", tool="Bash", args={}),)
    assert answered.stop == "calls"
    body = build_request("m", "s", (), (User(text="Hi"), *blocks, answered))
    (sent,) = body["messages"][1]["content"]
    assert sent == {"type": "tool_use", "id": "call-1", "name": "Bash", "input": {}}


@try_cases("text", ["<think>Hm.</think>\n\nDone.", "<think>Hm, and so on"])
def test_thinking_in_the_text_is_kept_apart_and_sent_back_as_it_came(text: str) -> None:
    said = {"type": "text", "text": text}
    blocks, answered = read_body(reply(said))
    assert [block.text for block in blocks if isinstance(block, Say)] == [
        "Done." if "Done" in text else ""
    ]
    body = build_request("m", "s", (), (User(text="Hi"), *blocks, answered))
    assert body["messages"][1]["content"] == [said]


@try_cases(
    ("usage", "told"),
    [
        ({"input_tokens": 12, "output_tokens": 0}, Usage(input=12, output=0)),
        ({"input_tokens": 12}, Usage(input=12)),
        ({"input_tokens": None, "output_tokens": 5}, Usage(output=5)),
        (
            {"input_tokens": 1, "cache_read_input_tokens": 20, "cache_creation_input_tokens": 300},
            Usage(input=321, cache_read=20, cache_write=300),
        ),
        (
            {"input_tokens": 1, "cache_read_input_tokens": 0, "cache_creation_input_tokens": None},
            Usage(input=1, cache_read=0),
        ),
        ({"cache_read_input_tokens": 20}, Usage(cache_read=20)),
        ({"input_tokens": float("nan"), "output_tokens": -1}, Usage()),
        ({"input_tokens": "12", "output_tokens": 1.5}, Usage()),
        ({"input_tokens": True, "output_tokens": [1]}, Usage()),
        ({}, Usage()),
        (None, Usage()),
        ("many", Usage()),
    ],
)
def test_usage_that_is_not_told_is_unknown_and_not_zero(usage: object, told: Usage) -> None:
    assert read_body(reply(usage=usage))[1].usage == told
    without = reply()
    del without["usage"]
    assert read_body(without)[1].usage == Usage()


@try_cases(
    ("relay", "estimated"),
    [
        ({"usage": "estimated", "operator": "Ann"}, True),
        ({"usage": "counted"}, False),
        ({}, False),
        (None, False),
        ("estimated", False),
    ],
)
def test_tokens_are_estimated_where_the_relay_says_so(relay: object, estimated: bool) -> None:
    usage = read_body(reply(relay=relay))[1].usage
    assert usage == Usage(input=12, output=0, estimated=estimated)
    assert not read_body(reply())[1].usage.estimated


def test_the_model_is_the_one_that_answered() -> None:
    assert read_body(reply())[1].model == "claude-x-1"


@try_cases(
    "body",
    [
        {},
        {"type": "error", "error": {"type": "overloaded_error", "message": "Overloaded"}},
        {"type": "message"},
        {"type": "message", "content": "text"},
        {"type": "message", "content": ["text"]},
        {"type": "message", "content": [], "stop_reason": "end_turn", "relay": {"operator": 1}},
        [],
        "<html>\n",
        None,
        3,
    ],
)
def test_what_is_no_message_is_the_providers_fault(body: object) -> None:
    with pytest.raises(ProviderError, match="The API's answer is not a message: ") as caught:
        read_body(body)
    assert "\n" not in str(caught.value)


@try_cases(
    "content",
    [
        b"",
        b"{",
        b"[" * 100_000,
        b'{"type": "message", "stop_reason": "x", "content": ' + b"[" * 70 + b"]" * 70 + b"}",
        b"\xff\xfe",
        b'{"type": "message", "con',
    ],
)
def test_what_cannot_be_parsed_is_the_providers_fault_and_quoted_in_80_characters(
    content: bytes,
) -> None:
    with pytest.raises(ProviderError, match="The API's answer is not a message: ") as caught:
        read_answer(content)
    assert len(str(caught.value).partition("message: ")[2]) <= 80


def test_half_a_character_is_replaced_since_it_could_not_be_sent_back() -> None:
    content = json.dumps(reply({"type": "text", "text": "\ud83d\ude00 \ud83d."})).encode()
    assert read_answer(content)[0] == (Say(text="\U0001f600 \ufffd."),)


@try_cases("given", [[1], "", 7, {"a": float("inf")}])
def test_a_call_whose_input_cannot_be_sent_is_unreadable(given: object) -> None:
    blocks, answered = read_body(
        reply({"type": "tool_use", "id": "t", "name": "Bash", "input": given})
    )
    (call,) = blocks
    assert isinstance(call, Call)
    assert call.unreadable is not None
    body = build_request("m", "s", (), (User(text="Hi"), call, answered))
    json.dumps(body, allow_nan=False)
    assert [*body["messages"][1]["content"][0]["input"]] == ["INVALID_JSON"]


# What is sent, and what fails


def ask(
    transport: httpx2.AsyncBaseTransport, *, url: str = URL, model: str = "claude-x"
) -> tuple[tuple[Block, ...], Answered]:
    async def once() -> tuple[tuple[Block, ...], Answered]:
        async with API.open_model(transport, url, "sk-test", model, "s", (TOOL,)) as opened:
            return await opened.answer(CONVERSATION)

    return asyncio.run(once())


class Transport(httpx2.AsyncBaseTransport):
    """Answers every request alike and counts them."""

    def __init__(self, answer: Callable[[httpx2.Request], httpx2.Response]) -> None:
        self._answer, self.seen = answer, list[httpx2.Request]()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        return self._answer(request)


def answers(status: int, **content: Any) -> Transport:
    return Transport(lambda _: httpx2.Response(status, **content))


def test_the_body_is_sent_as_it_was_built_and_the_answer_read_as_it_came() -> None:
    blocks = [THINKING, {"type": "of_tomorrow", "x": 1}]
    transport = answers(200, json=reply(*blocks, relay={"usage": "estimated"}))
    assert ask(transport) == read_body(reply(*blocks, relay={"usage": "estimated"}))
    (sent,) = transport.seen
    assert (sent.method, str(sent.url)) == ("POST", f"{URL}/v1/messages")
    assert json.loads(sent.content) == build_request("claude-x", "s", (TOOL,), CONVERSATION)


@try_cases("kind", ["text/plain", "application/json; charset=utf-8", None])
def test_a_message_is_read_whatever_its_content_type_is_called(kind: str | None) -> None:
    headers = {"content-type": kind} if kind else {}
    content = json.dumps(reply({"type": "text", "text": "ü"})).encode()
    blocks, _ = ask(answers(200, content=content, headers=headers))
    assert blocks == (Say(text="ü"),)


def refusal(type_: str, message: str) -> dict[str, Any]:
    return {"type": "error", "error": {"type": type_, "message": message}, "request_id": "req_1"}


@try_cases(
    ("status", "content", "told"),
    [
        (401, {"json": refusal("authentication_error", "invalid x-api-key")}, "invalid x-api-key"),
        (404, {"json": refusal("not_found_error", "model: claude-x")}, "model: claude-x"),
        (404, {"text": HTML}, "Bad Gateway"),
        (429, {"json": refusal("rate_limit_error", "slow\ndown")}, "RateLimitError"),
        (429, {"text": "", "headers": {"retry-after": "60"}}, "429"),
        (500, {"json": refusal("api_error", "Internal server error")}, "Internal server error"),
        (502, {"text": HTML * 100}, "Bad Gateway"),
        (529, {"json": refusal("overloaded_error", "Overloaded")}, "Overloaded"),
        (400, {"json": ["what"]}, "400"),
        (200, {"html": HTML}, "not a message: <html>"),
        (200, {"text": HTML, "headers": {"content-type": "application/json"}}, "not a message"),
        (200, {"text": '{"type": "message", "con'}, "not a message"),
        (
            200,
            {
                "content": b'{"type": "message", "con',
                "headers": {"content-type": "application/json"},
            },
            "not a message",
        ),
        (200, {"content": b"\xff\xfe", "headers": {"content-type": "application/json"}}, "not a m"),
        (200, {"content": b""}, "not a message"),
        (200, {"json": None}, "not a message"),
        (200, {"json": [reply()]}, "not a message"),
        (204, {}, "not a message"),
    ],
)
def test_what_the_api_refuses_or_garbles_is_told_in_words_and_asked_for_once(
    status: int, content: dict[str, Any], told: str
) -> None:
    transport = answers(status, **content)
    with pytest.raises(ProviderError) as caught:
        ask(transport)
    text = str(caught.value)
    assert told in text
    assert "Traceback" not in text
    assert len(text.split("\n")) <= 3
    assert len(text) < 600
    assert len(transport.seen) == 1


@try_cases(
    "message",
    [
        "prompt is too long: 210000 tokens > 200000 maximum",
        "input length and `max_tokens` exceed context limit: 188240 + 21333 > 200000",
    ],
)
def test_a_prompt_that_is_too_long_is_an_overflow_live_and_read_back(message: str) -> None:
    body = refusal("invalid_request_error", message)
    with pytest.raises(ContextOverflow, match=r"too long|context limit"):
        ask(answers(400, json=body))
    with pytest.raises(ContextOverflow):
        read_body(body)


@try_cases(
    ("status", "body"),
    [
        (500, refusal("api_error", "prompt is too long")),
        (413, refusal("request_too_large", "Request exceeds the maximum size")),
        (400, refusal("invalid_request_error", "max_tokens: Input should be at least 1")),
        (400, {"prompt": "prompt is too long"}),
    ],
)
def test_another_refusal_is_no_overflow(status: int, body: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as caught:
        ask(answers(status, json=body))
    assert not isinstance(caught.value, ContextOverflow)


def test_a_connection_that_is_refused_is_told_with_the_address_and_the_reason() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}"
    with pytest.raises(ProviderError, match=f"^{url}/v1/messages: .*Connection error.*connect"):
        ask(httpx2.AsyncHTTPTransport(), url=url)


@try_cases(
    "error", [httpx2.ReadTimeout("too slow"), httpx2.ReadError(""), OSError(104, "reset by peer")]
)
def test_a_connection_that_breaks_is_the_providers_fault(error: Exception) -> None:
    def broken(_: httpx2.Request) -> httpx2.Response:
        raise error

    transport = Transport(broken)
    with pytest.raises(ProviderError, match=f"^{URL}/v1/messages: API"):
        ask(transport)
    assert len(transport.seen) == 1


@try_cases("error", [BrokenRecording("line 1\n  line 2"), ProviderError("none")])
def test_an_error_of_ours_inside_the_transport_comes_out_as_itself(error: HarnessError) -> None:
    def broken(_: httpx2.Request) -> httpx2.Response:
        raise error

    with pytest.raises(type(error)) as caught:
        ask(Transport(broken))
    assert caught.value is error


def test_a_key_never_gets_into_an_error() -> None:
    with pytest.raises(ProviderError) as caught:
        ask(answers(401, json=refusal("authentication_error", "invalid x-api-key")))
    assert "sk-test" not in str(caught.value)


# Models that end


def test_a_model_that_is_to_end_is_told_with_the_day() -> None:
    from anthropic.resources.messages import DEPRECATED_MODELS

    name, day = next(iter(DEPRECATED_MODELS.items()))
    assert find_deprecation(name) == f"{name} is deprecated and will reach its end of life on {day}"
    assert ask(answers(200, json=reply()), model=name)[0] == ()  # and no warning is raised


def test_a_model_that_is_not_to_end_or_not_known_is_not_told_of() -> None:
    assert find_deprecation("claude-of-tomorrow") is None
    assert find_deprecation("relay/claude") is None


def test_an_answer_that_does_not_say_why_it_stopped_is_a_fault_and_no_outcome() -> None:
    with pytest.raises(ProviderError, match="does not say why it stopped"):
        read_body({"type": "message", "content": [], "stop_reason": None})
