"""A conversation through OpenAI's SDK, whichever of its two APIs is spoken."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from harness.providers.shared import load, ours
from harness.transcript import Answered, Block, Event

if TYPE_CHECKING:
    import httpx2
    from openai import AsyncOpenAI

SDK = "openai"
KEY = "OPENAI_API_KEY"
URL = "https://api.openai.com/v1"
URL_VARIABLE = "OPENAI_BASE_URL"

MAX_TOKENS = 32_000
"""Far above the longest answer seen (some 12,000 tokens of code); reasoning counts as well."""

TIMEOUT = 3600.0
"""Seconds for one answer: as long as a person who answers by hand may take."""

Request = Callable[[tuple[Event, ...]], dict[str, Any]]
Read = Callable[[bytes], tuple[tuple[Block, ...], Answered]]


class OpenAIModel:
    """A model behind one of OpenAI's APIs, as one conversation sees it."""

    def __init__(self, client: AsyncOpenAI, path: str, request: Request, read: Read) -> None:
        self._client, self._path = client, path
        self._request, self._read = request, read

    async def answer(self, events: tuple[Event, ...]) -> tuple[tuple[Block, ...], Answered]:
        """Ask for the next answer.

        Raises ProviderError (ContextOverflow where it is too long), or what the transport raised.
        """
        import httpx2
        from openai import OpenAIError

        body = self._request(events)
        try:
            reply = await self._client.post(self._path, cast_to=httpx2.Response, body=body)
        except Exception as error:
            known = ours(error, OpenAIError)
            if known is error:
                raise
            raise known from error
        return self._read(reply.content)


@asynccontextmanager
async def opened(
    transport: httpx2.AsyncBaseTransport,
    base_url: str,
    api_key: str,
    *,
    path: str,
    request: Request,
    read: Read,
) -> AsyncIterator[OpenAIModel]:
    """Open a conversation on a transport of ours: the SDK never reaches the network by itself.

    Its retries are off: a slow answer must not be asked for twice, and retrying is ours to decide.
    """
    load(SDK)
    import httpx2
    from openai import AsyncOpenAI

    http = httpx2.AsyncClient(transport=transport, trust_env=False)
    async with AsyncOpenAI(
        api_key=api_key, base_url=base_url, timeout=TIMEOUT, max_retries=0, http_client=http
    ) as client:
        yield OpenAIModel(client, path, request, read)
