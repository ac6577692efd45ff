"""A network that trials share: open while anybody asks over it, and closed after the last."""

from __future__ import annotations

import asyncio

import httpx2
from promptverdict.providers.shared_network import LentNetwork, SharedNetwork
from promptverdict.runner.resources import Resources
from promptverdict.settings import Settings

from tests.fakes import provider

REQUEST = httpx2.Request("POST", "http://127.0.0.1:1/v1/messages", content=b"{}")


class Network(httpx2.AsyncBaseTransport):
    """Answers everything until it is closed."""

    def __init__(self) -> None:
        self.is_closed = False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        assert not self.is_closed
        return httpx2.Response(200)

    async def aclose(self) -> None:
        self.is_closed = True


def share() -> tuple[SharedNetwork, list[Network]]:
    opened: list[Network] = []

    def open_network() -> Network:
        opened.append(Network())
        return opened[-1]

    return SharedNetwork(open_network), opened


async def ask(lent: LentNetwork) -> int:
    return (await lent.handle_async_request(REQUEST)).status_code


def test_one_network_serves_all_who_ask_at_once_and_the_last_closes_it() -> None:
    async def run() -> list[Network]:
        shared, opened = share()
        first, second = shared.lend(), shared.lend()
        assert [await ask(first), await ask(second)] == [200, 200]
        await first.aclose()
        assert not opened[0].is_closed
        assert await ask(second) == 200
        await second.aclose()
        return opened

    assert [network.is_closed for network in asyncio.run(run())] == [True]


def test_who_never_asked_keeps_nothing_open_and_nobody_meets_a_closed_network() -> None:
    shared, opened = share()
    idle = shared.lend()

    async def run() -> None:
        lent = shared.lend()
        assert await ask(lent) == 200
        await lent.aclose()

    # Each in an event loop of its own, as the verbs run.
    asyncio.run(run())
    asyncio.run(run())
    assert [network.is_closed for network in opened] == [True, True]
    assert asyncio.run(ask(idle)) == 200
    assert len(opened) == 3


def test_a_run_keeps_connections_from_one_trial_to_the_next() -> None:
    async def run(url: str) -> list[int]:
        network, ports = Resources(Settings()).build_context().network, []
        first = network()
        for lent in (first, network(), network()):
            request = httpx2.Request("POST", f"{url}/v1/messages", content=b"{}")
            response = await lent.handle_async_request(request)
            await response.aread()
            stream = response.extensions["network_stream"]
            ports.append(stream.get_extra_info("client_addr")[1])
            await response.aclose()
            if lent is not first:
                await lent.aclose()
        await first.aclose()
        return ports

    with provider(lambda _body: (200, {})) as server:
        ports = asyncio.run(run(server.url))
    assert len(set(ports)) == 1
