"""The providers' APIs, by the name of a model.

A model is named `provider/name`. The provider says which API is spoken; `relay` and its twins speak
to a relay, where the model keeps its whole name `relay/name`, whichever API carries it.
"""

from __future__ import annotations

from importlib import import_module

from promptverdict.providers.interface import Api

MODULES = {
    "anthropic": "anthropic.api",
    "openai": "openai.responses",
    "openai-chat": "openai.chat",
    "relay": "anthropic.api",
    "relay-openai": "openai.responses",
    "relay-openai-chat": "openai.chat",
}
"""What stands before the slash of a model -> the module that holds its API."""


def load_api(model: str) -> Api:
    """Return the API that a model speaks. Raises KeyError for an unknown provider."""
    module = import_module(f"promptverdict.providers.{MODULES[model.partition('/')[0]]}")
    api: Api = module.API
    return api


def is_by_hand(model: str) -> bool:
    """Return whether a relay answers for a model, and so a person or an agent by hand."""
    return model.partition("/")[0].startswith("relay")


def resolve_requested_name(model: str) -> str:
    """Return the name that a request carries: a provider's own, or `relay/name`."""
    name = model.partition("/")[2]
    return f"relay/{name}" if is_by_hand(model) else name
