"""One conversation through a provider's SDK: a request is built, posted, and its answer read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any, Protocol

from promptverdict.providers.failures import (
    translate_error,
)
from promptverdict.trials.transcript import Answered, Block, Event, count_output

_LIMIT_NAMES = ("max_tokens", "max_completion_tokens", "max_output_tokens")
"""What the APIs call the limit of an answer's tokens; a request has one of them."""


class Reply(Protocol):
    """An answer that came, as httpx2 has it."""

    @property
    def content(self) -> bytes:
        """The body."""
        ...


@dataclass(frozen=True)
class Conversation:
    """A model behind an API, as one trial sees it."""

    post: Callable[[dict[str, Any]], Awaitable[Reply]]
    """Posts a body to where the API takes it."""
    errors: type[Exception]
    """The class of all the SDK's errors."""
    build_request: Callable[[tuple[Event, ...]], dict[str, Any]]
    """Builds the body that asks for the next answer."""
    read_answer: Callable[[bytes], tuple[tuple[Block, ...], Answered]]
    """Reads the body of an answer."""
    limit_name: str
    """Parameter that limits the output tokens of an answer."""
    output_limit: int | None = None
    """Tokens that all answers together may have, where that is limited."""

    async def answer(self, events: tuple[Event, ...]) -> tuple[tuple[Block, ...], Answered]:
        """Ask for the next answer to a conversation.

        Raises ProviderError (ContextOverflow where it is too long), or what the transport raised.
        """
        body = self._reduce_output_limit(self.build_request(events), events)
        try:
            reply = await self.post(body)
        except Exception as error:
            known = translate_error(error, self.errors)
            if known is error:
                raise
            raise known from error
        return self.read_answer(reply.content)

    def _reduce_output_limit(
        self, body: dict[str, Any], events: tuple[Event, ...]
    ) -> dict[str, Any]:
        """Lower a request's own limit of output tokens to what the answers before have left."""
        if self.output_limit is None:
            return body
        left = max(1, self.output_limit - count_output(events))
        name = next((known for known in _LIMIT_NAMES if known in body), self.limit_name)
        return {**body, name: min(left, body.get(name, left))}
