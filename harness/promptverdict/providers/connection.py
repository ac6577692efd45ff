"""From a model's name to somebody who answers: which API, which place, which key."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from promptverdict.providers.interface import Api
from promptverdict.providers.places import read_address, read_key
from promptverdict.providers.plain_client import Player
from promptverdict.providers.registry import is_by_hand, load_api, resolve_requested_name
from promptverdict.trials.protocols import Model

if TYPE_CHECKING:
    import httpx2


@dataclass(frozen=True)
class Connection:
    """The way of one trial to models."""

    transport: httpx2.AsyncBaseTransport | Player
    """What every request goes through: an SDK's, or a recording that needs none."""
    relay: str
    """Where the relay answers."""
    replay: bool
    """Whether the transport plays a recording; then no key is needed, and no place."""

    @asynccontextmanager
    async def open_model(
        self,
        model: str,
        system: str,
        tools: tuple[dict[str, Any], ...] = (),
        parameters: Mapping[str, Any] | None = None,
        output_limit: int | None = None,
    ) -> AsyncIterator[Model]:
        """Open a conversation with a model, `provider/name`.

        output_limit: how many tokens all answers together may have. Raises InputError where a key
        is needed and none can be used, and for an address that is none.
        """
        api, by_hand = load_api(model), is_by_hand(model)
        name = resolve_requested_name(model)
        if isinstance(self.transport, Player):
            played = api.open_replay(self.transport, name, system, tools, parameters or {})
            yield replace(played, output_limit=output_limit)
            return
        key = "none" if by_hand or self.replay else read_key(model, api)
        place = self._resolve_place(api, by_hand=by_hand)
        opened = api.open_model(self.transport, place, key, name, system, tools, parameters or {})
        async with opened as conversation:
            yield replace(conversation, output_limit=output_limit)

    def _resolve_place(self, api: Api, *, by_hand: bool) -> str:
        """Return where an API is asked. In a replay it does not matter where it was recorded."""
        if self.replay:
            return api.url
        return self.relay.rstrip("/") + urlsplit(api.url).path if by_hand else read_address(api)
