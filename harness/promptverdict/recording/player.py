"""Plays a sealed recording to a replay that needs no SDK: each request compared, in any order.

What is played, and when two requests are the same, is as in vcrpy's Cassette with our matcher; that
serves where an SDK takes part (see cassette.py), and for a trial it costs several times as much.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from promptverdict.core.errors import BrokenRecording
from promptverdict.core.paths import display_path
from promptverdict.providers.plain_client import Player
from promptverdict.recording.delta import DeltaSerializer
from promptverdict.recording.files import Sealed
from promptverdict.recording.matching import find_difference, format_briefly, shorten_path


@dataclass(frozen=True)
class _Exchange:
    """One request, and what was answered."""

    method: str
    path: str
    body: str | bytes | None
    status: int
    answer: bytes


class RecordingPlayer(Player):
    """The exchanges of one recording, each played once. Raises BrokenRecording for no cassette.

    where: names the cassette in errors.
    """

    def __init__(self, text: str, where: str) -> None:
        self._where = where
        try:
            stored = DeltaSerializer(where).deserialize(text)
            self._exchanges = [_read_exchange(each) for each in stored["interactions"]]
        except (KeyError, IndexError, TypeError, AttributeError, ValueError) as error:
            raise BrokenRecording(
                f"{self._where} is not a cassette: {format_briefly(error)}\n"
                "  restore it from version control, or record it again with --record all"
            ) from error
        self._left = list(range(len(self._exchanges)))

    def play(self, path: str, body: dict[str, Any]) -> tuple[int, bytes]:
        """Return what was answered to a request that is posted.

        Raises BrokenRecording for one that was not recorded.
        """
        # As SDKs write it, so that it compares equal without being parsed.
        asked = json.dumps(body, separators=(",", ":"), ensure_ascii=False)
        place = shorten_path(path)
        for number in self._left:
            known = self._exchanges[number]
            if (
                known.method == "POST"
                and known.path == place
                # Nearly always the very bytes; the order of keys alone makes no other request.
                and (known.body == asked or _sort_keys(known.body) == _sort_keys(asked))
            ):
                self._left.remove(number)
                return known.status, known.answer
        raise BrokenRecording(self._describe_miss(asked))

    @property
    def is_played_out(self) -> bool:
        """Whether every exchange was played."""
        return not self._left

    def list_answers(self) -> list[bytes]:
        """Return the body of every answer, in order."""
        return [exchange.answer for exchange in self._exchanges]

    def check_all_played(self) -> None:
        """Raise BrokenRecording if exchanges are left over."""
        if self._left:
            raise BrokenRecording(
                f"{self._where}: replay ended after {self._count_played()} of"
                f" {len(self._exchanges)} exchanges\n"
                "  promptverdict or an SDK changed since; record again with --record stale"
            )

    def _count_played(self) -> int:
        return len(self._exchanges) - len(self._left)

    def _describe_miss(self, asked: str) -> str:
        number = self._count_played()
        problem = f"{self._where}: request {number + 1} is not in the recording"
        if number < len(self._exchanges):
            problem += f": {find_difference(self._exchanges[number].body, asked)}"
        return f"{problem}\n  record it again with --record stale"


def open_player(sealed: Sealed) -> RecordingPlayer:
    """Open a sealed recording to be played. Raises BrokenRecording."""
    return RecordingPlayer(sealed.conversation, display_path(sealed.location.http))


def _read_exchange(stored: dict[str, Any]) -> _Exchange:
    request, response = stored["request"], stored["response"]
    answer = response["body"]["string"]
    return _Exchange(
        request["method"],
        shorten_path(urlsplit(request["uri"]).path),
        request["body"],
        response["status"]["code"],
        answer.encode("utf-8") if isinstance(answer, str) else answer,
    )


def _sort_keys(body: str | bytes | None) -> str:
    try:
        return json.dumps(json.loads(body or "null"), sort_keys=True)
    except (ValueError, RecursionError):
        return repr(body)
