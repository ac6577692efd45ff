"""Puts one question to a judge, through the SDK of whoever provides it."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import httpx2

from promptverdict.core.clock import format_now
from promptverdict.core.errors import ProviderError
from promptverdict.providers.connection import Connection
from promptverdict.providers.receiving import receive
from promptverdict.providers.registry import is_by_hand, load_api
from promptverdict.trials.provenance import Origin
from promptverdict.trials.transcript import Answered, User


@dataclass(frozen=True)
class Judge:
    """Who is asked, and the way there."""

    model: str
    """As `provider/name`."""
    relay: str
    """Where the relay answers."""
    network: Callable[[], httpx2.AsyncBaseTransport]
    """Opens the way to the model, a new one for each question."""


@dataclass(frozen=True)
class Received:
    """What came of one request."""

    request: str
    """Hash of the request's body."""
    body: bytes
    """Of the answer, as it came."""


async def send(judge: Judge, system: str, tool: dict[str, Any], message: str) -> Received:
    """Send a message to be answered by a call of a tool.

    Raises ProviderError when no answer comes.
    """
    listener = _Listener(judge.network())
    connection = Connection(listener, judge.relay, replay=False)
    forced = load_api(judge.model).force_tool(tool["name"])
    try:
        async with connection.open_model(judge.model, system, (tool,), forced) as model:
            await model.answer((User(text=message),))
    except ProviderError:
        # An answer that came and is none of the API's is the judge's fault, and is stored as one.
        if listener.answer is None:
            raise
    digest = "sha256:" + hashlib.sha256(listener.request).hexdigest()
    return Received(digest, listener.answer or b"")


def describe_reply(model: str, received: Received, answered: Answered | None) -> dict[str, Any]:
    """Return the fields of a StoredReply. model: who was asked, as `provider/name`."""
    return {
        "answered": answered.model if answered else "",
        "evidence": _classify_evidence(model, answered),
        "operator": answered.operator if answered else None,
        "recorded": format_now(),
        "request": received.request,
        "response": received.body.decode("utf-8", "replace"),
    }


def _classify_evidence(model: str, answered: Answered | None) -> Origin:
    """Return what an answer is evidence of: a provider's model, someone by hand, or a script."""
    if answered and answered.operator:
        return "relay"
    return "simulated" if is_by_hand(model) else "live"


class _Listener(httpx2.AsyncBaseTransport):
    """Notes what was sent, and the answer if one came.

    The SDK would hand out a parsed answer; what is stored is its body, byte for byte.
    """

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
