"""The way to whoever answers while recording: a provider, asked with patience, or a relay.

Only a whole and good answer leaves it, so that no tape ever holds half of one.
"""

from __future__ import annotations

import asyncio
import shlex

import httpx2

from promptverdict.core.errors import ProviderError, RateLimited, RefusedByProvider
from promptverdict.providers.cures import is_about_output_limit, leaves_room, suggest_cure
from promptverdict.providers.failures import is_overflow, read_error_words
from promptverdict.providers.model_names import shorten_model_path
from promptverdict.providers.receiving import receive
from promptverdict.providers.refusals import (
    Trouble,
    find_lasting_refusal,
    find_trouble,
    is_lasting,
)
from promptverdict.providers.registry import is_by_hand, load_api
from promptverdict.providers.stopwatch import Stopwatch
from promptverdict.providers.throttle import Throttle
from promptverdict.providers.wire import shorten_to_line

_LATER = "  the end of the run says how to record it later"


def open_route(
    model: str,
    network: httpx2.AsyncBaseTransport,
    throttle: Throttle,
    stopwatch: Stopwatch | None = None,
) -> httpx2.AsyncBaseTransport:
    """Open one trial's way over the network to its model, `provider/name`."""
    if is_by_hand(model):
        return RelayTransport(model, network)
    return PatientTransport(model, network, throttle, stopwatch)


class PatientTransport(httpx2.AsyncBaseTransport):
    """Makes a request again, as a whole, until it is answered or another try is of no use.

    model: as `provider/name`. stopwatch: the trial's. An answer of its own is what the trial was
    given, and also the refusal of a conversation that grew too long.
    Raises RefusedByProvider where every further request of the run would be refused as well,
    RateLimited or another ProviderError when its patience is at its end or a request is refused,
    TimeLimitReached when the trial's time is used up.
    """

    def __init__(
        self,
        model: str,
        network: httpx2.AsyncBaseTransport,
        throttle: Throttle,
        stopwatch: Stopwatch | None = None,
    ) -> None:
        self._model, self._api = model, load_api(model)
        self._network, self._throttle = network, throttle
        self._stopwatch = stopwatch or Stopwatch()
        self._is_answered = False

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request, with the answer's body read."""
        await request.aread()
        patience = self._throttle.patience
        # The SDK's own timeout is an hour, for people who answer by hand: nobody connects so long.
        timeout = {**request.extensions.get("timeout", {}), "connect": patience.connect}
        request.extensions = {**request.extensions, "timeout": timeout}
        retry, waited = 0, 0.0
        while True:
            answer = await self._ask(request)
            if isinstance(answer, httpx2.Response):
                self._is_answered = True
                return answer
            if self._throttle.fail():
                seconds = f"to any trial for {patience.waiting:g} seconds"
                error = _build_gave_up(request, answer, seconds)
                self._throttle.stop(error)
                raise error
            wait = self._throttle.draw_wait(retry, answer.wait)
            if retry == patience.retries or waited + wait > patience.waiting:
                tries = f"after {retry + 1} requests and {waited:.0f} seconds of waiting"
                raise _build_gave_up(request, answer, tries)
            await self._throttle.sleep(wait)
            retry, waited = retry + 1, waited + wait

    async def aclose(self) -> None:
        """Close the network below."""
        await self._network.aclose()

    async def _ask(self, request: httpx2.Request) -> httpx2.Response | Trouble:
        async with self._throttle.hold_turn() as round_:
            answer = await self._try(request)
            if isinstance(answer, httpx2.Response):
                self._throttle.succeed()
            elif answer.crowded:
                self._throttle.slow_down(round_, answer.wait)
            return answer

    async def _try(self, request: httpx2.Request) -> httpx2.Response | Trouble:
        self._stopwatch.check()
        patience, left = self._throttle.patience.answer, self._stopwatch.left
        seconds = patience if left is None else min(patience, left)
        began = self._stopwatch.clock()
        try:
            async with asyncio.timeout(seconds):
                response = await receive(await self._network.handle_async_request(request))
        except TimeoutError:
            if seconds < patience:
                self._stopwatch.add(began)
                self._stopwatch.check()
            return Trouble(f"no whole answer came within {seconds:g} seconds")
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            reason = shorten_to_line(f"{type(error).__name__}: {error}", 300)
            if is_lasting(error):
                raise ProviderError(
                    f"{_format_place(request)} cannot be asked: {reason}"
                ) from error
            return Trouble(reason)
        if found := find_trouble(response, self._api.read_answer):
            lasting = find_lasting_refusal(response)
            if lasting is None:
                return found
        if response.status_code >= 300:
            self._refuse(request, response)
        else:
            self._stopwatch.add(began)
        return shorten_model_path(response)

    def _refuse(self, request: httpx2.Request, response: httpx2.Response) -> None:
        """Raise for a refusal, unless it is the agent's own: a conversation that grew too long.

        Before the first answer nothing has grown, and what is refused is what we ask. Where nobody
        was answered yet, a limit that the server does not take stops the run: all ask for the same.
        """
        status, content = response.status_code, response.content
        words = read_error_words(content) or "nothing else is said"
        if is_overflow(status, content) and self._is_answered and not leaves_room(words):
            return
        base_path = request.url.path.removesuffix(self._api.path)
        cure = suggest_cure(self._model, self._api, status, words, base_path)
        why = find_lasting_refusal(response)
        if why is None and not self._throttle.is_answered and is_about_output_limit(words):
            why = "it does not take what is asked for"
        place = _format_place(request)
        if why is None:
            reason = f"{place} refused the request of {self._model}, HTTP {status}: {words}"
            raise ProviderError(f"{reason}\n  {cure}\n{_LATER}", words)
        refused = RefusedByProvider(
            f"{place} refuses this run, {why}, HTTP {status}: {words}\n  {cure}\n"
            "  nothing more is recorded; the end of the run says how to record the rest"
        )
        self._throttle.stop(refused)
        raise refused


class RelayTransport(httpx2.AsyncBaseTransport):
    """Asks a relay, once: whoever answers by hand must not be asked twice, nor be hurried.

    model: as `relay/name`.
    """

    def __init__(self, model: str, network: httpx2.AsyncBaseTransport) -> None:
        self._model, self._network = model, network

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer a request. Raises ProviderError where there is no relay, or one of other names."""
        try:
            response = await self._network.handle_async_request(request)
        except httpx2.ConnectError as error:
            raise ProviderError(
                f"no relay answers at {_format_place(request)}: {error}\n"
                "  start one: promptverdict relay serve; or say in PROMPTVERDICT_RELAY where it is"
            ) from error
        if response.status_code == 404:
            words = read_error_words(await response.aread())
            name = shlex.quote(self._model.partition("/")[2])
            raise ProviderError(
                f"{_format_place(request)} does not answer for {self._model}: {words}\n"
                "  correct --model or [tool.promptverdict.models], or start a relay of this name:"
                f" promptverdict relay serve --name {name}\n{_LATER}",
                words,
            )
        return response

    async def aclose(self) -> None:
        """Close the network below."""
        await self._network.aclose()


def _build_gave_up(request: httpx2.Request, last: Trouble, tries: str) -> ProviderError:
    place, reason = _format_place(request), f"no answer {tries}: {last.reason}\n{_LATER}"
    if last.status == 429:
        return RateLimited(f"rate limited by {place}: {reason}")
    return ProviderError(f"{place} fails: {reason}")


def _format_place(request: httpx2.Request) -> str:
    """Format where a request goes, without what may be in its path or a user's part."""
    url = request.url
    port = f":{url.port}" if url.port else ""
    return f"{url.scheme}://{url.host}{port}"
