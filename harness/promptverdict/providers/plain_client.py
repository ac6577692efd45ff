"""What a replay posts through in the place of an SDK: the same requests, at a fraction of the cost.

An SDK puts headers around a request's body, and wraps refusals into errors of its own. A recording
is matched by method, path and body alone, and of refusals it holds only those that are outcomes.
`--record stale` plays recordings through the SDK itself.
"""

from __future__ import annotations

import json
from typing import Any

import httpx2

from promptverdict.core.errors import ContextOverflow, ProviderError
from promptverdict.providers.failures import is_overflow, read_error_words


class PlainClient:
    """Posts to a transport, as the client of an SDK does."""

    def __init__(self, transport: httpx2.AsyncBaseTransport, base_url: str) -> None:
        self._transport, self._base_url = transport, base_url

    async def post(self, path: str, *, cast_to: type, body: dict[str, Any]) -> httpx2.Response:  # noqa: ARG002
        """Return the answer, read. Raises ProviderError for a refusal, or what the transport did.

        cast_to: taken as SDKs take it; it is always the response itself.
        """
        url = f"{self._base_url}{path}"
        headers = {"content-type": "application/json"}
        request = httpx2.Request("POST", url, headers=headers, content=json.dumps(body).encode())
        response = await self._transport.handle_async_request(request)
        content = await response.aread()
        if response.status_code < 400:
            return response
        words = read_error_words(content)
        message = f"{url}: HTTP {response.status_code}: {words}"
        refused = ContextOverflow if is_overflow(response.status_code, content) else ProviderError
        raise refused(message, words)
