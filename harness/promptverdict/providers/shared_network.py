"""One network for all trials of a run: each goes on over connections that others have made."""

from __future__ import annotations

from collections.abc import Callable

import httpx2


class SharedNetwork:
    """A network that is opened once, lent to each trial and closed at the end of the run.

    Belongs to one event loop. open_network: opens it; again, if somebody borrows it afterwards.
    """

    def __init__(self, open_network: Callable[[], httpx2.AsyncBaseTransport]) -> None:
        self._open_network = open_network
        self._network: httpx2.AsyncBaseTransport | None = None

    def lend(self) -> httpx2.AsyncBaseTransport:
        """Lend a way over the network; whoever closes it closes no connection."""
        if self._network is None:
            self._network = self._open_network()
        return _LentNetwork(self._network)

    async def aclose(self) -> None:
        """Close all connections."""
        network, self._network = self._network, None
        if network:
            await network.aclose()


class _LentNetwork(httpx2.AsyncBaseTransport):
    """The way of one trial over a network that is shared."""

    def __init__(self, network: httpx2.AsyncBaseTransport) -> None:
        self._network = network

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; its own timeouts hold."""
        return await self._network.handle_async_request(request)
