"""What OpenAI's APIs really answered is read, and sent back without losing anything."""

from __future__ import annotations

import asyncio
import copy
import functools
import json
from typing import Any

import httpx2
import pytest
from promptverdict.core.errors import ProviderError
from promptverdict.providers.interface import Api
from promptverdict.providers.openai import chat_stream, responses_answer
from promptverdict.providers.registry import load_api
from promptverdict.providers.wire import (
    is_stream,
)
from promptverdict.trials.transcript import Answered, Block, Call, Result, Say, User

from tests.cases import try_cases
from tests.providers.openai_sdk import completion, response, without_nulls
from tests.providers.real import Exchange, exchanges, recordings

FILES = recordings("")
if not FILES:
    pytest.skip("the real exchanges are not part of the project", allow_module_level=True)

ALL = [
    pytest.param(exchange, id=f"{path.stem}-{number}")
    for path in FILES
    for number, exchange in enumerate(exchanges(path))
]


def asked(path: str) -> list[Any]:
    return [param for param in ALL if param.values[0].path.startswith(path)]


def status_of(exchange: Exchange) -> str | None:
    content = exchange.response_body
    body = {} if is_stream(content) else json.loads(content)
    status: str | None = body.get("status")
    return status


CHAT = asked("/v1/chat/completions")
RESPONSES = asked("/v1/responses")
REFUSED = [param for param in CHAT + RESPONSES if param.values[0].status >= 400]
QUEUED = [param for param in RESPONSES if status_of(param.values[0]) == "queued"]
GOOD_CHAT = [param for param in CHAT if param not in REFUSED]
GOOD_RESPONSES = [param for param in RESPONSES if param not in REFUSED + QUEUED]
STREAMED = [
    param for param in GOOD_CHAT + GOOD_RESPONSES if is_stream(param.values[0].response_body)
]


def is_chat(exchange: Exchange) -> bool:
    return exchange.path == "/v1/chat/completions"


def module(exchange: Exchange) -> Api:
    return load_api("openai-chat/x" if is_chat(exchange) else "openai/x")


def whole(exchange: Exchange) -> dict[str, Any]:
    """Give an answer's body as the service gave it plain, or as the SDK puts it together."""
    content = exchange.response_body
    if is_stream(content):
        return copy.deepcopy(put_together(content, is_chat(exchange)))
    body: dict[str, Any] = json.loads(content)
    return body


@functools.cache
def put_together(content: bytes, chat: bool) -> dict[str, Any]:
    """Put a stream together with the SDK, once for all tests."""
    return completion(content) if chat else response(content)


def ask(exchange: Exchange) -> tuple[tuple[Block, ...], Answered]:
    def answer(_: httpx2.Request) -> httpx2.Response:
        headers = {"content-type": exchange.response_headers["content-type"]}
        return httpx2.Response(exchange.status, content=exchange.response_body, headers=headers)

    async def once() -> tuple[tuple[Block, ...], Answered]:
        transport = httpx2.MockTransport(answer)
        opened = module(exchange).open_model(transport, "https://x", "k", "m", "s", ())
        async with opened as model:
            return await model.answer((User(text="Hi"),))

    return asyncio.run(once())


def next_request(exchange: Exchange) -> dict[str, Any]:
    blocks, answered = module(exchange).read_answer(exchange.response_body)
    results = [Result(call=one.id, text="ok") for one in blocks if isinstance(one, Call)]
    events = (User(text="Hi"), *blocks, answered, *results)
    return module(exchange).build_request("m", "s", (), events)


def test_there_are_exchanges_of_every_kind() -> None:
    assert len(GOOD_CHAT) == 33
    assert len(GOOD_RESPONSES) == 27
    assert len(STREAMED) == 16
    assert len(REFUSED) == 4
    assert len(QUEUED) == 1


def test_every_exchange_is_accounted_for() -> None:
    """Left out: what went to other services, and a sound that was fetched."""
    here = CHAT + RESPONSES
    left_out = {param.values[0].path for param in ALL if param not in here}
    others = ("/v1/messages", "/v1/files", "/v1beta/models", "/mp3")
    assert all(path.startswith(others) for path in left_out)


@try_cases("exchange", GOOD_CHAT)
def test_a_message_is_read_and_sent_back_as_it_came(exchange: Exchange) -> None:
    message = whole(exchange)["choices"][0]["message"]
    assert not message.pop("annotations", None)
    sent = next_request(exchange)["messages"]
    assert without_nulls(sent[2]) == without_nulls(message)
    ids = [call["id"] for call in message.get("tool_calls") or ()]
    assert [one["tool_call_id"] for one in sent[3:]] == ids


@try_cases("exchange", GOOD_RESPONSES)
def test_items_are_read_and_sent_back_as_they_came(exchange: Exchange) -> None:
    output = whole(exchange)["output"]
    sent = next_request(exchange)["input"][1:]
    assert sent[: len(output)] == output
    ids = [item["call_id"] for item in output if item["type"] == "function_call"]
    assert [one["call_id"] for one in sent[len(output) :]] == ids


@try_cases("exchange", GOOD_CHAT)
def test_text_calls_and_tokens_are_what_the_completion_held(exchange: Exchange) -> None:
    body = whole(exchange)
    (choice,) = body["choices"]
    blocks, answered = module(exchange).read_answer(exchange.response_body)
    calls = [
        (call["id"], call["function"]["name"], json.loads(call["function"]["arguments"]))
        for call in choice["message"].get("tool_calls") or ()
    ]
    content = choice["message"].get("content")
    assert [one.text for one in blocks if isinstance(one, Say)] == [content] * (content is not None)
    assert [(o.id, o.tool, o.args) for o in blocks if isinstance(o, Call)] == calls
    assert answered.stop == {"stop": "done", "tool_calls": "calls"}[choice["finish_reason"]]
    assert answered.usage.input == body["usage"]["prompt_tokens"]
    assert answered.usage.output == body["usage"]["completion_tokens"]
    assert answered.usage.cache_read == body["usage"]["prompt_tokens_details"]["cached_tokens"]
    assert answered.model == body["model"]


@try_cases("exchange", GOOD_RESPONSES)
def test_text_calls_and_tokens_are_what_the_response_held(exchange: Exchange) -> None:
    body = whole(exchange)
    blocks, answered = module(exchange).read_answer(exchange.response_body)
    texts = [
        "".join(part["text"] for part in item["content"])
        for item in body["output"]
        if item["type"] == "message"
    ]
    calls = [
        (item["call_id"], item["name"], json.loads(item["arguments"]))
        for item in body["output"]
        if item["type"] == "function_call"
    ]
    assert [one.text for one in blocks if isinstance(one, Say)] == texts
    assert [(o.id, o.tool, o.args) for o in blocks if isinstance(o, Call)] == calls
    assert answered.stop == ("calls" if calls else "done")
    assert answered.usage.input == body["usage"]["input_tokens"]
    assert answered.usage.output == body["usage"]["output_tokens"]
    assert answered.usage.cache_read == body["usage"]["input_tokens_details"]["cached_tokens"]
    assert answered.model == body["model"]


@try_cases("exchange", GOOD_CHAT + GOOD_RESPONSES)
def test_an_answer_is_heard_through_the_sdk_as_it_is_read(exchange: Exchange) -> None:
    assert ask(exchange) == module(exchange).read_answer(exchange.response_body)


@try_cases("exchange", STREAMED)
def test_a_stream_is_put_together_as_the_sdk_does(exchange: Exchange) -> None:
    chat, content = is_chat(exchange), exchange.response_body
    of_chat, of_responses = chat_stream.assemble_stream, responses_answer.assemble_stream
    ours = of_chat(content) if chat else of_responses(content)
    for key in ("id", "model", "usage", "choices" if chat else "output"):
        assert without_nulls(ours[key]) == without_nulls(whole(exchange)[key]), key


@try_cases("exchange", STREAMED)
def test_a_stream_that_is_cut_is_never_read_as_whole(exchange: Exchange) -> None:
    body = exchange.response_body
    ends = (b'"finish_reason":"', b"event: response.completed")
    end = next(body.index(one) for one in ends if one in body)
    for length in range(0, end, max(1, end // 97)):
        with pytest.raises(ProviderError):
            module(exchange).read_answer(body[:length])


@try_cases("exchange", REFUSED)
def test_a_refusal_is_the_providers_fault_in_its_words(exchange: Exchange) -> None:
    told = json.loads(exchange.response_body)["error"]["message"]
    with pytest.raises(ProviderError) as caught:
        ask(exchange)
    assert told in str(caught.value)
    with pytest.raises(ProviderError):
        module(exchange).read_answer(exchange.response_body)


@try_cases("exchange", QUEUED)
def test_an_answer_that_was_only_queued_is_none(exchange: Exchange) -> None:
    with pytest.raises(ProviderError, match="not finished"):
        module(exchange).read_answer(exchange.response_body)
