"""What a question to a judge goes through, so that its answer is stored as it came.

Apart from `ask`, which every replay imports: HTTP takes a tenth of a second to import.
"""

from __future__ import annotations

import httpx2

from promptverdict.providers.receiving import receive


class Listener(httpx2.AsyncBaseTransport):
    """Notes what was sent, and the answer if one came.

    The SDK would hand out a parsed answer; what is stored is its body, byte for byte.
    """

    def __init__(self, network: httpx2.AsyncBaseTransport) -> None:
        self._network = network
        self.request = b""
        self.answer: bytes | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request on, and note what came of it."""
        self.request = await request.aread()
        response = await receive(await self._network.handle_async_request(request))
        if response.status_code < 400:
            self.answer = response.content
        return response

    async def aclose(self) -> None:
        """Close the network behind it."""
        await self._network.aclose()
