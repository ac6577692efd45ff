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
from promptverdict.providers.registry import api, asked_name, is_by_hand
from promptverdict.trials.protocols import Model


@dataclass(frozen=True)
class Line:
    """A way to models, as one trial has it."""

    transport: httpx2.AsyncBaseTransport
    """What every request goes through."""
    relay: str
    """Where the relay answers."""
    replay: bool
    """Whether the transport plays a recording; then no key is needed, and no place."""

    def open(
        self,
        model: str,
        system: str,
        tools: tuple[dict[str, Any], ...] = (),
        parameters: Mapping[str, Any] | None = None,
    ) -> AbstractAsyncContextManager[Model]:
        """Open a conversation with a model, `provider/name`.

        Raises ProviderError where a key is needed and none is set.
        """
        spoken, by_hand = api(model), is_by_hand(model)
        key = "none" if by_hand or self.replay else os.environ.get(spoken.KEY)
        if not key:
            raise ProviderError(
                f"asking {model} needs a key: set {spoken.KEY}\n"
                "  without one, answer by hand: promptverdict relay serve, and --model relay/NAME"
            )
        name = asked_name(model)
        return spoken.open_model(
            self.transport, self._place(model), key, name, system, tools, parameters or {}
        )

    def _place(self, model: str) -> str:
        """Say where a model is asked. A recording fits wherever it was made."""
        spoken = api(model)
        if self.replay:
            return spoken.URL
        if is_by_hand(model):
            return self.relay.rstrip("/") + urlsplit(spoken.URL).path
        return os.environ.get(spoken.URL_VARIABLE) or spoken.URL
