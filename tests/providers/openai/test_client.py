"""OpenAI's two APIs through the SDK: what is sent is what was built, what fails is told."""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2
import pytest
from promptverdict.core.errors import BrokenRecording, ContextOverflow, HarnessError, ProviderError
from promptverdict.providers.interface import Api
from promptverdict.providers.registry import load_api
from promptverdict.trials.transcript import Answered, Block, Event, Result, Say, User

URL = "https://api.example.org/v1"
TOOL = {"name": "Bash", "description": "Run it", "input_schema": {"type": "object"}}
HTML = "<html>\n<head><title>502</title></head>\n<body>\n<h1>Bad Gateway</h1>\n</body>\n</html>\n"
CONVERSATION: tuple[Event, ...] = (
    User(text="Hi"),
    Say(text="Ho."),
    Answered(model="m", stop="done"),
    Result(call="call_1", text="ü"),
)


@dataclass(frozen=True)
class Case:
    """One of the two APIs, where it answers, and an answer of it."""

    name: str
    path: str
    reply: dict[str, Any]
    what: str

    @property
    def module(self) -> Api:
        return load_api(f"{self.name}/gpt-x")


CHAT = Case(
    "openai-chat",
    "/chat/completions",
    {"choices": [{"message": {"content": "ü"}, "finish_reason": "stop"}], "model": "gpt-x-1"},
    "a completion",
)
RESPONSES = Case(
    "openai",
    "/responses",
    {
        "status": "completed",
        "output": [{"type": "message", "content": [{"type": "output_text", "text": "ü"}]}],
        "model": "gpt-x-1",
    },
    "a response",
)
EITHER = pytest.mark.parametrize("case", [CHAT, RESPONSES], ids=lambda case: case.name)


class Transport(httpx2.AsyncBaseTransport):
    """Answers every request alike and keeps them."""

    def __init__(self, answer: Callable[[httpx2.Request], httpx2.Response]) -> None:
        self._answer, self.seen = answer, list[httpx2.Request]()

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.seen.append(request)
        return self._answer(request)


def answers(status: int, **content: Any) -> Transport:
    return Transport(lambda _: httpx2.Response(status, **content))


def ask(
    case: Case, transport: httpx2.AsyncBaseTransport, url: str = URL
) -> tuple[tuple[Block, ...], Answered]:
    async def once() -> tuple[tuple[Block, ...], Answered]:
        given = {"temperature": 0}
        opened = case.module.open_model(transport, url, "sk-test", "gpt-x", "s", (TOOL,), given)
        async with opened as model:
            return await model.answer(CONVERSATION)

    return asyncio.run(once())


@EITHER
def test_the_body_is_sent_as_it_was_built_and_the_answer_read_as_it_came(case: Case) -> None:
    transport = answers(200, json=case.reply)
    blocks, answered = ask(case, transport)
    assert (blocks, answered) == case.module.read_answer(json.dumps(case.reply).encode())
    assert [block.text for block in blocks if isinstance(block, Say)] == ["ü"]
    (sent,) = transport.seen
    assert (sent.method, str(sent.url)) == ("POST", f"{URL}{case.path}")
    assert sent.headers["authorization"] == "Bearer sk-test"
    wanted = case.module.build_request("gpt-x", "s", (TOOL,), CONVERSATION, {"temperature": 0})
    assert json.loads(sent.content) == wanted


@EITHER
@pytest.mark.parametrize("kind", ["text/plain", "application/json; charset=utf-8", None])
def test_an_answer_is_read_whatever_its_content_type_is_called(
    case: Case, kind: str | None
) -> None:
    headers = {"content-type": kind} if kind else {}
    content = json.dumps(case.reply).encode()
    blocks, _ = ask(case, answers(200, content=content, headers=headers))
    assert blocks == case.module.read_answer(content)[0]


def test_both_name_the_sdk_the_key_and_the_place() -> None:
    for case in (CHAT, RESPONSES):
        module = case.module
        assert (module.sdk, module.key_variable) == ("openai", "OPENAI_API_KEY")
        assert module.url == "https://api.openai.com/v1"
        assert module.url_variable == "OPENAI_BASE_URL"


def refusal(message: str, code: str | None = None) -> dict[str, Any]:
    return {"error": {"message": message, "type": "e", "param": None, "code": code}}


@EITHER
@pytest.mark.parametrize(
    ("status", "content", "told"),
    [
        (401, {"json": refusal("Incorrect API key", "invalid_api_key")}, "Incorrect API key"),
        (404, {"json": refusal("no model gpt-x", "model_not_found")}, "no model gpt-x"),
        (404, {"text": HTML}, "Bad Gateway"),
        (429, {"json": refusal("slow\ndown")}, "RateLimitError"),
        (429, {"text": "", "headers": {"retry-after": "60"}}, "429"),
        (500, {"json": refusal("Internal server error")}, "Internal server error"),
        (502, {"text": HTML * 100}, "Bad Gateway"),
        (400, {"json": ["what"]}, "what"),
        (422, {"json": {"detail": "model not loaded"}}, "model not loaded"),
        (200, {"html": HTML}, "not {what}: <html>"),
        (200, {"text": HTML, "headers": {"content-type": "application/json"}}, "not {what}"),
        (
            200,
            {"content": b'{"model": ', "headers": {"content-type": "application/json"}},
            "not {what}",
        ),
        (200, {"content": b"\xff\xfe"}, "not {what}"),
        (200, {"content": b""}, "not {what}"),
        (200, {"json": None}, "not {what}"),
        (200, {"json": refusal("Overloaded")}, "Overloaded"),
        (204, {}, "not {what}"),
    ],
)
def test_what_the_api_refuses_or_garbles_is_told_in_words_and_asked_for_once(
    case: Case, status: int, content: dict[str, Any], told: str
) -> None:
    transport = answers(status, **content)
    with pytest.raises(ProviderError) as caught:
        ask(case, transport)
    text = str(caught.value)
    assert told.format(what=case.what) in text
    assert "Traceback" not in text
    assert "\n" not in text
    assert "sk-test" not in text
    assert len(text) < 600
    assert len(transport.seen) == 1


TOO_LONG = [
    refusal("Your input exceeds the context window of this model.", "context_length_exceeded"),
    refusal("This model's maximum context length is 8192 tokens.", "invalid_request_error"),
]


@EITHER
@pytest.mark.parametrize("body", TOO_LONG)
def test_a_prompt_that_is_too_long_is_an_overflow_live_and_read_back(
    case: Case, body: dict[str, Any]
) -> None:
    with pytest.raises(ContextOverflow, match="context"):
        ask(case, answers(400, json=body))
    with pytest.raises(ContextOverflow):
        case.module.read_answer(json.dumps(body).encode())


@EITHER
@pytest.mark.parametrize(
    ("status", "body"), [(500, TOO_LONG[0]), (400, refusal("max_tokens is too large"))]
)
def test_another_refusal_is_no_overflow(case: Case, status: int, body: dict[str, Any]) -> None:
    with pytest.raises(ProviderError) as caught:
        ask(case, answers(status, json=body))
    assert not isinstance(caught.value, ContextOverflow)


@EITHER
def test_a_connection_that_is_refused_is_told_with_the_address_and_the_reason(case: Case) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        url = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
    with pytest.raises(ProviderError, match=f"^{url}{case.path}: .*Connection error.*connect"):
        ask(case, httpx2.AsyncHTTPTransport(), url)


@EITHER
@pytest.mark.parametrize("error", [httpx2.ReadTimeout("too slow"), httpx2.ReadError("")])
def test_a_connection_that_breaks_is_the_providers_fault(case: Case, error: Exception) -> None:
    def broken(_: httpx2.Request) -> httpx2.Response:
        raise error

    transport = Transport(broken)
    with pytest.raises(ProviderError, match=f"^{URL}{case.path}: API"):
        ask(case, transport)
    assert len(transport.seen) == 1


@EITHER
@pytest.mark.parametrize("error", [BrokenRecording("line 1\n  line 2"), ProviderError("none")])
def test_an_error_of_ours_inside_the_transport_comes_out_as_itself(
    case: Case, error: HarnessError
) -> None:
    def broken(_: httpx2.Request) -> httpx2.Response:
        raise error

    with pytest.raises(type(error)) as caught:
        ask(case, Transport(broken))
    assert caught.value is error


@EITHER
@pytest.mark.parametrize("error", [BrokenRecording("none"), OSError(28, "no space left")])
def test_an_error_that_is_raised_again_comes_out_again(case: Case, error: Exception) -> None:
    """A transport may keep an error and raise it for every request that follows."""

    def broken(_: httpx2.Request) -> httpx2.Response:
        raise error

    for _ in range(3):
        with pytest.raises(type(error)) as caught:
            ask(case, Transport(broken))
        assert caught.value is error
