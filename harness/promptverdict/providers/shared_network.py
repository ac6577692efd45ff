"""One network for all trials that ask at once: each goes on over connections that others made."""

from __future__ import annotations

from collections.abc import Callable

import httpx2


class SharedNetwork:
    """A network that is lent, and closed when the last who asked over it has closed his way.

    Belongs to one event loop, as long as anybody asks. open_network: opens the network, for the
    first to borrow it and for the next after it was closed.
    """

    def __init__(self, open_network: Callable[[], httpx2.AsyncBaseTransport]) -> None:
        self._open_network = open_network
        self._network: httpx2.AsyncBaseTransport | None = None
        self._asking: set[LentNetwork] = set()

    def lend(self) -> LentNetwork:
        """Lend a way over the network; nothing is connected before it is asked."""
        if self._network is None:
            self._network = self._open_network()
        return LentNetwork(self)

    async def ask(self, lent: LentNetwork, request: httpx2.Request) -> httpx2.Response:
        """Send the request of somebody who has borrowed the network."""
        self._asking.add(lent)
        if self._network is None:
            self._network = self._open_network()
        return await self._network.handle_async_request(request)

    async def take_back(self, lent: LentNetwork) -> None:
        """Close all connections if nobody is left who asks over them."""
        self._asking.discard(lent)
        if self._network and not self._asking:
            # First forgotten: while it closes, somebody else may borrow a new one.
            network, self._network = self._network, None
            await network.aclose()


class LentNetwork(httpx2.AsyncBaseTransport):
    """The way of one trial over a network that is shared."""

    def __init__(self, shared: SharedNetwork) -> None:
        self._shared = shared

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Send a request; its own timeouts hold."""
        return await self._shared.ask(self, request)

    async def aclose(self) -> None:
        """Give the way back."""
        await self._shared.take_back(self)
