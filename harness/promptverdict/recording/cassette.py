"""vcrpy's cassette behind an HTTP transport of ours: one for each trial, and nothing is patched.

vcrpy usually patches the HTTP libraries of the whole process, which crosses the exchanges of trials
that run at once. Here its Cassette only stores, filters and matches, and the SDK is handed a
transport that asks it. Only public names of vcrpy are used, and vcr.stubs is never imported.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Protocol

import httpx2
import vcr
from vcr.patch import PATCHER_NAMES
from vcr.persisters.filesystem import CassetteNotFoundError
from vcr.request import Request
from vcr.serialize import deserialize, serialize

from promptverdict.core.errors import BrokenRecording
from promptverdict.providers.receiving import RESPONSE_HEADERS, receive
from promptverdict.recording.delta import DeltaSerializer
from promptverdict.recording.matching import (
    find_difference,
    format_briefly,
    is_same,
    prepare_request,
)

SERIALIZER = "delta"
"""Under which name vcrpy knows ours."""


class Keeper(Protocol):
    """Where the text of a cassette comes from and goes to."""

    where: str

    def read(self) -> str:
        """Return the stored text. Raises an EvidenceError when it cannot serve."""
        ...

    def write(self, text: str) -> None:
        """Store the text of a finished trial."""
        ...


class _Persister:
    """vcrpy's persister, over a keeper."""

    def __init__(self, keeper: Keeper, *, replay: bool) -> None:
        self._keeper, self._replay = keeper, replay

    def load_cassette(self, path: str, serializer: Any) -> Any:  # noqa: ARG002
        # With record mode `once`, vcrpy would otherwise go on from the recording that is there.
        if not self._replay:
            raise CassetteNotFoundError
        try:
            return deserialize(self._keeper.read(), serializer)
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            raise BrokenRecording(
                f"{self._keeper.where} is not a cassette: {format_briefly(error)}\n"
                "  restore it from version control, or record it again with --record all"
            ) from error

    def save_cassette(self, path: str, cassette: Any, serializer: Any) -> None:  # noqa: ARG002
        self._keeper.write(serialize(cassette, serializer))


class Tape:
    """The exchanges of one trial while it runs: played from a cassette, or added to one."""

    def __init__(self, cassette: Any, where: str, *, replay: bool) -> None:
        self._cassette, self._where, self._replay = cassette, where, replay

    def play(self, request: Request) -> dict[str, Any] | None:
        """Return the recorded answer, or nothing while recording.

        Raises BrokenRecording for a request that replay does not know.
        """
        # vcrpy would copy the request several times before it found that a new cassette plays none.
        if not self._replay:
            return None
        if self._cassette.can_play_response_for(request):
            answer: dict[str, Any] = self._cassette.play_response(request)
            return answer
        raise BrokenRecording(self._describe_miss(request))

    def add(self, request: Request, response: httpx2.Response) -> dict[str, Any]:
        """Store an exchange whose body has been read, and return what is stored of it."""
        stored: dict[str, Any] = {
            "status": {"code": response.status_code, "message": response.reason_phrase},
            "headers": {
                name: [value]
                for name, value in response.headers.items()
                if name.lower() in RESPONSE_HEADERS
            },
            "body": {"string": response.content},
        }
        self._cassette.append(request, stored)
        return stored

    def finish(self, metadata: Mapping[str, Any] | None = None) -> None:
        """End the trial: store what it was made of, or check that all of it was played.

        metadata: the head of a new recording; None for a replay.

        Raises BrokenRecording when a replay ended before the recording did.
        """
        if metadata is not None:
            # vcrpy's only public way to store metadata: it returns them, and sets what is absent.
            self._cassette.get_metadata("recording", dict(metadata))
        elif self._cassette.play_count < len(self._cassette):
            raise BrokenRecording(
                f"{self._where}: replay ended after {self._cassette.play_count} of"
                f" {len(self._cassette)} exchanges\n"
                "  promptverdict or an SDK changed since; record again with --record stale"
            )

    @property
    def is_played_out(self) -> bool:
        """Whether every stored exchange was played."""
        return bool(self._cassette.play_count >= len(self._cassette))

    def list_answers(self) -> list[bytes]:
        """Return the body of every stored answer, in order."""
        return [_encode(response["body"]["string"]) for response in self._cassette.responses]

    def _describe_miss(self, request: Request) -> str:
        number = self._cassette.play_count
        problem = f"{self._where}: request {number + 1} is not in the recording"
        if number < len(self._cassette):
            problem += f": {find_difference(self._cassette.requests[number].body, request.body)}"
        return f"{problem}\n  record it again with --record stale"


class TapeTransport(httpx2.AsyncBaseTransport):
    """The transport that an SDK's client is given: it plays, or asks the network and stores.

    A refusal is passed on without being stored: a fault is no part of what a trial is evidence of.
    is_outcome: whether a refusal, by its status and body, is the agent's own doing, such as a
    conversation that grew too long; this is stored.
    """

    def __init__(
        self,
        tape: Tape,
        network: httpx2.AsyncBaseTransport | None = None,
        is_outcome: Callable[[int, bytes], bool] = lambda _status, _body: False,
    ) -> None:
        self._tape, self._network, self._is_outcome = tape, network, is_outcome

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        """Answer one request.

        Nothing is awaited between matching and playing: two requests of one trial must not be given
        one answer.
        """
        body = await request.aread()
        asked = Request(request.method, str(request.url), body, dict(request.headers))
        # Once here: vcrpy prepares what it is given at each of several look-ups.
        known = prepare_request(asked)
        stored = self._tape.play(known)
        if stored is None:
            if self._network is None:
                raise BrokenRecording(
                    "a replay sent a request that is not recorded\n"
                    "  record it again with --record stale"
                )
            response = await receive(await self._network.handle_async_request(request))
            status = response.status_code
            if status >= 400 and not self._is_outcome(status, response.content):
                return response
            stored = self._tape.add(known, response)
        return httpx2.Response(
            stored["status"]["code"],
            headers=[
                (name, value) for name, values in stored["headers"].items() for value in values
            ],
            content=stored["body"]["string"],
        )

    async def aclose(self) -> None:
        """Close what the tape was recorded over."""
        if self._network is not None:
            await self._network.aclose()


@contextmanager
def open_tape(keeper: Keeper, *, replay: bool) -> Iterator[Tape]:
    """Open the cassette of one trial; a new one is stored only if the block ends well."""
    recorder = vcr.VCR(
        record_mode="none" if replay else "once",
        match_on=("conversation",),
        before_record_request=prepare_request,
        # Nothing in the process is patched: trials that run at once would hear each other.
        skip_patchers=PATCHER_NAMES,
        record_on_exception=False,
        serializer=SERIALIZER,
    )
    recorder.register_matcher("conversation", is_same)
    recorder.register_serializer(SERIALIZER, DeltaSerializer(keeper.where))
    recorder.register_persister(_Persister(keeper, replay=replay))
    with recorder.use_cassette(Path(keeper.where)) as cassette:
        yield Tape(cassette, keeper.where, replay=replay)


def _encode(body: str | bytes) -> bytes:
    return body.encode("utf-8") if isinstance(body, str) else body
