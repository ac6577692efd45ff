"""The way to the network of a trial that goes on from an earlier attempt's journal."""

from __future__ import annotations

import hashlib
from collections.abc import Callable

import httpx2

from promptverdict.providers.receiving import receive
from promptverdict.providers.stopwatch import Stopwatch
from promptverdict.recording.journal import Journal, PaidAnswer


class JournaledTransport(httpx2.AsyncBaseTransport):
    """Answers from the journal what it knows, and keeps there what the network answers.

    is_outcome: whether a refusal, by status and body, is the agent's own doing: it is kept like an
    answer, and no other refusal is. note_resumed: called for each answer out of the journal, which
    costs nothing now.
    """

    def __init__(
        self,
        network: httpx2.AsyncBaseTransport,
        journal: Journal,
        stopwatch: Stopwatch,
        is_outcome: Callable[[int, bytes], bool],
        note_resumed: Callable[[], object],
    ) -> None:
        self._network, self._journal, self._stopwatch = network, journal, stopwatch
        self._is_outcome, self._note_resumed = is_outcome, note_resumed

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request. Raises StorageError when its answer cannot be kept."""
        # The body and not the conversation: what was asked in other words is another request.
        asked = hashlib.sha256(await request.aread()).hexdigest()
        if known := self._journal.take_answer(asked):
            self._stopwatch.add(self._stopwatch.clock() - known.seconds)
            self._note_resumed()
            return httpx2.Response(known.status, headers=known.headers, content=known.content)
        before = self._stopwatch.used
        response = await receive(await self._network.handle_async_request(request))
        status, content = response.status_code, response.content
        if status < 400 or self._is_outcome(status, content):
            answer = PaidAnswer(
                request=asked,
                status=status,
                headers=dict(response.headers),
                seconds=round(self._stopwatch.used - before, 3),
                **PaidAnswer.encode(content),
            )
            self._journal.add_answer(answer)
        return response

    async def aclose(self) -> None:
        """Close the network below."""
        await self._network.aclose()
