"""Answers that are to be JSON: finding the one value in what was said, and what it must hold.

A value with words around it is still read, so that each behaviour fails on its own account.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from pydantic import Field, model_validator

from promptverdict.core.model import Frozen
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.grade import Finding, Point, failed, passed, ungraded
from promptverdict.trials.transcript import End, Event, Result, Say, User

Kind = Literal["string", "integer", "number", "boolean", "array", "object"]

AROUND = "there is text around the JSON"
_FENCE_LINE = re.compile(r"^ {0,3}(`{3,}+)[ \t]*+([^`\s]*+)[^`\n]*+$", re.MULTILINE)
_OPENS = re.compile(r"\s*[{\[]")
_OBJECT = re.compile(r"^\{", re.MULTILINE)
_TYPES: dict[Kind, Any] = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
_TYPES |= {"array": list, "object": dict}
_BETWEEN = "\n\n"


class Reading(NamedTuple):
    """What a text holds as JSON."""

    value: Any
    span: tuple[int, int] | None
    """Where the value stands in the text; None where nothing could be read."""
    fenced: bool
    problems: tuple[str, ...]
    """Why the text is not one strict JSON value; AROUND may be among them."""


class JsonAnswer(Frozen):
    """The final answer is one JSON value that holds what it must."""

    type: Literal["json_answer"] = "json_answer"
    fence: Literal["allowed", "required", "forbidden"] = Field(
        default="allowed", description="Whether the JSON may, must or must not stand in one fence"
    )
    nothing_around: bool = Field(default=True, description="Whether words around it are a failure")
    root: Literal["object", "array", "any"] = Field(default="object", description="What it must be")
    required: dict[str, Kind | tuple[Kind, ...]] = Field(
        default={}, description="Key, or keys joined by dots -> its type, or a list of types"
    )
    items: dict[str, tuple[str, ...]] = Field(
        default={}, description="Key of an array -> keys that each of its items has"
    )
    minimum: dict[str, float] = Field(default={}, description="Key of a number -> least value")
    maximum: dict[str, float] = Field(default={}, description="Key of a number -> greatest value")

    @model_validator(mode="after")
    def _keys_belong_to_an_object(self) -> JsonAnswer:
        if self.root != "object" and (self.required or self.items or self.minimum or self.maximum):
            raise ValueError("keys can only be asked of an object: leave root out")
        return self

    def grade(self, evidence: Evidence) -> Finding:
        """Read the final answer and hold it against what it must be."""
        answer = Answer.of(evidence.events)
        if answer.cut:
            return ungraded("the answer was cut at the token limit")
        reading = read_json(answer.text)
        problems = [one for one in reading.problems if one != AROUND or self.nothing_around]
        if reading.span:
            problems += self._problems(reading)
        points = answer.points(*(reading.span or (0, len(answer.text))))
        if problems:
            return failed(listed(problems), *points)
        return passed(f"the answer is one JSON value{' in a fence' * reading.fenced}", *points)

    def _problems(self, reading: Reading) -> Iterator[str]:
        if self.fence == "required" and not reading.fenced:
            yield "the JSON does not stand in a fence"
        if self.fence == "forbidden" and reading.fenced:
            yield "the JSON stands in a fence"
        if self.root != "any" and not is_kind(reading.value, self.root):
            yield f"the JSON is no {self.root}"
            return
        for path, kinds in self.required.items():
            found = look_up(reading.value, path)
            types = (kinds,) if isinstance(kinds, str) else kinds
            if found is None:
                yield f"{path} is missing"
            elif not any(is_kind(found, kind) for kind in types):
                yield f"{path} is no {' or '.join(types)}"
        for path, keys in self.items.items():
            yield from _items(look_up(reading.value, path), path, keys)
        for path in sorted(self.minimum.keys() | self.maximum.keys()):
            least, most = self.minimum.get(path, -math.inf), self.maximum.get(path, math.inf)
            found = look_up(reading.value, path)
            if not is_kind(found, "number"):
                yield f"{path} is no number"
            elif not least <= found <= most:
                yield f"{path} is {found!s:.20}, not in {least:g} to {most:g}"


@dataclass(frozen=True)
class Answer:
    """The final answer: what was said after the last result or user turn."""

    says: tuple[tuple[int, str], ...]
    """Number of the event, its text."""
    cut: bool
    """Whether the provider's token limit ended it."""

    @classmethod
    def of(cls, events: tuple[Event, ...]) -> Answer:
        """Find it at the end of a transcript."""
        says: list[tuple[int, str]] = []
        for number, event in enumerate(events):
            if isinstance(event, User | Result):
                says = []
            elif isinstance(event, Say):
                says.append((number, event.text))
        last = events[-1] if events else None
        return cls(tuple(says), isinstance(last, End) and last.reason == "length")

    @property
    def text(self) -> str:
        """Give it as transcript.final_text does."""
        return _BETWEEN.join(text for _, text in self.says)

    def points(self, start: int, end: int) -> tuple[Point, ...]:
        """Point at a part of the text, in the events that said it."""
        found, offset = [], 0
        for number, text in self.says:
            first, last = max(start - offset, 0), min(end - offset, len(text))
            if first < last:
                found.append(Point(event=number, start=first, end=last))
            offset += len(text) + len(_BETWEEN)
        return tuple(found)


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
    fences = list(_fences(text))
    blocks = [one for one in fences if one.info in ("", "json") and _OPENS.match(text, one.body)]
    if len(blocks) > 1:
        return Reading(None, None, True, (f"there are {len(blocks)} JSON fences instead of one",))
    return _in_fence(text, blocks[0], start, end) if blocks else _buried(text, fences, whole)


def is_kind(value: Any, kind: Kind) -> bool:
    """Tell the type of a JSON value; true and false are no numbers, and 1.0 is no integer."""
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def look_up(value: Any, path: str) -> Any:
    """Follow keys joined by dots; None where they lead nowhere, or to null."""
    for key in path.split("."):
        value = value.get(key) if isinstance(value, dict) else None
    return value


def listed(problems: list[str], most: int = 4) -> str:
    """Join problems to a reason that stays short."""
    return "; ".join(problems[:most] + [f"and {len(problems) - most} more"][: len(problems) > most])


def _items(found: Any, path: str, keys: tuple[str, ...]) -> Iterator[str]:
    for number, item in enumerate(found if isinstance(found, list) else ()):
        for key in keys:
            if not isinstance(item, dict) or key not in item:
                yield f"{path}[{number}].{key} is missing"
    if not isinstance(found, list):
        yield f"{path} is no array"


class _Fence(NamedTuple):
    start: int
    body: int
    end: int
    info: str


def _fences(text: str) -> Iterator[_Fence]:
    """Pair the fence lines, each opening with the next line that can close it."""
    opening: re.Match[str] | None = None
    for line in _FENCE_LINE.finditer(text):
        if opening is None:
            opening = line
        elif not line[2] and len(line[1]) >= len(opening[1]):
            yield _Fence(opening.start(), opening.end(), line.end(), opening[2].lower())
            opening = None


def _in_fence(text: str, fence: _Fence, start: int, end: int) -> Reading:
    found = _decode(text, len(text) - len(text[fence.body :].lstrip()))
    after = text[found.span[1] : end].strip("` \t\r\n") if found.span else ""
    around = (AROUND,) if text[start : fence.start] + after else ()
    return found._replace(fenced=True, problems=around + found.problems)


def _buried(text: str, fences: list[_Fence], whole: Reading) -> Reading:
    for at in [one.start() for one in _OBJECT.finditer(text)][:50] or [text.find("{")]:
        if at >= 0 and not any(one.start <= at < one.end for one in fences):
            found = _decode(text, at)
            if found.span:
                return found._replace(problems=(AROUND, *found.problems))
    return whole


def _decode(text: str, start: int) -> Reading:
    """Read the JSON value that begins at a place; what follows it is left alone."""
    odd: list[str] = []

    def pairs(members: list[tuple[str, Any]]) -> dict[str, Any]:
        value: dict[str, Any] = {}
        for key, member in members:
            if key in value:
                odd.append(f"the key {json.dumps(key):.40} stands twice in one object")
            value[key] = member
        return value

    def constant(name: str) -> float:
        odd.append(f"{name} is no JSON")
        return math.nan

    decoder = json.JSONDecoder(object_pairs_hook=pairs, parse_constant=constant)
    try:
        value, end = decoder.raw_decode(text, start)
    except json.JSONDecodeError as error:
        problem = f"the answer is not JSON: {error}".partition(" (char")[0]
    except RecursionError:
        problem = "the JSON is nested too deeply"
    except ValueError:
        problem = "the JSON holds a number with too many digits"
    else:
        return Reading(value, (start, end), False, tuple(odd))
    return Reading(None, None, False, (problem,))
