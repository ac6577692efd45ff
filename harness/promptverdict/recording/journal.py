"""What was paid for in a trial that has not ended: its answers, and the results that they rest on.

One line for each, written as it comes, so that a process that is killed loses none of them. The
next attempt at the trial goes on from them: calls are carried out again, since a workspace dies
with its process, and an answer is taken where exactly its request is asked again. What no longer
fits is counted as lost. The file is removed once the recording is sealed.
"""

from __future__ import annotations

import contextlib
import os
import re
import time
from base64 import b64decode, b64encode
from collections import deque
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from pydantic import ValidationError

from promptverdict.core.clock import format_now
from promptverdict.core.errors import DiskError
from promptverdict.core.model import Frozen
from promptverdict.core.paths import display_path
from promptverdict.core.text import format_count
from promptverdict.guest.treehash import counts
from promptverdict.recording.secrets import find_secret
from promptverdict.trials.transcript import Result

FOLDER = "live"
"""Where journals lie, below the folder of the results."""
FORMAT = 1
MAX_AGE = 24 * 3600.0
"""Seconds for which answers serve another attempt: providers change from one day to the next."""

# What differs between two runs of one command on one workspace: durations, addresses, dates and the
# times of day, such as `ls -l` prints them of files.
_VOLATILE = re.compile(
    r"\b\d+(?:\.\d+)?(?= ?(?:m?s|seconds?)\b)|\b0x[0-9a-f]{6,16}\b"
    r"|\b\d{4}-\d\d-\d\d(?=\b|T)|(?:\b|(?<=T))\d\d?:\d\d(?::\d\d(?:[.,]\d+)?)?(?=\b|Z)"
    r"|\b(?:Jan|Feb|Mar|Apr|May|Jun|Jul|Aug|Sep|Oct|Nov|Dec) {1,2}\d{1,2}\b"
)


class PaidAnswer(Frozen):
    """An answer, and which request it is the answer to."""

    request: str
    """Hash of the request's body."""
    status: int
    headers: dict[str, str]
    body: str | None = None
    base64: str | None = None
    """The body where it is no UTF-8."""
    seconds: float
    """How long it took, for trials whose time is limited."""

    @property
    def content(self) -> bytes:
        """The body as it came."""
        return b64decode(self.base64) if self.base64 else (self.body or "").encode()

    @staticmethod
    def encode(content: bytes) -> dict[str, str]:
        """Return the field that holds a body."""
        try:
            return {"body": content.decode()}
        except UnicodeDecodeError:
            return {"base64": b64encode(content).decode()}


class _Line(Frozen):
    format: int = FORMAT
    trial: str | None = None
    began: str | None = None
    """When the attempt began, in UTC; in the first line alone."""
    answer: PaidAnswer | None = None
    result: Result | None = None
    lost: int | None = None
    """How many answers were lost until here."""


class Journal:
    """The journal of one trial; without a path it keeps nothing and knows nothing.

    path: its file, which need not exist. trial: the id, for whoever looks into the file.
    """

    def __init__(self, path: Path | None, trial: str) -> None:
        self._path, self._trial = path, trial
        self._entries: deque[tuple[int, _Line]] = deque()
        """What is left of earlier attempts, each with the place in the file where it begins."""
        self._descriptor: int | None = None
        self._end = 0
        self._last_answer: int | None = None
        """Where the last answer begins, until what it led to shows that it could be read."""
        self.resumed = 0
        """Answers of earlier attempts that this one went on from."""
        self.lost = 0
        """Answers of earlier attempts that no longer fitted, of all attempts so far."""
        self.began = ""
        """When the earlier attempt began, in UTC."""
        if path is not None:
            self._read(path)

    def take_answer(self, request: str) -> PaidAnswer | None:
        """Return what was answered to a request in an earlier attempt, where it is its turn."""
        self._last_answer = None
        if not self._entries:
            return None
        place, line = self._entries[0]
        if line.answer is None or line.answer.request != request:
            self._forget_rest(place)
            return None
        self._entries.popleft()
        self._last_answer = place
        self.resumed += 1
        return line.answer

    def add_answer(self, answer: PaidAnswer) -> None:
        """Keep an answer that has just come. Raises DiskError."""
        self._last_answer = self._append(_Line(answer=answer))

    def settle_result(self, fresh: Result) -> Result:
        """Return the result of a call that the trial goes on with, and keep it.

        Where the call did what it had done in the earlier attempt, its words are those of then: the
        answers that follow were given to them, and durations differ each time. Raises DiskError.
        """
        self._last_answer = None
        if self._entries:
            place, line = self._entries[0]
            if line.result is not None and _did_the_same(line.result, fresh):
                self._entries.popleft()
                return fresh.model_copy(update={"text": line.result.text})
            self._forget_rest(place)
        self._append(_Line(result=fresh))
        return fresh

    def drop_last_answer(self) -> None:
        """Forget the last answer if nothing followed it: it could not be read, nor could it be."""
        if self._path is not None and self._last_answer is not None:
            self._entries.clear()
            self._cut(self._last_answer)
            self.lost += 1
            self._keep_count()

    def describe(self) -> tuple[str, ...]:
        """Describe in words what earlier attempts have left to this one, and what was lost."""
        if self._path is None:
            return ()
        began = f" (begun {self.began})" if self.began else ""
        resumed = format_count(self.resumed, "answer")
        lost = format_count(self.lost, "paid answer")
        notes = [f"{resumed} came in an attempt that was cut off{began}"] if self.resumed else []
        if self.lost:
            notes.append(f"{lost} of an attempt that was cut off{began} could not be used")
        return tuple(notes)

    def close(self) -> None:
        """Close the file; it stays."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def discard(self) -> None:
        """Remove the file: the trial was recorded, or never can be with these answers."""
        self.close()
        if self._path is not None:
            with contextlib.suppress(OSError):
                self._path.unlink(missing_ok=True)
        self._path = None

    def _read(self, path: Path) -> None:
        try:
            content = path.read_bytes()
        except OSError:
            return
        place = 0
        for raw in content.splitlines(keepends=True):
            try:
                line = _Line.model_validate_json(raw)
            except ValidationError:
                break  # cut off by a full disk, or of a newer version
            if not raw.endswith(b"\n") or line.format != FORMAT:
                break
            self.began = self.began or line.began or ""
            self.lost = line.lost or self.lost
            if line.answer or line.result:
                self._entries.append((place, line))
            place += len(raw)
        self._end = place

    def _append(self, line: _Line) -> int | None:
        """Write a line at the end, and return where it begins. Raises DiskError."""
        if self._path is None:
            return None
        text = line.model_dump_json(exclude_none=True)
        if find_secret(text, os.environ):
            # Its recording will be refused for it, and no file of a run may hold it meanwhile.
            self.discard()
            return None
        try:
            if self._descriptor is None:
                self._open(self._path)
            place = self._end
            self._write(f"{text}\n".encode())
        except OSError as error:
            where = display_path(self._path)
            raise DiskError(f"{where} cannot be written: {error.strerror}") from error
        return place

    def _open(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._descriptor = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        os.ftruncate(self._descriptor, self._end)
        if self._end == 0:
            head = _Line(trial=self._trial, began=format_now())
            self._write(f"{head.model_dump_json(exclude_none=True)}\n".encode())

    def _write(self, raw: bytes) -> None:
        assert self._descriptor is not None
        # One call: what a killed process has written is whole, or is told apart by its line end.
        written = os.pwrite(self._descriptor, raw, self._end)
        if written < len(raw):
            os.ftruncate(self._descriptor, self._end)
            raise OSError(28, os.strerror(28))
        self._end += written

    def _forget_rest(self, place: int) -> None:
        """Forget what begins at a place in the file, and all that follows."""
        self.lost += sum(line.answer is not None for _, line in self._entries)
        self._entries.clear()
        self._cut(place)
        self._keep_count()

    def _cut(self, place: int) -> None:
        self._end = min(self._end, place)
        if self._descriptor is not None:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, self._end)

    def _keep_count(self) -> None:
        """Keep how many answers are lost, for the attempt that comes to its end to say."""
        if self.lost:
            with contextlib.suppress(DiskError):
                self._append(_Line(lost=self.lost))


def remove_old_journals(folder: Path) -> int:
    """Remove journals that are too old to go on from, and return how many answers they held."""
    lost = 0
    for path in folder.glob("*.jsonl"):
        with contextlib.suppress(OSError):
            # Both ways: a clock that went back must not keep them for years.
            if abs(time.time() - path.stat().st_mtime) > MAX_AGE:
                lines = path.read_bytes().splitlines()
                lost += sum(line.startswith(b'{"format":1,"answer"') for line in lines)
                path.unlink()
    return lost


def _did_the_same(old: Result, new: Result) -> bool:
    """Whether a call that was carried out again did what it had done, durations aside."""
    return _describe_effect(old) == _describe_effect(new)


def _describe_effect(result: Result) -> Mapping[str, Any]:
    # Caches and git's own files hold times, and differ where nothing else does.
    changes = [change.model_dump() for change in result.changes if counts(change.path)]
    return {
        "call": result.call,
        "error": result.error,
        "stopped": result.stopped,
        "text": _VOLATILE.sub("", result.text),
        "changes": changes,
    }
