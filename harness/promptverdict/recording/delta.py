"""A vcrpy serializer that stores a conversation as what each exchange added to it.

In memory vcrpy's own format; in the file each JSON body is parsed, and a request names an earlier
one and how many of its messages it keeps:

    request.delta: {base: 3, keep: 7, add: [...], set: {...}, drop: [...], order: [...]}

An added message that only repeats an earlier answer is written `{$answer: 3}`. A body is stored
like this only where it comes back byte for byte, and else as it was.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from typing import Any

from promptverdict.recording import yaml_format
from promptverdict.recording.expansion import ExpansionLimit

LIST_KEYS = ("messages", "input")
"""Where the APIs keep the conversation: Messages and Chat Completions; Responses."""

_VERSION = 1
"""Of vcrpy's format."""

_SURROGATE = re.compile(r"\\u[dD][89a-fA-F]")
"""An escape for half a surrogate pair: in JSON, the halves of a pair may also stand alone."""

_ENCODINGS: dict[str, Callable[[Any], str]] = {
    "compact": lambda data: json.dumps(data, separators=(",", ":"), ensure_ascii=False),
    "spaced": json.dumps,
    "ascii": lambda data: json.dumps(data, separators=(",", ":")),
}
"""How the SDKs and servers we know write JSON. An encoding is named in recordings: none may go."""

Body = dict[str, Any]


class DeltaSerializer:
    """What vcrpy calls a serializer: `serialize(dict) -> str` and `deserialize(str) -> dict`."""

    def __init__(self, where: str) -> None:
        self._where = where

    def serialize(self, cassette: dict[str, Any]) -> str:
        """Write a cassette; its metadata come first, so that they can be read alone."""
        seen = _EarlierBodies()
        interactions = [seen.shorten(interaction) for interaction in cassette["interactions"]]
        head = {key: cassette[key] for key in ("metadata", "version") if key in cassette}
        return yaml_format.dump({**head, "interactions": interactions})

    def deserialize(self, text: str) -> dict[str, Any]:
        """Read a cassette back as vcrpy knows it. Raises BrokenRecording."""
        cassette: dict[str, Any] = yaml_format.load(text, self._where)
        if cassette["version"] != _VERSION:
            raise ValueError(f"version {cassette['version']!r:.20} is none that is read")
        seen, limit = _EarlierBodies(), ExpansionLimit(self._where)
        restored = [seen.restore(interaction, limit) for interaction in cassette["interactions"]]
        return {**cassette, "interactions": restored}


class _EarlierBodies:
    """The bodies that went before, in order; what a delta refers to."""

    def __init__(self) -> None:
        self._requests: list[Body | None] = []
        self._answers: list[Body | None] = []
        self._written: list[list[str]] = []
        """The messages of each request, as JSON: comparing them again and again is slow."""

    def shorten(self, interaction: dict[str, Any]) -> dict[str, Any]:
        request, response = dict(interaction["request"]), dict(interaction["response"])
        body, encoding = _parse(request.get("body"))
        self._written.append(_list_messages(body))
        if body is not None:
            delta = self._build_delta(body)
            # Shortening is an optimisation; a replay must match the very bytes. So each delta is
            # proved by expanding it, and where that fails the body is stored whole.
            whole = delta is None or _ENCODINGS[encoding](self._expand(delta)) != request["body"]
            del request["body"]
            request |= {"json": body} if whole else {"delta": delta}
            request["encoding"] = encoding
        answer, encoding = _parse(response["body"].get("string"))
        if answer is not None:
            response["body"] = {"json": answer, "encoding": encoding}
        self._requests.append(body)
        self._answers.append(_build_message(answer))
        return {"request": request, "response": response}

    def restore(self, interaction: dict[str, Any], limit: ExpansionLimit) -> dict[str, Any]:
        request, response = dict(interaction["request"]), dict(interaction["response"])
        body = answer = None
        if "encoding" in request:
            body = self._expand(request.pop("delta")) if "delta" in request else request.pop("json")
            limit.take(body)
            request["body"] = _ENCODINGS[request.pop("encoding")](body)
        stored = response["body"]
        if "json" in stored:
            answer = stored["json"]
            response["body"] = {"string": _ENCODINGS[stored["encoding"]](answer)}
        self._requests.append(body)
        self._answers.append(_build_message(answer))
        return {"request": request, "response": response}

    def _build_delta(self, body: Body) -> Body | None:
        key = next((key for key in LIST_KEYS if isinstance(body.get(key), list)), None)
        if key is None:
            return None
        base, keep = self._find_longest_beginning(self._written[-1])
        older = (self._requests[base] if base is not None else None) or {}
        delta: Body = {"list": key, "base": base, "keep": keep}
        delta["add"] = [self._refer(message) for message in body[key][keep:]]
        if changed := {
            k: v for k, v in body.items() if k != key and not (k in older and _is_same(v, older[k]))
        }:
            delta["set"] = changed
        if gone := [k for k in older if k not in body]:
            delta["drop"] = gone
        # Keys come back in the older request's order; the bytes need the body's own.
        if list(self._expand(delta)) != list(body):
            delta["order"] = list(body)
        return delta

    def _find_longest_beginning(self, messages: list[str]) -> tuple[int | None, int]:
        """Return the earlier request that shares most first messages, and how many it shares.

        Not simply the last one: agent and simulated user take turns in one cassette, and each goes
        on from its own conversation.
        """
        base, keep = None, 0
        for number, older in enumerate(self._written[:-1]):
            common = 0
            for old, new in zip(older, messages, strict=False):
                if old != new:
                    break
                common += 1
            if common and common >= keep:
                base, keep = number, common
        return base, keep

    def _refer(self, message: Any) -> Any:
        """Return a reference to the latest answer that a message repeats, else the message."""
        for number in range(len(self._answers) - 1, -1, -1):
            if self._answers[number] is not None and _is_same(self._answers[number], message):
                return {"$answer": number}
        return message

    def _expand(self, delta: Body) -> Body:
        key, base = delta["list"], delta["base"]
        older = (self._requests[base] if base is not None else None) or {}
        added = [
            self._answers[message["$answer"]]
            if isinstance(message, dict) and list(message) == ["$answer"]
            else message
            for message in delta["add"]
        ]
        dropped = set(delta.get("drop", ()))
        body = {k: v for k, v in older.items() if k not in dropped}
        body |= delta.get("set", {})
        body[key] = (older.get(key) or [])[: delta["keep"]] + added
        return {k: body[k] for k in delta["order"]} if "order" in delta else body


def _list_messages(body: Body | None) -> list[str]:
    messages = next((body[key] for key in LIST_KEYS if key in body), None) if body else None
    return [json.dumps(message) for message in messages] if isinstance(messages, list) else []


def _parse(raw: Any) -> tuple[Body | None, str]:
    """Parse a body, and name the encoding that gives it back exactly; None where none does."""
    if not isinstance(raw, str) or not raw.startswith("{"):
        return None, ""
    try:
        body = json.loads(raw)
    except (ValueError, RecursionError):
        return None, ""
    # Only where an escape makes it possible: encoding every body again would take long.
    if _SURROGATE.search(raw) and not _is_encodable(body):
        return None, ""
    for name, encode in _ENCODINGS.items():
        if encode(body) == raw:
            return body, name
    return None, ""


def _is_encodable(body: Body) -> bool:
    """Whether no text in a body holds half a surrogate pair, which no file can hold."""
    try:
        json.dumps(body, ensure_ascii=False).encode()
    except UnicodeEncodeError:
        return False
    return True


def _build_message(answer: Body | None) -> Body | None:
    """Return the message that an answer is in the next request, if it is sent back as it came."""
    if answer is None:
        return None
    if answer.get("type") == "message":
        return {"role": "assistant", "content": answer.get("content")}
    if answer.get("choices"):
        message: Body | None = answer["choices"][0].get("message")
        return message
    return None


def _is_same(first: Any, second: Any) -> bool:
    """Whether values are equal, keys in the same order: then each may stand for the other.

    Comparing the JSON alone would do, and take far longer where they differ.
    """
    return first is second or (first == second and json.dumps(first) == json.dumps(second))
