"""What a replay posts to in the place of an SDK: the same requests, at a fraction of the cost.

An SDK puts headers around a request's body, and wraps refusals into errors of its own. A recording
is matched by method, path and body alone, and of refusals it holds only those that are outcomes.
`--record stale` plays recordings through the SDK itself.
"""

from __future__ import annotations

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Any

from promptverdict.core.errors import ContextOverflow, ProviderError
from promptverdict.providers.failures import is_overflow, read_error_words


class Player(ABC):
    """A recording that answers requests without an SDK and without HTTP."""

    @abstractmethod
    def play(self, path: str, body: dict[str, Any]) -> tuple[int, bytes]:
        """Return the status and the body of the answer to a request that is posted.

        path: below the place where the API is served. Raises BrokenRecording for a request that
        was not recorded.
        """


@dataclass(frozen=True)
class Played:
    """An answer, as far as a conversation reads it."""

    content: bytes


async def post_to_player(player: Player, path: str, body: dict[str, Any]) -> Played:
    """Return the answer to a request. Raises ProviderError for a refusal, or what the player did.

    A coroutine, as what an SDK posts with is one.
    """
    status, content = player.play(path, body)
    if status < 400:
        return Played(content)
    words = read_error_words(content)
    message = f"{path}: HTTP {status}: {words}"
    refused = ContextOverflow if is_overflow(status, content) else ProviderError
    raise refused(message, words)
