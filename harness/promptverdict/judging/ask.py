"""Puts one question to a judge, through the SDK of whoever provides it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Literal

import httpx2

from promptverdict.core.errors import ProviderError
from promptverdict.judging.answer import read_verdict
from promptverdict.judging.prompt import SYSTEM, TOOL, Asked
from promptverdict.judging.storage import Answer
from promptverdict.providers.connection import Line
from promptverdict.providers.receiving import receive
from promptverdict.providers.registry import api, is_by_hand
from promptverdict.trials.transcript import Answered, User


@dataclass(frozen=True)
class Judge:
    """Who is asked, and the way there."""

    model: str
    """As `provider/name`."""
    relay: str
    """Where the relay answers."""
    network: Callable[[], httpx2.AsyncBaseTransport]
    """Gives the way to the model, a new one for each question."""


@dataclass(frozen=True)
class Received:
    """What came of one request."""

    request: str
    """Hash of the request's body."""
    body: bytes
    """Of the answer, as it came."""


async def ask(judge: Judge, asked: Asked) -> Answer:
    """Ask one question. Raises ProviderError when no answer comes."""
    received = await put(judge, SYSTEM, TOOL, asked.message)
    verdict, answered = read_verdict(judge.model, received.body)
    return Answer(
        key=asked.key(judge.model),
        question=asked.question,
        about=asked.about,
        model=judge.model,
        answered=answered.model if answered else "",
        evidence=kind_of(judge.model, answered),
        operator=answered.operator if answered else None,
        recorded=now(),
        request=received.request,
        response=received.body.decode("utf-8", "replace"),
        verdict=verdict,
    )


async def put(judge: Judge, system: str, tool: dict[str, Any], message: str) -> Received:
    """Send a message to be answered by a call of a tool.

    Raises ProviderError when no answer comes.
    """
    heard = _Heard(judge.network())
    line = Line(heard, judge.relay, replay=False)
    forced = api(judge.model).forced(tool["name"])
    try:
        async with line.open(judge.model, system, (tool,), forced) as model:
            await model.answer((User(text=message),))
    except ProviderError:
        # One that came and is none of the API's is the judge's fault, and its verdict says so.
        if heard.answer is None:
            raise
    digest = "sha256:" + hashlib.sha256(heard.request).hexdigest()
    return Received(digest, heard.answer or b"")


def kind_of(model: str, answered: Answered | None) -> Literal["live", "relay", "simulated"]:
    """Say what an answer is evidence of: a provider's model, someone by hand, or a script."""
    if answered and answered.operator:
        return "relay"
    return "simulated" if is_by_hand(model) else "live"


def now() -> str:
    """Tell the time in UTC, to the second."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class _Heard(httpx2.AsyncBaseTransport):
    """Keeps what was sent, and the answer if one came."""

    def __init__(self, network: httpx2.AsyncBaseTransport) -> None:
        self._network = network
        self.request = b""
        self.answer: bytes | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        self.request = await request.aread()
        response = await receive(await self._network.handle_async_request(request))
        if response.status_code < 400:
            self.answer = response.content
        return response

    async def aclose(self) -> None:
        await self._network.aclose()
