"""A network that the trials of a run share: one trial's end closes nothing, the run's all."""

from __future__ import annotations

import asyncio

import httpx2
from promptverdict.providers.shared_network import SharedNetwork
from promptverdict.runner.resources import Resources
from promptverdict.settings import Settings

from tests.fakes import provider


class Network(httpx2.AsyncBaseTransport):
    """Answers everything until it is closed."""

    def __init__(self) -> None:
        self.is_closed = False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        assert not self.is_closed
        return httpx2.Response(200)

    async def aclose(self) -> None:
        self.is_closed = True


async def ask(lent: httpx2.AsyncBaseTransport, url: str = "http://127.0.0.1:1") -> httpx2.Response:
    request = httpx2.Request("POST", f"{url}/v1/messages", content=b"{}")
    response = await lent.handle_async_request(request)
    await response.aread()
    return response


def test_a_trial_that_ends_leaves_the_network_to_the_others_and_the_run_closes_it() -> None:
    opened: list[Network] = []

    def open_network() -> Network:
        opened.append(Network())
        return opened[-1]

    async def run() -> None:
        shared = SharedNetwork(open_network)
        first, second = shared.lend(), shared.lend()
        await ask(first)
        await first.aclose()
        assert (await ask(second)).status_code == 200
        await shared.aclose()
        await shared.aclose()
        assert [network.is_closed for network in opened] == [True]
        assert (await ask(shared.lend())).status_code == 200

    asyncio.run(run())
    assert len(opened) == 2


def test_a_run_keeps_connections_from_one_trial_to_the_next() -> None:
    async def run(url: str) -> list[int]:
        context, ports = Resources(Settings()).build_context(), []
        for _ in range(3):
            lent = context.network()
            response = await ask(lent, url)
            ports.append(response.extensions["network_stream"].get_extra_info("client_addr")[1])
            await response.aclose()
            await lent.aclose()
        await context.close_network()
        return ports

    with provider(lambda _body: (200, {})) as server:
        ports = asyncio.run(run(server.url))
    assert len(set(ports)) == 1
