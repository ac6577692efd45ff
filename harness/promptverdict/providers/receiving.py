"""An answer taken in whole and within bounds: none fills the memory or holds a trial for ever."""

from __future__ import annotations

import asyncio

import httpx2

from promptverdict.core.errors import ProviderError

RESPONSE_HEADERS = frozenset({"content-type", "retry-after"})
"""All that is kept of the headers: everything else may name an account, a key or a machine."""

MAX_BYTES = 32 * 2**20
"""Hundreds of times the longest answer a model gives."""

MAX_SECONDS = 3600.0
"""From the first byte to the last: a stream that only says it is alive would never end."""


async def receive(
    response: httpx2.Response, *, longest: int = MAX_BYTES, seconds: float = MAX_SECONDS
) -> httpx2.Response:
    """Read an answer to its end and close it; return it with the headers that may be kept.

    Raises ProviderError when it is longer (once unpacked) or takes longer than that, and whatever
    reading raised.
    """
    content = bytearray()
    try:
        async with asyncio.timeout(seconds):
            async for chunk in response.aiter_bytes():
                content += chunk
                if len(content) > longest:
                    raise ProviderError(f"The API's answer is longer than {longest:,} bytes")
    except TimeoutError as error:
        raise ProviderError(f"The API's answer did not end within {seconds:g} seconds") from error
    finally:
        await response.aclose()
    kept = {k: v for k, v in response.headers.items() if k.lower() in RESPONSE_HEADERS}
    # Of HTTP/1.1 alone, and in whatever letters the server likes: a cassette keeps it as text.
    phrase = {"reason_phrase": response.reason_phrase.encode("ascii", "replace")}
    return httpx2.Response(
        response.status_code, headers=kept, content=bytes(content), extensions=phrase
    )
