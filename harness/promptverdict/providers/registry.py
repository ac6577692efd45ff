"""The providers' APIs: each a module that builds requests, reads answers and opens one model.

A model is named `provider/name`. The provider says which API is spoken; `relay` and its twins speak
to a relay, where the model keeps its whole name `relay/name`, whichever API carries it.
"""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from importlib import import_module
from typing import TYPE_CHECKING, Any, Protocol

from promptverdict.trials.protocols import Model
from promptverdict.trials.transcript import Answered, Block, Event

if TYPE_CHECKING:
    import httpx2

MODULES = {
    "anthropic": "anthropic.api",
    "openai": "openai.responses",
    "openai-chat": "openai.chat",
    "relay": "anthropic.api",
    "relay-openai": "openai.responses",
    "relay-openai-chat": "openai.chat",
}
"""What stands before the slash of a model -> the module that speaks its API."""


class Api(Protocol):
    """What each module of a provider offers. `request` and `read` are pure and load no SDK."""

    SDK: str
    """Name of the SDK's package, whose version goes into a recording."""
    KEY: str
    """Environment variable of the key."""
    URL: str
    """Where the provider answers."""
    URL_VARIABLE: str
    """Environment variable that names another place, as the SDK knows it."""

    def request(
        self,
        model: str,
        system: str,
        tools: tuple[dict[str, Any], ...],
        events: tuple[Event, ...],
        parameters: Mapping[str, Any] = ...,
    ) -> dict[str, Any]:
        """Build the body of the next request: `parameters` are the API's own, put over ours."""
        ...

    def parts(self, body: dict[str, Any]) -> dict[str, Any]:
        """Take a first request apart into what a digest names.

        That is: model, system, tools, message and parameters, None for what it does not have.
        """
        ...

    def read(self, content: bytes) -> tuple[tuple[Block, ...], Answered]:
        """Read an answer's body, plain or streamed. Raises ProviderError when it is none."""
        ...

    def forced(self, tool: str) -> dict[str, Any]:
        """Give the parameters of a request that must be answered by a call of one tool."""
        ...

    def deprecation(self, model: str) -> str | None:
        """Say when the SDK expects a model to end, if it does."""
        ...

    def open_model(
        self,
        transport: httpx2.AsyncBaseTransport,
        base_url: str,
        api_key: str,
        model: str,
        system: str,
        tools: tuple[dict[str, Any], ...],
        parameters: Mapping[str, Any] = ...,
    ) -> AbstractAsyncContextManager[Model]:
        """Open a client of the SDK on a transport of ours, and one conversation on it."""
        ...


def api(model: str) -> Api:
    """Give the module that speaks a model's API. Raises KeyError for an unknown provider."""
    module: Any = import_module(f"promptverdict.providers.{MODULES[model.partition('/')[0]]}")
    found: Api = module
    return found


def is_by_hand(model: str) -> bool:
    """Whether a relay answers for a model, and so a person or an agent by hand."""
    return model.partition("/")[0].startswith("relay")


def asked_name(model: str) -> str:
    """Give the name that a request carries: a provider's own, or `relay/name`."""
    name = model.partition("/")[2]
    return f"relay/{name}" if is_by_hand(model) else name
