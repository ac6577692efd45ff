"""A provider on loopback that fails as real ones do, down to the socket, and a time that flies."""

from __future__ import annotations

import asyncio
import json
import socket
import ssl
import struct
import threading
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Literal

from promptverdict.providers.throttle import Patience, Throttle

CERTIFICATE = Path(__file__).parent / "data/untrusted.pem"


@dataclass(frozen=True)
class Reply:
    """What is sent for one request. `end` says how the connection is left after the body."""

    body: bytes = b""
    status: int = 200
    headers: dict[str, str] = field(default_factory=dict)
    end: Literal["well", "short", "reset", "stall", "ping"] = "well"
    """short: closed before the length that was promised. stall: nothing more comes. ping: a stream
    that only says, again and again, that it is alive."""
    silent: bool = False
    """Whether not even the headers are sent."""


Plan = Callable[[int, dict[str, Any]], Reply]
"""Gives the reply to a request: how often it was made before, and its body."""


@dataclass
class FaultServer:
    """A server, and what it was asked."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)
    paths: list[str] = field(default_factory=list)


def error(kind: str, message: str = "Try again", status: int = 500, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    body = {"type": "error", "error": {"type": kind, "message": message}}
    return Reply(json.dumps(body).encode(), status, named)


def message(*blocks: dict[str, Any], **more: Any) -> Reply:
    """Answer in the Messages API."""
    calls = any(block["type"] == "tool_use" for block in blocks)
    body = {
        "id": "msg_1",
        "type": "message",
        "role": "assistant",
        "model": "claude-x",
        "content": list(blocks),
        "stop_reason": "tool_use" if calls else "end_turn",
        "usage": {"input_tokens": 10, "output_tokens": 5},
    }
    return Reply(json.dumps(body | more).encode())


def streamed(*events: dict[str, Any], end: Any = "well") -> Reply:
    text = "".join(f"data: {json.dumps(one)}\n\n" for one in events)
    return Reply(text.encode(), headers={"content-type": "text/event-stream"}, end=end)


def stream_of(text: str) -> tuple[dict[str, Any], ...]:
    """List the events of a whole answer in the Messages API."""
    start = {"id": "msg_1", "type": "message", "role": "assistant", "model": "claude-x"}
    return (
        {"type": "message_start", "message": {**start, "content": [], "usage": {}}},
        {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
        {
            "type": "content_block_delta",
            "index": 0,
            "delta": {"type": "text_delta", "text": text},
        },
        {"type": "content_block_stop", "index": 0},
        {
            "type": "message_delta",
            "delta": {"stop_reason": "end_turn"},
            "usage": {"input_tokens": 10, "output_tokens": 5},
        },
        {"type": "message_stop"},
    )


@contextmanager
def faulty(plan: Plan, *, tls: bool = False) -> Iterator[FaultServer]:
    """Serve replies by a plan, until the block ends."""
    loop = asyncio.new_event_loop()
    loop.set_exception_handler(lambda _loop, _context: None)
    serving = _Serving(plan)
    context = None
    if tls:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(CERTIFICATE)
    server = loop.run_until_complete(
        asyncio.start_server(serving.serve, "127.0.0.1", 0, backlog=512, ssl=context)
    )
    port = server.sockets[0].getsockname()[1]
    serving.seen.url = f"http{'s' if tls else ''}://127.0.0.1:{port}"
    thread = threading.Thread(target=loop.run_forever, daemon=True)
    thread.start()
    try:
        yield serving.seen
    finally:
        asyncio.run_coroutine_threadsafe(_end(server), loop).result()
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


async def _end(server: asyncio.Server) -> None:
    server.close()
    rest = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
    for task in rest:
        task.cancel()
    await asyncio.gather(*rest, return_exceptions=True)


class _Serving:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._times: Counter[bytes] = Counter()
        self.seen = FaultServer("")

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                while await self._exchange(reader, writer):
                    pass
        finally:
            writer.close()
            with suppress(OSError):
                await writer.wait_closed()

    async def _exchange(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bool:
        head = await reader.readuntil(b"\r\n\r\n")
        self.seen.paths.append(head.split(b" ")[1].decode())
        head = head.lower()
        length = int(head.split(b"content-length:")[1].split(b"\r\n")[0])
        raw = await reader.readexactly(length)
        body = json.loads(raw)
        self.seen.requests.append(body)
        reply = self._plan(self._times[raw], body)
        self._times[raw] += 1
        return await self._send(reply, reader, writer)

    async def _send(
        self, reply: Reply, reader: asyncio.StreamReader, writer: asyncio.StreamWriter
    ) -> bool:
        if not reply.silent:
            more = 0 if reply.end == "well" else 1000
            headers = {"content-type": "application/json"} | reply.headers
            headers["content-length"] = str(len(reply.body) + more)
            lines = [f"{name}: {value}\r\n" for name, value in headers.items()]
            writer.write(f"HTTP/1.1 {reply.status} It\r\n{''.join(lines)}\r\n".encode())
            writer.write(reply.body)
            await writer.drain()
        if reply.end == "reset":
            _reset(writer)
        while reply.end == "ping":
            writer.write(b": alive\n\n")
            await writer.drain()
            await asyncio.sleep(0.005)
        if reply.end == "stall":
            await reader.read()
        return reply.end == "well"


def _reset(writer: asyncio.StreamWriter) -> None:
    writer.get_extra_info("socket").setsockopt(
        socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0)
    )
    writer.transport.abort()


class FlyingTime:
    """A clock that only sleeping moves, so that waits of minutes take no time; it notes them."""

    def __init__(self) -> None:
        self.now = 0.0
        self.slept: list[float] = []

    def clock(self) -> float:
        return self.now

    async def sleep(self, seconds: float) -> None:
        self.slept.append(seconds)
        until = self.now + seconds
        # Whatever can go on without waiting goes on first.
        for _ in range(3):
            await asyncio.sleep(0)
        self.now = max(self.now, until)


def throttle(time: FlyingTime, patience: Patience | None = None) -> Throttle:
    """Make a throttle whose time flies and whose chance is always the longest wait."""
    return Throttle(patience, clock=time.clock, sleep=time.sleep, chance=lambda: 1.0)
