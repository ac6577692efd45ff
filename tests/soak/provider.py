"""A provider of the Messages API on loopback that counts what is paid for, each answer by its id.

It runs in this process, on an event loop of its own, so that hundreds of clients cost little.
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import threading
import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from typing import Any

Blocks = list[dict[str, Any]]
Script = Callable[[dict[str, Any]], Blocks]


@dataclass
class Paid:
    """An answer that was sent whole."""

    id: str
    conversation: str
    turn: int
    sent: float
    """When its last byte went out, of time.monotonic()."""


@dataclass
class CountingProvider:
    """What was asked and paid for."""

    url: str = ""
    paid: list[Paid] = field(default_factory=list)
    refused: int = 0
    asked: set[tuple[str, int]] = field(default_factory=set)
    """Conversation and turn of every request."""

    def count_turns(self) -> dict[tuple[str, int], int]:
        """Count how often each turn of each conversation was paid for."""
        turns: dict[tuple[str, int], int] = defaultdict(int)
        for answer in self.paid:
            turns[answer.conversation, answer.turn] += 1
        return turns


@contextmanager
def serve_answers(
    script: Script,
    *,
    latency: float = 0.0,
    is_faulty: Callable[[str, int, int], bool] = lambda _name, _turn, _times: False,
) -> Iterator[CountingProvider]:
    """Serve a script's answers until the block ends.

    latency: seconds before each answer. is_faulty: whether a request, by its conversation, turn and
    how often it was made before, is refused as by a provider that has too much to do.
    """
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda _loop, _context: None)
    serving = _Serving(script, latency, is_faulty)
    server = loop.run_until_complete(
        asyncio.start_server(serving.serve, "127.0.0.1", 0, backlog=512)
    )
    serving.counted.url = f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield serving.counted
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    tasks = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


class _Serving:
    def __init__(
        self, script: Script, latency: float, is_faulty: Callable[[str, int, int], bool]
    ) -> None:
        self._script, self._latency, self._is_faulty = script, latency, is_faulty
        self._times: dict[tuple[str, int], int] = defaultdict(int)
        self.counted = CountingProvider()

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        with suppress(OSError, asyncio.IncompleteReadError):
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).lower()
                length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
                await self._answer(json.loads(await reader.readexactly(length)), writer)
        writer.close()

    async def _answer(self, body: dict[str, Any], writer: asyncio.StreamWriter) -> None:
        first = json.dumps([body["system"], body["messages"][0]])
        name = hashlib.sha256(first.encode()).hexdigest()[:12]
        turn = sum(message["role"] == "assistant" for message in body["messages"])
        self.counted.asked.add((name, turn))
        times = self._times[name, turn]
        self._times[name, turn] += 1
        await asyncio.sleep(self._latency)
        if self._is_faulty(name, turn, times):
            self.counted.refused += 1
            error = {"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}
            writer.write(_format_reply(529, error))
            await writer.drain()
            return
        answer_id = f"msg_{name}_{turn}_{times}"
        blocks = await asyncio.to_thread(self._script, body)
        writer.write(_format_reply(200, _format_message(answer_id, body, blocks)))
        await writer.drain()
        self.counted.paid.append(Paid(answer_id, name, turn, time.monotonic()))


def _format_message(answer_id: str, body: dict[str, Any], blocks: Blocks) -> dict[str, Any]:
    content = [
        {**block, "id": f"toolu_{answer_id}_{place}"} if block["type"] == "tool_use" else block
        for place, block in enumerate(blocks)
    ]
    calls = any(block["type"] == "tool_use" for block in blocks)
    return {
        "id": answer_id,
        "type": "message",
        "role": "assistant",
        "model": body["model"],
        "content": content,
        "stop_reason": "tool_use" if calls else "end_turn",
        "stop_sequence": None,
        "usage": {"input_tokens": 100, "output_tokens": 50},
    }


def _format_reply(status: int, body: dict[str, Any]) -> bytes:
    raw = json.dumps(body).encode()
    head = f"HTTP/1.1 {status} It\r\ncontent-type: application/json\r\n"
    return f"{head}content-length: {len(raw)}\r\n\r\n".encode() + raw
