"""An answer is taken in whole or not at all, however long it is or takes."""

from __future__ import annotations

import asyncio
import gzip
from collections.abc import AsyncIterator

import httpx2
import pytest
from promptverdict.core.errors import ProviderError
from promptverdict.providers.receiving import receive


class Chunks(httpx2.AsyncByteStream):
    """A body in pieces, that tells whether it was closed; stalls after them if asked to."""

    def __init__(self, *chunks: bytes, stalls: bool = False) -> None:
        self._chunks, self._stalls = chunks, stalls
        self.given, self.closed = 0, False

    async def __aiter__(self) -> AsyncIterator[bytes]:
        for chunk in self._chunks:
            self.given += 1
            yield chunk
        if self._stalls:
            await asyncio.Event().wait()

    async def aclose(self) -> None:
        self.closed = True


def response(body: Chunks, **headers: str) -> httpx2.Response:
    return httpx2.Response(200, headers=headers, stream=body)


def test_a_body_in_pieces_is_put_together_and_closed() -> None:
    body = Chunks(b"a", b"", b"b" * 9)
    assert asyncio.run(receive(response(body))).content == b"a" + b"b" * 9
    assert body.closed


def test_only_headers_that_may_be_stored_go_on() -> None:
    got = asyncio.run(
        receive(response(Chunks(b"{}"), **{"Content-Type": "text/x", "Set-Cookie": "id=1"}))
    )
    assert got.headers["content-type"] == "text/x"
    assert "set-cookie" not in got.headers


def test_what_a_status_was_called_is_kept() -> None:
    given = httpx2.Response(200, stream=Chunks(), extensions={"reason_phrase": b"Fine"})
    assert asyncio.run(receive(given)).reason_phrase == "Fine"


def test_a_body_that_is_too_long_is_refused_before_all_of_it_came() -> None:
    body = Chunks(*[b"x" * 10] * 1000)
    with pytest.raises(ProviderError, match="longer than 95 bytes"):
        asyncio.run(receive(response(body), longest=95))
    assert body.given == 10
    assert body.closed


def test_the_longest_body_is_taken() -> None:
    assert len(asyncio.run(receive(response(Chunks(b"x" * 95)), longest=95)).content) == 95


def test_a_packed_body_counts_as_what_it_unpacks_to() -> None:
    packed = gzip.compress(b"x" * 100_000)
    body = Chunks(*(packed[n : n + 16] for n in range(0, len(packed), 16)))
    with pytest.raises(ProviderError, match="longer than 5,000 bytes"):
        asyncio.run(receive(response(body, **{"content-encoding": "gzip"}), longest=5000))


def test_a_packed_body_is_unpacked_once() -> None:
    body = Chunks(gzip.compress(b"hello"))
    got = asyncio.run(receive(response(body, **{"content-encoding": "gzip"})))
    assert got.content == b"hello"


def test_a_stream_that_does_not_end_is_given_up() -> None:
    body = Chunks(b"event: ping\n\n", stalls=True)
    with pytest.raises(ProviderError, match=r"did not end within 0\.01 seconds"):
        asyncio.run(receive(response(body), seconds=0.01))
    assert body.closed


def test_a_body_that_breaks_off_is_closed_and_told_as_it_was() -> None:
    class Broken(Chunks):
        async def __aiter__(self) -> AsyncIterator[bytes]:
            yield b"{"
            raise httpx2.ReadError("reset by peer")

    body = Broken()
    with pytest.raises(httpx2.ReadError):
        asyncio.run(receive(response(body)))
    assert body.closed
