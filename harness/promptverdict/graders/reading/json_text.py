"""The one JSON value of an answer: as all of it, in a code fence, or among other text."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, NamedTuple

from promptverdict.trials.grade import Point
from promptverdict.trials.transcript import CUT_OFF, End, Event, Result, Say, User

AROUND = "there is text around the JSON"
_FENCE_LINE = re.compile(r"^ {0,3}(`{3,}+)[ \t]*+([^`\s]*+)[^`\n]*+$", re.MULTILINE)
_OPENS = re.compile(r"\s*[{\[]")
_OBJECT = re.compile(r"^\{", re.MULTILINE)
_BETWEEN = "\n\n"


class Reading(NamedTuple):
    """What a text holds as JSON."""

    value: Any
    span: tuple[int, int] | None
    """Where the value stands in the text; None where nothing could be read."""
    fenced: bool
    problems: tuple[str, ...]
    """Why the text is not one strict JSON value; AROUND may be among them."""


@dataclass(frozen=True)
class Answer:
    """The final answer: what was said after the last result or user turn."""

    says: tuple[tuple[int, str], ...]
    """Number of the event, its text."""
    cut: bool
    """Whether a limit on tokens ended it: of the answer, or of the conversation."""

    @classmethod
    def read(cls, events: tuple[Event, ...]) -> Answer:
        """Read it from the end of a transcript."""
        says: list[tuple[int, str]] = []
        for number, event in enumerate(events):
            if isinstance(event, User | Result):
                says = []
            elif isinstance(event, Say):
                says.append((number, event.text))
        last = events[-1] if events else None
        return cls(tuple(says), isinstance(last, End) and last.reason in CUT_OFF)

    @property
    def text(self) -> str:
        """The whole answer, as transcript.final_text joins it."""
        return _BETWEEN.join(text for _, text in self.says)

    def find_points(self, start: int, end: int) -> tuple[Point, ...]:
        """Point at a part of the text, in the events that said it."""
        points, offset = [], 0
        for number, text in self.says:
            first, last = max(start - offset, 0), min(end - offset, len(text))
            if first < last:
                points.append(Point(event=number, start=first, end=last))
            offset += len(text) + len(_BETWEEN)
        return tuple(points)


def read_json(text: str) -> Reading:
    """Find the one JSON value of a text: all of it, else its only JSON fence, else a part of it."""
    start, end = len(text) - len(text.lstrip()), len(text.rstrip())
    if start >= end:
        return Reading(None, None, False, ("there is no final answer",))
    whole = _decode(text, start)
    if whole.span == (start, end) or (text[start] in "{[" and not whole.span):
        return whole
    if text[start] in "{[":
        return whole._replace(problems=(AROUND, *whole.problems))
    fences = list(_find_fences(text))
    blocks = [f for f in fences if f.info in ("", "json") and _OPENS.match(text, f.body)]
    if len(blocks) > 1:
        return Reading(None, None, True, (f"there are {len(blocks)} JSON fences instead of one",))
    return _read_fence(text, blocks[0], start, end) if blocks else _read_buried(text, fences, whole)


class _Fence(NamedTuple):
    start: int
    body: int
    end: int
    info: str


def _find_fences(text: str) -> Iterator[_Fence]:
    """Pair the fence lines, each opening with the next line that can close it."""
    opening: re.Match[str] | None = None
    for line in _FENCE_LINE.finditer(text):
        if opening is None:
            opening = line
        elif not line[2] and len(line[1]) >= len(opening[1]):
            yield _Fence(opening.start(), opening.end(), line.end(), opening[2].lower())
            opening = None


def _read_fence(text: str, fence: _Fence, start: int, end: int) -> Reading:
    inner = _decode(text, len(text) - len(text[fence.body :].lstrip()))
    after = text[inner.span[1] : end].strip("` \t\r\n") if inner.span else ""
    around = (AROUND,) if text[start : fence.start] + after else ()
    return inner._replace(fenced=True, problems=around + inner.problems)


def _read_buried(text: str, fences: list[_Fence], whole: Reading) -> Reading:
    # Fifty starts: each may be decoded to the end of the text, and an agent may write thousands.
    for at in [brace.start() for brace in _OBJECT.finditer(text)][:50] or [text.find("{")]:
        if at >= 0 and not any(fence.start <= at < fence.end for fence in fences):
            inner = _decode(text, at)
            if inner.span:
                return inner._replace(problems=(AROUND, *inner.problems))
    return whole


def _decode(text: str, start: int) -> Reading:
    """Read the JSON value that begins at a place; what follows it is left alone."""
    odd: list[str] = []

    def build_object(members: list[tuple[str, Any]]) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for key, member in members:
            if key in value:
                odd.append(f"the key {json.dumps(key):.40} is twice in one object")
            value[key] = member
        return value

    def note_constant(name: str) -> float:
        odd.append(f"{name} is not JSON")
        return math.nan

    decoder = json.JSONDecoder(object_pairs_hook=build_object, parse_constant=note_constant)
    try:
        value, end = decoder.raw_decode(text, start)
    except json.JSONDecodeError as error:
        place = f"line {error.lineno} column {error.colno}"
        problem = f"the answer is not JSON: {place}: {error.msg}"
    except RecursionError:
        problem = "the JSON is nested too deeply"
    except ValueError:
        problem = "the JSON has a number with too many digits"
    else:
        return Reading(value, (start, end), False, tuple(odd))
    return Reading(None, None, False, (problem,))
