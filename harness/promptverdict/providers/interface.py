"""What a provider's API is to the rest of the package, whichever company's it is."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Protocol
from urllib.parse import parse_qsl

from promptverdict.core.errors import ProviderError
from promptverdict.providers.conversation import Conversation
from promptverdict.providers.plain_client import Player, post_to_player
from promptverdict.providers.wire import (
    import_sdk,
)
from promptverdict.trials.transcript import Answered, Block, Event

if TYPE_CHECKING:
    import httpx2

TIMEOUT = 3600.0
"""Seconds for one answer: as long as a person who answers by hand may take. Explicit, or an SDK
refuses a long plain request."""

NO_PARAMETERS: Mapping[str, Any] = MappingProxyType({})


class BuildRequest(Protocol):
    """Builds the body of the next request."""

    def __call__(
        self,
        model: str,
        system: str,
        tools: tuple[dict[str, Any], ...],
        events: tuple[Event, ...],
        parameters: Mapping[str, Any] = ...,
    ) -> dict[str, Any]:
        """Return a request's body: `parameters` are the API's own, put over ours."""
        ...


@dataclass(frozen=True)
class Address:
    """Where an API is asked, as SDKs take it: a query stands behind every path below the base."""

    base_url: str
    query: Mapping[str, object]

    @classmethod
    def split(cls, url: str) -> Address:
        """Split an address that a person wrote; Azure's holds a query: `?api-version=preview`."""
        base, _, query = url.partition("?")
        return cls(base, dict(parse_qsl(query.partition("#")[0], keep_blank_values=True)))


@dataclass(frozen=True)
class SdkClient:
    """A client of an SDK, as a conversation needs it."""

    client: Any
    """Asynchronous; a context manager that closes it."""
    errors: type[Exception]
    """The class of all the SDK's errors."""


def find_no_deprecation(_model: str) -> None:
    """Return None: for SDKs that know of no model's end."""


@dataclass(frozen=True)
class Api:
    """One API of a provider. Its functions are pure and load no SDK, save those that say so."""

    sdk: str
    """Name of the SDK's package, whose version goes into a recording."""
    key_variable: str
    """Environment variable of the key."""
    url: str
    """Where the provider answers."""
    url_variable: str
    """Environment variable that names another place, as the SDK knows it."""
    version_path: str
    """Where a base address ends as the SDK wants it, such as `/v1`; empty where it ends in none."""
    path: str
    """Where requests are posted to, below the place."""
    limit_name: str
    """Parameter that limits the output tokens of an answer."""
    build_request: BuildRequest
    split_request: Callable[[dict[str, Any]], dict[str, Any]]
    """Splits a first request into what a digest names: model, system, tools, message and
    parameters, None for what it does not have."""
    read_answer: Callable[[bytes], tuple[tuple[Block, ...], Answered]]
    """Reads an answer's body, plain or streamed. Raises ProviderError when it is none."""
    force_tool: Callable[[str], dict[str, Any]]
    """Returns the parameters of a request that must be answered by a call of one tool."""
    force_schema: Callable[[dict[str, Any]], dict[str, Any]] | None
    """Returns the parameters of a request that must be answered by a text: the JSON of the
    arguments of a tool. None where the API has no such parameters."""
    build_client: Callable[[httpx2.AsyncClient, Address, str], SdkClient]
    """Builds the SDK's client of an HTTP client, an address and a key. Loads the SDK."""
    find_deprecation: Callable[[str], str | None] = find_no_deprecation
    """Returns when the SDK expects a model to end, if it does. May load the SDK."""

    @asynccontextmanager
    async def open_model(
        self,
        transport: httpx2.AsyncBaseTransport,
        base_url: str,
        api_key: str,
        model: str,
        system: str,
        tools: tuple[dict[str, Any], ...],
        parameters: Mapping[str, Any] = NO_PARAMETERS,
    ) -> AsyncIterator[Conversation]:
        """Open a conversation on a transport of ours: no SDK reaches the network by itself.

        base_url: where the API is asked, with a query where it needs one.
        """
        import_sdk(self.sdk)
        import httpx2

        build = partial(self.build_request, model, system, tools, parameters=parameters)
        http = httpx2.AsyncClient(transport=transport, trust_env=False)
        opened = self.build_client(http, Address.split(base_url), api_key)
        async with opened.client as client:

            async def post(body: dict[str, Any]) -> httpx2.Response:
                # Not the SDK's method for it: Anthropic's warns of old models through the
                # process-wide warning filters, which trials that run at once cannot catch apart.
                reply: httpx2.Response = await client.post(
                    self.path, cast_to=httpx2.Response, body=body
                )
                return reply

            yield Conversation(post, opened.errors, build, self.read_answer, self.limit_name)

    def open_replay(
        self,
        player: Player,
        model: str,
        system: str,
        tools: tuple[dict[str, Any], ...],
        parameters: Mapping[str, Any] = NO_PARAMETERS,
    ) -> Conversation:
        """Open a conversation that is played: the same requests, without loading the SDK."""
        build = partial(self.build_request, model, system, tools, parameters=parameters)
        post = partial(post_to_player, player, self.path)
        return Conversation(post, ProviderError, build, self.read_answer, self.limit_name)
