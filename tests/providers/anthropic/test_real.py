"""What Anthropic's API really answered is read, and sent back without losing anything."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import anthropic
import httpx2
import pytest
from promptverdict.core.errors import ProviderError
from promptverdict.providers.anthropic.answer import assemble_stream
from promptverdict.providers.anthropic.api import API, build_request, read_answer
from promptverdict.providers.wire import (
    is_stream,
)
from promptverdict.trials.transcript import Answered, Block, Call, Opaque, Result, Say, User

from tests.cases import try_cases
from tests.providers.real import Exchange, exchanges, recordings

FILES = recordings("anthropic__")
if not FILES:
    pytest.skip("the real exchanges are not part of the project", allow_module_level=True)

MESSAGES = [
    pytest.param(exchange, id=f"{path.stem.removeprefix('anthropic__')}-{number}")
    for path in FILES
    for number, exchange in enumerate(exchanges(path))
    if exchange.path == "/v1/messages"
]
GOOD = [param for param in MESSAGES if param.values[0].status == 200]
STREAMED = [param for param in GOOD if is_stream(param.values[0].response_body)]
REFUSED = [param for param in MESSAGES if param.values[0].status >= 400]


def message_of(exchange: Exchange) -> dict[str, Any]:
    body = exchange.response_body
    return assemble_stream(body) if is_stream(body) else json.loads(body)


def without_nulls(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


def is_blank(block: dict[str, Any]) -> bool:
    """Whether a block is text without a word, which the API answers and does not take back."""
    return block["type"] == "text" and not block["text"].strip()


def by_the_sdk(content: bytes) -> dict[str, Any]:
    headers = {"content-type": "text/event-stream"}
    http = httpx2.Client(
        transport=httpx2.MockTransport(
            lambda _: httpx2.Response(200, content=content, headers=headers)
        )
    )
    with (
        anthropic.Anthropic(api_key="none", http_client=http, max_retries=0) as client,
        client.beta.messages.stream(
            model="claude-x", max_tokens=9, messages=[{"role": "user", "content": "Hi"}]
        ) as stream,
    ):
        return stream.get_final_message().to_dict()


def ask(exchange: Exchange) -> tuple[tuple[Block, ...], Answered]:
    def answer(_: httpx2.Request) -> httpx2.Response:
        headers = {"content-type": exchange.response_headers["content-type"]}
        return httpx2.Response(exchange.status, content=exchange.response_body, headers=headers)

    async def once() -> tuple[tuple[Block, ...], Answered]:
        transport = httpx2.MockTransport(answer)
        async with API.open_model(transport, "https://x", "k", "m", "s", ()) as model:
            return await model.answer((User(text="Hi"),))

    return asyncio.run(once())


def test_there_are_exchanges_of_every_kind() -> None:
    assert len(GOOD) > 40
    assert len(STREAMED) == 5
    assert len(REFUSED) == 2


@try_cases("exchange", GOOD)
def test_an_answer_is_read_and_sent_back_as_it_came(exchange: Exchange) -> None:
    message = message_of(exchange)
    blocks, answered = read_answer(exchange.response_body)
    assert len(blocks) == len(message["content"])
    results = [Result(call=one.id, text="ok") for one in blocks if isinstance(one, Call)]
    events = (User(text="Hi"), *blocks, answered, *results, User(text="Go on."))
    sent = build_request("m", "s", (), events)["messages"][1]
    assert sent["role"] == "assistant"
    told = [block for block in message["content"] if not is_blank(block)]
    assert without_nulls(sent["content"]) == without_nulls(told)


@try_cases("exchange", GOOD)
def test_text_calls_and_tokens_are_what_the_answer_held(exchange: Exchange) -> None:
    message = message_of(exchange)
    blocks, answered = read_answer(exchange.response_body)
    texts = [one["text"] for one in message["content"] if one["type"] == "text"]
    assert [one.text for one in blocks if isinstance(one, Say)] == texts
    uses = [one for one in message["content"] if one["type"] == "tool_use"]
    calls = [one for one in blocks if isinstance(one, Call)]
    assert [(one.id, one.tool, one.args) for one in calls] == [
        (one["id"], one["name"], one["input"]) for one in uses
    ]
    assert not any(one.unreadable for one in calls)
    kinds = {one.block["type"] for one in blocks if isinstance(one, Opaque)}
    assert not kinds & {"text", "tool_use"}
    usage = message["usage"]
    assert answered.usage.output == usage["output_tokens"]
    assert answered.usage.input == sum(
        usage.get(key) or 0
        for key in ("input_tokens", "cache_read_input_tokens", "cache_creation_input_tokens")
    )
    assert answered.model == message["model"]
    assert answered.stop == {"tool_use": "calls", "end_turn": "done"}[message["stop_reason"]]


@try_cases("exchange", GOOD)
def test_an_answer_is_heard_through_the_sdk_as_it_is_read(exchange: Exchange) -> None:
    assert ask(exchange) == read_answer(exchange.response_body)


@try_cases("exchange", STREAMED)
def test_a_stream_is_put_together_as_the_sdk_does(exchange: Exchange) -> None:
    mine, its = assemble_stream(exchange.response_body), by_the_sdk(exchange.response_body)
    for key in ("id", "model", "role", "stop_reason", "stop_sequence", "usage", "content"):
        assert without_nulls(mine[key]) == without_nulls(its[key]), key


@try_cases("exchange", STREAMED)
def test_a_stream_that_is_cut_is_never_read_as_whole(exchange: Exchange) -> None:
    body = exchange.response_body
    whole = body.index(b"event: message_stop")
    for length in range(0, whole, max(1, whole // 97)):
        with pytest.raises(ProviderError):
            read_answer(body[:length])


@try_cases("exchange", REFUSED)
def test_a_refusal_is_the_providers_fault_in_its_words(exchange: Exchange) -> None:
    told = json.loads(exchange.response_body)["error"]["message"]
    with pytest.raises(ProviderError) as caught:
        ask(exchange)
    assert told in str(caught.value)
    with pytest.raises(ProviderError):
        read_answer(exchange.response_body)


def test_every_exchange_is_accounted_for() -> None:
    """Left out: what went to another provider's API, and files put up and taken down."""
    paths = {one.path for path in FILES for one in exchanges(path)}
    left_out = {one for one in paths if not one.endswith("/v1/messages")}
    assert all(one == "/v1/responses" or one.startswith("/v1/files") for one in left_out)
