"""As much of HTTP/1.1 as a loopback server of small JSON bodies needs, on asyncio's streams.

Written here because the relay must notice at once that a client is gone while it waits, which the
standard library's server does not tell.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from promptverdict.providers.relay.canonical import RequestError

MAX_HEAD = 64 * 1024
MAX_BODY = 32 * 1024 * 1024
"""Bytes; the body's limit is the Messages API's."""

_LOCAL = ("127.0.0.1", "localhost", "[::1]")


class HangUpError(Exception):
    """The client closed its connection (or the writing half of it)."""


@dataclass(frozen=True)
class HttpRequest:
    """One request; header names in lower case."""

    method: str
    path: str
    headers: dict[str, str]
    body: bytes

    @property
    def last(self) -> bool:
        """The client wants the connection closed after the answer."""
        return self.headers.get("connection", "").lower() == "close"


class Connection:
    """One client's connection, `number` unique in the server."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        self._reader, self._writer, self.number = reader, writer, number
        self._ahead = bytearray()

    @property
    def closed(self) -> bool:
        """The client is known to be gone."""
        return self._reader.at_eof() or self._reader.exception() is not None

    async def receive(self) -> HttpRequest:
        """Wait for the next request. Raises HangUpError, or RequestError when it cannot be read."""
        while (end := self._ahead.find(b"\r\n\r\n")) < 0:
            if len(self._ahead) > MAX_HEAD:
                raise RequestError(431, "invalid_request_error", "The request's head is too long")
            await self._fill()
        first, *lines = bytes(self._ahead[:end]).decode("latin-1").split("\r\n")
        del self._ahead[: end + 4]
        headers = _headers(lines)
        words = first.split(" ")
        if len(words) != 3:
            raise RequestError(400, "invalid_request_error", "This is not an HTTP request")
        body = await self._body(headers)
        return HttpRequest(words[0], words[1].partition("?")[0], headers, body)

    async def gone(self) -> None:
        """Return when the client has closed the connection; keeps what else it sends."""
        try:
            while len(self._ahead) <= MAX_BODY:
                await self._fill()
        except HangUpError:
            return

    async def send(self, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
        """Send an answer. Raises HangUpError."""
        raw = json.dumps(body).encode("ascii")
        head = [
            f"HTTP/1.1 {status} {HTTPStatus(status).phrase}",
            "content-type: application/json",
            f"content-length: {len(raw)}",
            *(f"{name}: {value}" for name, value in headers.items()),
        ]
        await self._write("\r\n".join([*head, "", ""]).encode("ascii") + raw)

    async def close(self) -> None:
        """Close the connection, whatever state it is in."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            return

    async def _body(self, headers: dict[str, str]) -> bytes:
        if "transfer-encoding" in headers:
            raise RequestError(411, "invalid_request_error", "Send a content-length, not chunks")
        announced = headers.get("content-length", "0")
        if not announced.isascii() or not announced.isdigit():
            raise RequestError(400, "invalid_request_error", "content-length is not a number")
        length = int(announced)
        if length > MAX_BODY:
            raise RequestError(413, "request_too_large", f"The body is over {MAX_BODY} bytes")
        if headers.get("expect", "").lower() == "100-continue":
            await self._write(b"HTTP/1.1 100 Continue\r\n\r\n")
        while len(self._ahead) < length:
            await self._fill()
        body = bytes(self._ahead[:length])
        del self._ahead[:length]
        return body

    async def _fill(self) -> None:
        try:
            more = await self._reader.read(MAX_HEAD)
        except OSError as error:
            raise HangUpError from error
        if not more:
            raise HangUpError
        self._ahead += more

    async def _write(self, raw: bytes) -> None:
        try:
            self._writer.write(raw)
            await self._writer.drain()
        except OSError as error:
            raise HangUpError from error


def is_local(request: HttpRequest) -> bool:
    """Tell whether a program of this machine asks, rather than a web page it has open."""
    host = request.headers.get("host", "").rpartition(":")
    name = host[0] if host[1] and host[2].isdigit() else "".join(host)
    return name in _LOCAL and "origin" not in request.headers


def _headers(lines: list[str]) -> dict[str, str]:
    parts = (line.partition(":") for line in lines)
    return {name.strip().lower(): value.strip() for name, _, value in parts}
