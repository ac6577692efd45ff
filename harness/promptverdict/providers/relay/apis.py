"""The APIs that the relay speaks, each by the path it is asked at."""

from __future__ import annotations

from typing import Any, Protocol

from promptverdict.providers.relay import anthropic_messages, openai_chat, openai_responses
from promptverdict.providers.relay.canonical import Blocks, RequestError


class RelayApi(Protocol):
    """What each module of an API offers."""

    REQUEST_ID: str
    """The header that names a request."""

    def normalise_request(self, body: dict[str, Any], model: str) -> dict[str, Any]:
        """Return a request in the relay's own form.

        Raises RequestError when it cannot be answered.
        """
        ...

    def prepare_answer(self, blocks: Blocks) -> Blocks:
        """Return an answer as its client will carry it back: its calls have ids."""
        ...

    def build_reply(
        self, body: dict[str, Any], content: Blocks, operator: str, seconds: float
    ) -> dict[str, Any]:
        """Build the body of a prepared answer to a request in the relay's form."""
        ...

    def build_failure(self, error: RequestError) -> dict[str, Any]:
        """Build the body of an error."""
        ...


APIS: dict[str, RelayApi] = {
    "/v1/messages": anthropic_messages,
    "/v1/chat/completions": openai_chat,
    "/v1/responses": openai_responses,
}
