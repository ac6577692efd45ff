"""What a replay posts through: the SDK's requests and errors, without the SDK."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import httpx2
import pytest
from promptverdict.core.errors import BrokenRecording, ContextOverflow, ProviderError
from promptverdict.core.threads import run_without_waiting
from promptverdict.providers.plain_client import Player, post_to_player
from promptverdict.providers.registry import load_api
from promptverdict.recording.matching import prepare_request
from promptverdict.trials.transcript import User
from vcr.request import Request

from tests.cases import try_cases

BODY = {"model": "m", "messages": [{"role": "user", "content": "h\u00e9 \U0001f600 \ud800"}]}


class Heard(httpx2.AsyncBaseTransport):
    """Hears requests, and gives one answer."""

    def __init__(self, status: int = 200, content: bytes = b"{}") -> None:
        self._status, self._content = status, content
        self.requests: list[Request] = []

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        body = await request.aread()
        known = Request(request.method, str(request.url), body, dict(request.headers))
        self.requests.append(prepare_request(known))
        return httpx2.Response(self._status, content=self._content)


class HearingPlayer(Player):
    """Hears requests without an SDK, and gives one answer."""

    def __init__(self, heard: Heard, status: int = 200, content: bytes = b"{}") -> None:
        self._heard, self._status, self._content = heard, status, content

    def play(self, path: str, body: dict[str, Any]) -> tuple[int, bytes]:
        self._heard.requests.append(prepare_request(Request("POST", path, json.dumps(body), {})))
        return self._status, self._content


def post(player: Player) -> bytes:
    return run_without_waiting(post_to_player(player, "/v1/messages", BODY)).content


def test_an_answer_is_read() -> None:
    heard = Heard()
    assert post(HearingPlayer(heard, content=b'{"a": 1}')) == b'{"a": 1}'
    assert json.loads(heard.requests[0].body) == BODY


@try_cases("model", ["anthropic/m", "openai/m", "openai-chat/m"])
def test_it_asks_what_the_sdk_asks(model: str) -> None:
    """Compare what a recording is matched by: method, path and body."""
    api = load_api(model)
    events = (User(text="h\u00e9 \U0001f600: 1.0, \u2028"),)
    parameters: dict[str, Any] = {"temperature": 0.5, "stream": False}
    keys = []
    for through_sdk in (True, False):
        heard = Heard(content=b"{}")

        async def ask(heard: Heard = heard, through_sdk: bool = through_sdk) -> None:
            if not through_sdk:
                played = api.open_replay(HearingPlayer(heard), "m", "Be kind.", (), parameters)
                await played.answer(events)
            opened = api.open_model(heard, api.url, "none", "m", "Be kind.", (), parameters)
            async with opened as conversation:
                await conversation.answer(events)

        with pytest.raises(ProviderError):  # {} is no answer
            asyncio.run(ask())
        keys += [request.key for request in heard.requests]
    assert len(keys) == 2
    assert keys[0] == keys[1]


def test_an_overflow_is_one_and_another_refusal_is_none() -> None:
    words = "prompt is too long: 300 tokens"
    refusal = json.dumps({"error": {"message": words}}).encode()
    with pytest.raises(ContextOverflow) as caught:
        post(HearingPlayer(Heard(), 400, refusal))
    assert caught.value.words == words
    with pytest.raises(ProviderError) as other:
        post(HearingPlayer(Heard(), 500, b"down"))
    assert type(other.value) is ProviderError


def test_what_the_player_raises_is_passed_on() -> None:
    class Broken(Player):
        def play(self, path: str, body: dict[str, Any]) -> tuple[int, bytes]:
            raise BrokenRecording("not recorded")

    with pytest.raises(BrokenRecording):
        post(Broken())
