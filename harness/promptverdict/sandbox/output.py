"""What is kept of the words of a command."""

from __future__ import annotations

import codecs
import time

from promptverdict.sandbox.interface import Finished
from promptverdict.sandbox.limits import Stopped


class Output:
    """What a command said: its first and its last part, when it said too much to keep."""

    def __init__(self, limit: int) -> None:
        self.bytes = 0
        self._half = limit // 2
        self._limit = limit
        self._characters = 0
        self._head = ""
        self._tail = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def add(self, chunk: bytes, *, final: bool = False) -> None:
        """Take in what was read; final says that no more will come."""
        text = self._decoder.decode(chunk, final)
        self.bytes += len(chunk)
        self._characters += len(text)
        room = self._half - len(self._head)
        self._head += text[:room]
        self._tail = (self._tail + text[room:])[-(self._limit - self._half) :]

    def text(self) -> str:
        """Give what was kept, and in its middle how much was not."""
        self.add(b"", final=True)
        left_out = self._characters - len(self._head) - len(self._tail)
        cut = f"\n[... {left_out} characters left out ...]\n" if left_out else ""
        return self._head + cut + self._tail

    def finished(self, exit_code: int | None, stopped: Stopped | None, started: float) -> Finished:
        """Give the end of the command, started at a moment of the monotonic clock."""
        seconds = time.monotonic() - started
        truncated = self._characters > self._limit
        return Finished(exit_code, self.text(), stopped, seconds, truncated)
