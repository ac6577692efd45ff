"""A conversation through OpenAI's SDK, whichever of its two APIs is spoken."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from promptverdict.providers.conversation import TIMEOUT, Conversation
from promptverdict.providers.wire import load
from promptverdict.trials.transcript import Answered, Block, Event

if TYPE_CHECKING:
    import httpx2

SDK = "openai"
KEY = "OPENAI_API_KEY"
URL = "https://api.openai.com/v1"
URL_VARIABLE = "OPENAI_BASE_URL"

MAX_TOKENS = 32_000
"""Far above the longest answer seen (some 12,000 tokens of code); reasoning counts as well."""

Request = Callable[[tuple[Event, ...]], dict[str, Any]]
Read = Callable[[bytes], tuple[tuple[Block, ...], Answered]]


@asynccontextmanager
async def opened(
    transport: httpx2.AsyncBaseTransport,
    base_url: str,
    api_key: str,
    *,
    path: str,
    request: Request,
    read: Read,
) -> AsyncIterator[Conversation]:
    """Open a conversation on a transport of ours: the SDK never reaches the network by itself.

    Its retries are off: a slow answer must not be asked for twice, and retrying is ours to decide.
    """
    load(SDK)
    import httpx2
    from openai import AsyncOpenAI, OpenAIError

    http = httpx2.AsyncClient(transport=transport, trust_env=False)
    async with AsyncOpenAI(
        api_key=api_key, base_url=base_url, timeout=TIMEOUT, max_retries=0, http_client=http
    ) as client:
        yield Conversation(client, path, OpenAIError, request, read)
