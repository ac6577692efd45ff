"""What is kept of a command's output."""

from __future__ import annotations

import codecs
import time

from promptverdict.sandbox.interface import Finished
from promptverdict.sandbox.limits import Stopped


class Output:
    """A command's output: its first and its last part, when it is too long to keep."""

    def __init__(self, limit: int) -> None:
        self.bytes = 0
        self._half = limit // 2
        self._limit = limit
        self._characters = 0
        self._head = ""
        self._tail = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def add(self, chunk: bytes, *, final: bool = False) -> None:
        """Add what was read; final: no more will come, so half a character is an error."""
        text = self._decoder.decode(chunk, final)
        self.bytes += len(chunk)
        self._characters += len(text)
        room = self._half - len(self._head)
        self._head += text[:room]
        self._tail = (self._tail + text[room:])[-(self._limit - self._half) :]

    def text(self) -> str:
        """Return what was kept, and in its middle how much was left out."""
        self.add(b"", final=True)
        left_out = self._characters - len(self._head) - len(self._tail)
        cut = f"\n[... {left_out} characters left out ...]\n" if left_out else ""
        return self._head + cut + self._tail

    def build_finished(
        self, exit_code: int | None, stopped: Stopped | None, started: float
    ) -> Finished:
        """Return how the command ended; started: on the monotonic clock."""
        seconds = time.monotonic() - started
        truncated = self._characters > self._limit
        return Finished(exit_code, self.text(), stopped, seconds, truncated)
