"""Where a judge's quote stands in what it was shown."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import islice

from promptverdict.trials.evidence import About, Evidence
from promptverdict.trials.grade import Point
from promptverdict.trials.transcript import Result, Say, User

_WORD = re.compile(r"\S+")
_ESCAPE = re.compile(r"<U\+([0-9A-F]{4,6})>")


def find_quote(quote: str, about: About, evidence: Evidence) -> Point | None:
    """Find a judge's quote: as it is, and with those characters put back that it saw escaped."""
    for candidate in dict.fromkeys((quote, _ESCAPE.sub(_unescape, quote))):
        words = " ".join(candidate.split())
        for number, text in _list_texts(about, evidence) if words else ():
            if span := _find_words(words, text):
                return Point(event=number, start=span[0], end=span[1])
    return None


def _find_words(quote: str, text: str) -> tuple[int, int] | None:
    """Find where a quote stands in a text that may part its words by other blanks."""
    joined = " ".join(text.split())
    first = joined.find(quote)
    if first < 0:
        return None

    def place(at: int) -> int:
        word = joined.count(" ", 0, at)
        (found,) = islice(_WORD.finditer(text), word, word + 1)
        return found.start() + at - (joined.rfind(" ", 0, at) + 1)

    return place(first), place(first + len(quote) - 1) + 1


def _list_texts(about: About, evidence: Evidence) -> Iterator[tuple[int, str]]:
    """List the texts that a quote may be from: what the agent said first, the latest before."""
    events = tuple(enumerate(evidence.events))
    heard = [number for number, event in events if isinstance(event, User | Result)]
    answer = max(heard, default=-1)
    for number, event in reversed(events):
        if isinstance(event, Say) and (about == "transcript" or number > answer):
            yield number, event.text
    for number, event in events:
        if isinstance(event, User) or (isinstance(event, Result) and about == "transcript"):
            yield number, event.text


def _unescape(escape: re.Match[str]) -> str:
    code = int(escape[1], 16)
    return chr(code) if code <= 0x10FFFF else escape[0]
