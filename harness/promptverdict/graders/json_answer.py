"""What an answer that must be JSON holds: its keys, their kinds and bounds.

A value with text around it is still read, so that each behaviour fails for its own reason.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, Literal

from pydantic import Field, model_validator

from promptverdict.core.model import Frozen
from promptverdict.graders.reading.json_text import AROUND, Answer, Reading, read_json
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.grade import Finding, failed, passed, ungraded

Kind = Literal["string", "integer", "number", "boolean", "array", "object", "null"]

_TYPES: dict[Kind, Any] = {"string": str, "integer": int, "number": (int, float), "boolean": bool}
_TYPES |= {"array": list, "object": dict, "null": type(None)}
_ARTICLES: dict[str, str] = {"integer": "an", "array": "an", "object": "an"}


class Missing:
    """The value of a key that is not there. Null is a value; this is none, and false in a test."""

    def __bool__(self) -> bool:
        return False


MISSING = Missing()


class JsonAnswer(Frozen):
    """The final answer is one JSON value that holds what it must."""

    type: Literal["json_answer"] = "json_answer"
    fence: Literal["allowed", "required", "forbidden"] = Field(
        default="allowed", description="Whether the JSON may, must or must not be in one code fence"
    )
    nothing_around: bool = Field(default=True, description="Whether text around it fails")
    root: Literal["object", "array", "any"] = Field(default="object", description="What it must be")
    required: dict[str, Kind | tuple[Kind, ...]] = Field(
        default={},
        description="Key, or keys joined by dots -> its type, or a list of types (null is one)",
    )
    items: dict[str, tuple[str, ...]] = Field(
        default={}, description="Key of an array -> keys that each of its items has"
    )
    minimum: dict[str, float] = Field(default={}, description="Key of a number -> least value")
    maximum: dict[str, float] = Field(default={}, description="Key of a number -> greatest value")

    @model_validator(mode="after")
    def _check_keys_belong_to_an_object(self) -> JsonAnswer:
        if self.root != "object" and (self.required or self.items or self.minimum or self.maximum):
            raise ValueError("keys can only be asked of an object: leave root out")
        return self

    def grade(self, evidence: Evidence) -> Finding:
        """Read the final answer and check it against what it must be."""
        answer = Answer.read(evidence.events)
        if answer.cut:
            return ungraded("the answer was cut at the token limit")
        reading = read_json(answer.text)
        problems = [
            problem for problem in reading.problems if problem != AROUND or self.nothing_around
        ]
        if reading.span:
            problems += self._find_problems(reading)
        points = answer.find_points(*(reading.span or (0, len(answer.text))))
        if problems:
            return failed(join_problems(problems), *points)
        return passed(f"the answer is one JSON value{' in a fence' * reading.fenced}", *points)

    def _find_problems(self, reading: Reading) -> Iterator[str]:
        if self.fence == "required" and not reading.fenced:
            yield "the JSON is not in a fence"
        if self.fence == "forbidden" and reading.fenced:
            yield "the JSON is in a fence"
        if self.root != "any" and not is_kind(reading.value, self.root):
            yield f"the JSON is not {_name_kind(self.root)}"
            return
        for path, kinds in self.required.items():
            yield from _find_kind_problems(look_up(reading.value, path), path, kinds)
        for path, keys in self.items.items():
            if not self._may_be_null(path, reading.value):
                yield from _find_item_problems(look_up(reading.value, path), path, keys)
        for path in sorted(self.minimum.keys() | self.maximum.keys()):
            if not self._may_be_null(path, reading.value):
                bounds = self.minimum.get(path, -math.inf), self.maximum.get(path, math.inf)
                yield from _find_bound_problems(look_up(reading.value, path), path, bounds)

    def _may_be_null(self, path: str, answer: Any) -> bool:
        """Return whether a key is null, and may be: no other rule then applies to it."""
        return "null" in self.required.get(path, ()) and look_up(answer, path) is None


def is_kind(value: Any, kind: Kind) -> bool:
    """Return whether a JSON value is of a kind: true is not a number, 1.0 not an integer."""
    return isinstance(value, _TYPES[kind]) and (kind == "boolean" or not isinstance(value, bool))


def look_up(value: Any, path: str) -> Any:
    """Return the value that keys joined by dots lead to; MISSING where one of them is not there."""
    for key in path.split("."):
        value = value.get(key, MISSING) if isinstance(value, dict) else MISSING
    return value


def join_problems(problems: list[str], most: int = 4) -> str:
    """Format the first problems and the number of the others as one reason."""
    return "; ".join(problems[:most] + [f"and {len(problems) - most} more"][: len(problems) > most])


def _find_kind_problems(value: Any, path: str, kinds: Kind | tuple[Kind, ...]) -> Iterator[str]:
    allowed = (kinds,) if isinstance(kinds, str) else kinds
    if value is MISSING:
        yield f"{path} is missing"
    elif not any(is_kind(value, kind) for kind in allowed):
        null = "null, " * (value is None)
        yield f"{path} is {null}not {' or '.join(map(_name_kind, allowed))}"


def _find_bound_problems(value: Any, path: str, bounds: tuple[float, float]) -> Iterator[str]:
    least, most = bounds
    if not is_kind(value, "number"):
        yield f"{path} is not a number"
    elif not least <= value <= most:
        yield f"{path} is {value!s:.20}, not in {least:g} to {most:g}"


def _find_item_problems(items: Any, path: str, keys: tuple[str, ...]) -> Iterator[str]:
    for number, item in enumerate(items if isinstance(items, list) else ()):
        for key in keys:
            if not isinstance(item, dict) or key not in item:
                yield f"{path}[{number}].{key} is missing"
    if not isinstance(items, list):
        yield f"{path} is not an array"


def _name_kind(kind: Kind) -> str:
    return kind if kind == "null" else f"{_ARTICLES.get(kind, 'a')} {kind}"
