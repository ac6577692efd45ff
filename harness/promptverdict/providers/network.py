"""The way to whoever answers while recording: a provider, asked with patience, or a relay.

Only a whole and good answer leaves it, so that no tape ever holds half of one.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable

import httpx2

from promptverdict.core.errors import ProviderError, RateLimited
from promptverdict.providers.receiving import receive
from promptverdict.providers.refusals import Trouble, find_refusal, find_trouble, is_lasting
from promptverdict.providers.registry import is_by_hand, load_api
from promptverdict.providers.throttle import Throttle
from promptverdict.providers.wire import shorten_to_line

_LATER = "  nothing of this trial is kept; the end of the run says how to record it later"


def open_route(
    model: str, network: httpx2.AsyncBaseTransport, throttle: Throttle
) -> httpx2.AsyncBaseTransport:
    """Give a trial's way to its model, over the network."""
    if is_by_hand(model):
        return RelayTransport(network)
    return PatientTransport(network, throttle, load_api(model).read_answer)


class PatientTransport(httpx2.AsyncBaseTransport):
    """Makes a request again, as a whole, until it is answered or another try is of no use.

    read: reads an answer's body as the provider means it (see `trouble`).
    Raises RefusedByProvider where every further request of the run would be refused as well,
    RateLimited or another ProviderError when its patience is at its end.
    """

    def __init__(
        self,
        network: httpx2.AsyncBaseTransport,
        throttle: Throttle,
        read: Callable[[bytes], object],
    ) -> None:
        self._network, self._throttle, self._read = network, throttle, read

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request, with the answer's body read."""
        await request.aread()
        patience = self._throttle.patience
        timeout = {**request.extensions.get("timeout", {}), "connect": patience.connect}
        request.extensions = {**request.extensions, "timeout": timeout}
        retry, waited = 0, 0.0
        while True:
            answer = await self._ask(request)
            if isinstance(answer, httpx2.Response):
                return answer
            if self._throttle.fail():
                error = _gave_up(request, answer, f"to any trial for {patience.waiting:g} seconds")
                self._throttle.stop(error)
                raise error
            wait = self._throttle.wait(retry, answer.wait)
            if retry == patience.retries or waited + wait > patience.waiting:
                tries = f"after {retry + 1} requests and {waited:.0f} seconds of waiting"
                raise _gave_up(request, answer, tries)
            await self._throttle.sleep(wait)
            retry, waited = retry + 1, waited + wait

    async def aclose(self) -> None:
        """Close the network below."""
        await self._network.aclose()

    async def _ask(self, request: httpx2.Request) -> httpx2.Response | Trouble:
        async with self._throttle.turn() as round_:
            answer = await self._try(request)
            if isinstance(answer, httpx2.Response):
                self._throttle.succeed()
            elif answer.crowded:
                self._throttle.slow(round_, answer.wait)
            return answer

    async def _try(self, request: httpx2.Request) -> httpx2.Response | Trouble:
        seconds, place = self._throttle.patience.answer, _place(request)
        try:
            async with asyncio.timeout(seconds):
                response = await receive(await self._network.handle_async_request(request))
        except TimeoutError:
            return Trouble(f"no whole answer came within {seconds:g} seconds")
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            told = shorten_to_line(f"{type(error).__name__}: {error}", 300)
            if is_lasting(error):
                raise ProviderError(f"{place} cannot be asked: {told}") from error
            return Trouble(told)
        if refused := find_refusal(response, place):
            self._throttle.stop(refused)
            raise refused
        return find_trouble(response, self._read) or response


class RelayTransport(httpx2.AsyncBaseTransport):
    """Asks a relay, once: whoever answers by hand must not be asked twice, nor be hurried."""

    def __init__(self, network: httpx2.AsyncBaseTransport) -> None:
        self._network = network

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request. Raises ProviderError when there is no relay."""
        try:
            return await self._network.handle_async_request(request)
        except httpx2.ConnectError as error:
            raise ProviderError(
                f"no relay answers at {_place(request)}: {error}\n"
                "  start one: promptverdict relay serve; or say in PROMPTVERDICT_RELAY where it is"
            ) from error

    async def aclose(self) -> None:
        """Close the network below."""
        await self._network.aclose()


def _gave_up(request: httpx2.Request, last: Trouble, tries: str) -> ProviderError:
    place, told = _place(request), f"no answer {tries}: {last.told}\n{_LATER}"
    if last.status == 429:
        return RateLimited(f"rate limited by {place}: {told}")
    return ProviderError(f"{place} fails: {told}")


def _place(request: httpx2.Request) -> str:
    """Name where a request goes, without what may be in its path or a user's part."""
    url = request.url
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{url.host}{port}"
