"""From a model's name to somebody who answers: which API, which place, which key."""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

import httpx2

from promptverdict.core.errors import ProviderError
from promptverdict.providers.interface import Api
from promptverdict.providers.registry import is_by_hand, load_api, resolve_requested_name
from promptverdict.trials.protocols import Model


@dataclass(frozen=True)
class Connection:
    """The way of one trial to models."""

    transport: httpx2.AsyncBaseTransport
    """What every request goes through."""
    relay: str
    """Where the relay answers."""
    replay: bool
    """Whether the transport plays a recording; then no key is needed, and no place."""

    def open_model(
        self,
        model: str,
        system: str,
        tools: tuple[dict[str, Any], ...] = (),
        parameters: Mapping[str, Any] | None = None,
    ) -> AbstractAsyncContextManager[Model]:
        """Open a conversation with a model, `provider/name`.

        Raises ProviderError where a key is needed and none is set.
        """
        api, by_hand = load_api(model), is_by_hand(model)
        key = "none" if by_hand or self.replay else os.environ.get(api.key_variable)
        if not key:
            raise ProviderError(
                f"asking {model} needs a key: set {api.key_variable}\n"
                "  without one, answer by hand: promptverdict relay serve, and --model relay/NAME"
            )
        return api.open_model(
            self.transport,
            self._resolve_place(api, by_hand=by_hand),
            key,
            resolve_requested_name(model),
            system,
            tools,
            parameters or {},
        )

    def _resolve_place(self, api: Api, *, by_hand: bool) -> str:
        """Return where an API is asked. In a replay it does not matter where it was recorded."""
        if self.replay:
            return api.url
        if by_hand:
            return self.relay.rstrip("/") + urlsplit(api.url).path
        return os.environ.get(api.url_variable) or api.url
