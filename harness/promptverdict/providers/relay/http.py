"""HTTP/1.1 for a loopback server of small JSON bodies: h11's protocol over asyncio's streams.

No server of a library is used, because the relay must notice at once that a client is gone while
its request waits for an answer, for minutes: it keeps reading meanwhile, which servers do not.
"""

from __future__ import annotations

import asyncio
import json
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

import h11

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


class ClientConnection:
    """One client's connection, `number` unique in the server."""

    def __init__(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, number: int
    ) -> None:
        self._reader, self._writer, self.number = reader, writer, number
        self._protocol = h11.Connection(h11.SERVER, max_incomplete_event_size=MAX_HEAD)
        self._method = b""
        self._ahead = 0
        """Bytes that came while a request waits for its answer."""

    @property
    def closed(self) -> bool:
        """Whether the client is known to be gone."""
        return self._reader.at_eof() or self._reader.exception() is not None

    @property
    def must_close(self) -> bool:
        """Whether no further request can come: the client asked for it, or the protocol broke."""
        return self._protocol.our_state is not h11.DONE

    async def receive(self) -> HttpRequest:
        """Wait for the next request. Raises HangUpError, or RequestError when it cannot be read."""
        if self._protocol.our_state is h11.DONE:
            self._protocol.start_next_cycle()
        event = await self._read_event()
        if not isinstance(event, h11.Request):
            raise HangUpError
        self._method = event.method
        headers = {name.decode("latin-1"): value.decode("latin-1") for name, value in event.headers}
        _check_length(headers)
        if self._protocol.they_are_waiting_for_100_continue:
            go_on = h11.InformationalResponse(status_code=100, headers=[], reason="Continue")
            await self._send_event(go_on)
        body = bytearray()
        while isinstance(data := await self._read_event(), h11.Data):
            body += data.data
        self._ahead = 0
        path = event.target.decode("latin-1").partition("?")[0]
        return HttpRequest(event.method.decode("latin-1"), path, headers, bytes(body))

    async def wait_until_gone(self) -> None:
        """Return when the client has closed the connection; h11 keeps what else it sends."""
        try:
            while self._ahead <= MAX_BODY:
                await self._fill()
        except HangUpError:
            return

    async def send(self, status: int, body: dict[str, Any], headers: dict[str, str]) -> None:
        """Send an answer. Raises HangUpError."""
        raw = json.dumps(body).encode("ascii")
        fields = {"content-type": "application/json", "content-length": str(len(raw)), **headers}
        await self._send_event(
            h11.Response(
                status_code=status, headers=list(fields.items()), reason=HTTPStatus(status).phrase
            )
        )
        if self._method != b"HEAD":
            await self._send_event(h11.Data(data=raw))
        await self._send_event(h11.EndOfMessage())

    async def close(self) -> None:
        """Close the connection, whatever state it is in."""
        self._writer.close()
        try:
            await self._writer.wait_closed()
        except OSError:
            return

    async def _read_event(self) -> Any:
        """Return h11's next event. Raises HangUpError, or RequestError for what is no HTTP."""
        while True:
            try:
                event = self._protocol.next_event()
            except h11.RemoteProtocolError as error:
                raise _explain(error) from error
            if event is not h11.NEED_DATA:
                return event
            await self._fill()

    async def _fill(self) -> None:
        try:
            more = await self._reader.read(MAX_HEAD)
        except OSError as error:
            raise HangUpError from error
        if not more:
            raise HangUpError
        self._ahead += len(more)
        self._protocol.receive_data(more)

    async def _send_event(self, event: Any) -> None:
        try:
            self._writer.write(self._protocol.send(event) or b"")
            await self._writer.drain()
        except OSError as error:
            raise HangUpError from error


def is_local(request: HttpRequest) -> bool:
    """Return whether a program of this machine asks, rather than a web page it has open."""
    host = request.headers.get("host", "").rpartition(":")
    name = host[0] if host[1] and host[2].isdigit() else "".join(host)
    return name in _LOCAL and "origin" not in request.headers


def _check_length(headers: dict[str, str]) -> None:
    """Raise RequestError for a body whose length is not announced, or too great."""
    if "transfer-encoding" in headers:
        raise RequestError(411, "invalid_request_error", "Send a content-length, not chunks")
    # h11 has refused what is no number.
    if int(headers.get("content-length", "0")) > MAX_BODY:
        raise RequestError(413, "request_too_large", f"The body is over {MAX_BODY} bytes")


def _explain(error: h11.RemoteProtocolError) -> RequestError:
    if error.error_status_hint == HTTPStatus.REQUEST_HEADER_FIELDS_TOO_LARGE:
        return RequestError(431, "invalid_request_error", "The request's head is too long")
    return RequestError(400, "invalid_request_error", f"This is not an HTTP request: {error}")
