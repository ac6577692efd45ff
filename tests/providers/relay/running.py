"""A real relay on a free port, clients of the real SDK, and answerers, for tests."""

from __future__ import annotations

import asyncio
import queue
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

import httpx2
from anthropic import AsyncAnthropic
from openai import AsyncOpenAI
from promptverdict.providers.relay import client
from promptverdict.providers.relay.canonical import View
from promptverdict.providers.relay.conversations import Patience
from promptverdict.providers.relay.server import open_relay
from promptverdict.trials.toolset import TOOLS

from tests.fakes import open_network

MODEL = "relay/claude"
OFFERED = [tool for tool in TOOLS if tool["name"] in ("Write", "Edit", "MultiEdit", "Bash")]
SHORT = Patience(follow_up=0.3, after_end=0.6)


@dataclass
class Relay:
    url: str
    log: list[str] = field(default_factory=list)

    def api(self) -> AsyncAnthropic:
        return AsyncAnthropic(base_url=self.url, **self._options())

    def openai(self) -> AsyncOpenAI:
        return AsyncOpenAI(base_url=f"{self.url}/v1", **self._options())

    def _options(self) -> dict[str, Any]:
        http = httpx2.AsyncClient(transport=open_network())  # the SDK's own reads certificates anew
        return {"api_key": "relay", "max_retries": 0, "timeout": 15, "http_client": http}

    def take(self, conversation: str | None = None, wait: float = 10) -> View:
        found = client.take(self.url, conversation, wait)
        assert isinstance(found, View), found
        return found

    def state(self, conversation: str | None = None, wait: float = 10) -> str:
        found = client.take(self.url, conversation, wait)
        assert isinstance(found, str), found
        return found

    def answer(self, conversation: str, text: str) -> str:
        return client.answer(self.url, conversation, text)


@contextmanager
def running(patience: Patience = SHORT) -> Iterator[Relay]:
    """Serve from a thread of its own, until the block ends."""
    ready: queue.Queue[tuple[Relay, asyncio.AbstractEventLoop, asyncio.Event]] = queue.Queue()

    async def serve() -> None:
        log: list[str] = []
        async with open_relay("claude", "a test", 0, log.append, patience) as url:
            stop = asyncio.Event()
            ready.put((Relay(url, log), asyncio.get_running_loop(), stop))
            await stop.wait()

    thread = threading.Thread(target=asyncio.run, args=(serve(),))
    thread.start()
    relay, loop, stop = ready.get(timeout=10)
    try:
        yield relay
    finally:
        loop.call_soon_threadsafe(stop.set)
        thread.join(10)


async def ask(api: AsyncAnthropic, messages: list[Any], **more: Any) -> Any:
    """Ask for one answer, with tools."""
    order: dict[str, Any] = {"model": MODEL, "max_tokens": 1000, "tools": OFFERED, **more}
    return await api.messages.create(messages=messages, **order)


def follow(messages: list[Any], reply: Any, results: str | list[str]) -> list[Any]:
    """Add an answer and what comes back: a result for each call, or what the user says."""
    content = [block.to_dict() for block in reply.content]
    back: Any = results
    if isinstance(results, list):
        calls = [block for block in content if block["type"] == "tool_use"]
        back = [
            {"type": "tool_result", "tool_use_id": call["id"], "content": text}
            for call, text in zip(calls, results, strict=True)
        ]
    return [*messages, {"role": "assistant", "content": content}, {"role": "user", "content": back}]


def user(text: str) -> list[Any]:
    return [{"role": "user", "content": text}]
