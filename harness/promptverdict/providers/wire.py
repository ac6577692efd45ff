"""Reading what a stranger wrote: JSON, streams of events, counts; and loading an SDK."""

from __future__ import annotations

import codecs
import gc
import json
import logging
import re
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from promptverdict.core.secrets import SecretsFilter, hide_secrets

MAX_DEPTH = 64
"""How deep an answer may be nested: a cassette, which holds it, is read to a depth of 100."""

_LINE_END = re.compile(r"\r\n|\n|\r")
"""Not `splitlines`, which also ends a line at characters that stand inside JSON."""

_LOGGING = ("httpx2", "httpcore2", "anthropic", "openai", "vcr")
"""Packages that log addresses, headers and bodies, where somebody asks for such records."""


def import_sdk(sdk: str) -> None:
    """Import an SDK, and see to it that nothing it logs shows a secret."""
    if sdk not in sys.modules:
        _import_uncollected(sdk)
    _filter_logs()


def _import_uncollected(sdk: str) -> None:
    """Import an SDK without the garbage collector.

    It makes a great many objects that all stay: looking through them again and again takes a
    seventh of the import, and as long once more when pytest collects at its end.
    """
    gc.collect()  # so that nothing which is garbage already is kept
    collects = gc.isenabled()
    gc.disable()
    try:
        import_module(sdk)
        gc.freeze()
    finally:
        if collects:
            gc.enable()


def merge_parameters(body: dict[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Return a request's body with parameters put over it; one that is None takes its key away."""
    return {key: value for key, value in (body | dict(parameters)).items() if value is not None}


def parse_json(content: bytes | str) -> Any:
    """Parse JSON into data that can be sent and stored again: halves of characters are replaced.

    Raises ValueError for what is not JSON, or nested deeper than MAX_DEPTH.
    """
    try:
        return _replace_halves(json.loads(content), 0)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read_event_data(content: bytes) -> Iterator[str]:
    """Return the data of each event of a stream, in order; events without any are left out.

    An event that was cut off at the stream's end is returned as far as it came.
    """
    data: list[str] = []
    for line in (*_LINE_END.split(content.decode("utf-8-sig", "replace")), ""):
        field, _, value = line.partition(":")
        if field == "data":
            data.append(value.removeprefix(" "))
        elif not line:
            if any(data):
                yield "\n".join(data)
            data = []


def is_stream(content: bytes) -> bool:
    """Return whether a body is a stream of events and not one JSON document."""
    # Not by its content type: some services stream under that of JSON, and others under none.
    begin = content.removeprefix(codecs.BOM_UTF8).lstrip()
    return begin.startswith((b"event:", b"data:", b"id:", b"retry:", b":"))


def read_count(value: object) -> int | None:
    """Read a number of tokens; whatever is no such number is unknown, not zero."""
    return value if type(value) is int and value >= 0 else None


def shorten_to_line(text: str, longest: int) -> str:
    """Return a text on one line of so many characters at most, its secrets hidden."""
    # Before it is cut: half a key is no longer known as one.
    return " ".join(hide_secrets(text[: longest + 10_000]).split())[:longest]


def _replace_halves(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(value, dict):
        return {
            _replace_halves(key, depth): _replace_halves(inner, depth + 1)
            for key, inner in value.items()
        }
    if isinstance(value, list):
        return [_replace_halves(inner, depth + 1) for inner in value]
    if isinstance(value, str) and not value.isascii():
        # JSON can escape half of a surrogate pair, which no UTF-8 holds.
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


def _filter_logs() -> None:
    """Hide secrets in what the packages below log; each of their loggers needs its own filter."""
    for name in [*logging.root.manager.loggerDict]:
        logger = logging.getLogger(name) if name.partition(".")[0] in _LOGGING else None
        if logger and not any(isinstance(known, SecretsFilter) for known in logger.filters):
            logger.addFilter(SecretsFilter())
