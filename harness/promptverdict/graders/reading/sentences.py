"""What was said, sentence by sentence, each with its exact place in the event's text.

Code fences, indented code and quoted lines are left out unless asked for: the agent shows those
words and does not say them. List items, headings and table rows end with their line; a line of
running text goes on in the next one only when it is long enough to have been wrapped. English only.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from promptverdict.trials.evidence import Evidence, Identity
from promptverdict.trials.grade import Point
from promptverdict.trials.transcript import Result, Say, User

Where = Literal["final", "any"]
"""The answer (what was said after the last result), or all that was said."""

Kind = Literal["text", "heading", "row"]
Box = Literal["", "open", "done"]

_WRAPPED = 50
"""A line at least this long, without an end mark, goes on in the next one."""

_FENCE = re.compile(r"\s*(`{3,}|~{3,})(.*)")
_QUOTE = re.compile(r"\s*>\s?")
_ITEM = re.compile(r"\s*(?:[-*+•]|\d{1,3}[.)])\s+(?:\[[ xX]\]\s+)?")
_BOX = re.compile(r"\[([ xX])\]")
_HEADING = re.compile(r"\s*#{1,6}\s+")
_ROW = re.compile(r"\s*\|")
_BLOCK = re.compile("|".join(rule.pattern for rule in (_ITEM, _HEADING, _ROW, _QUOTE, _FENCE)))
_RULE = re.compile(r"[\s|:=+*_-]*")
_TICKS = re.compile(r"`+")
_END = re.compile(r"(?<![.!?…])[.!?…]++[\"'”\u2019)\]*_`]*+(?=\s)")
_NEXT = re.compile(r"\s*(\S?)")
_SHORT = re.compile(
    r"(?:\b(?:e\.g|i\.e|vs|cf|approx|incl|resp|Mr|Mrs|Ms|Dr|Fig|Sec|No)|\b[a-z]\.[a-z])\.$"
)
_ETC = re.compile(r"\b(?:etc|al|ca|max|min|no)\.$", re.IGNORECASE)
_LONGEST_SHORT = 8
"""Characters of the longest abbreviation, and of what stands before it."""
_WORD = re.compile(r"\w")
_ENDED = re.compile(r"[.!?:;…][\"'”\u2019)\]*_`]*\s*$|\s\s$")
_MARKUP = re.compile(r"[*`]+|(?<!\w)_+|(?<!_)_++(?!\w)")
_BREAK = re.compile(
    r"[;:—\u2013()]|,\s|\s-\s|\b(?:but|so|because|although|though|which|since|while)\b"
)
_REACH = 400
"""Characters to which a clause reaches on either side: each of the many things that one endless
sentence may hold is looked at with no more of it than this."""


@dataclass(frozen=True)
class Span:
    """One sentence: its place in the text it was cut from, and how it stood there."""

    start: int
    end: int
    raw: str
    kind: Kind = "text"
    box: Box = ""
    """Of an item of a task list."""

    @cached_property
    def text(self) -> str:
        """The words without emphasis and code marks, in one line, with straight apostrophes."""
        return " ".join(_MARKUP.sub("", self.raw.replace("\u2019", "'")).split())


@dataclass(frozen=True)
class Sentence(Span):
    """A sentence of an event."""

    event: int = -1

    @property
    def point(self) -> Point:
        """Where it stands in the evidence."""
        return Point(event=self.event, start=self.start, end=self.end)


def quote_text(text: str) -> str:
    """Quote a sentence in at most 100 characters."""
    return f"“{text if len(text) <= 98 else text[:97].rstrip() + '…'}”"


def list_sentences(
    evidence: Evidence, where: Where = "final", *, blocks: bool = False
) -> list[Sentence]:
    """List the sentences of the answer, or of everything said; `blocks` keeps code and quotes."""
    return list(_list_sentences(Identity(evidence), where, blocks))


@lru_cache(maxsize=4)
def _list_sentences(known: Identity, where: Where, blocks: bool) -> tuple[Sentence, ...]:
    evidence, first = known.evidence, 0
    if where == "final":
        ends = (i for i, event in enumerate(evidence.events) if isinstance(event, User | Result))
        first = max(ends, default=-1) + 1
    return tuple(
        Sentence(span.start, span.end, span.raw, span.kind, span.box, number)
        for number, event in enumerate(evidence.events)
        if number >= first and isinstance(event, Say)
        for span in split_sentences(event.text, blocks=blocks)
    )


@lru_cache(maxsize=64)
def split_sentences(text: str, *, blocks: bool = False) -> tuple[Span, ...]:
    """Cut a text into sentences."""
    return tuple(
        span
        for start, end, kind in _find_stretches(text, blocks)
        for span in (
            [_build_span(text, start, end, kind)]
            if kind == "row"
            else _cut_stretch(text, start, end)
        )
        if _WORD.search(span.raw)
    )


def find_clause(text: str, start: int, end: int) -> tuple[str, str]:
    """Return what is before and after a part of a sentence, within its clause."""
    before = _BREAK.split(text[max(start - _REACH, 0) : start])[-1]
    after = _BREAK.split(text[end : end + _REACH], maxsplit=1)[0]
    return before, after


def find_lead(text: str, start: int) -> str:
    """Return what is before a part of a sentence, up to the last semicolon, colon or dash."""
    first = max(start - _REACH, 0)
    ends = (text.rfind(mark, first, start) + 1 for mark in ";:—")
    return text[max(first, *ends) : start]


def _find_stretches(text: str, blocks: bool) -> Iterator[tuple[int, int, Kind]]:
    """Find the stretches that no sentence crosses: paragraphs, items, headings, rows."""
    fence, code, listed, open_at, last = "", False, False, -1, 0
    blank, line_before = True, ""
    for start, end in _list_lines(text):
        line = text[start:end]
        mark = _FENCE.match(line)
        closes = bool(fence and mark and mark[1].startswith(fence) and not mark[2].strip())
        opens = bool(mark and not fence)
        quote = _QUOTE.match(line) if not fence else None
        code = (
            not (fence or listed) and bool(line.strip()) and _is_indented(line) and (blank or code)
        )
        is_said = not (opens or closes or ((fence or quote or code) and not blocks))
        fresh = (
            not is_said or bool(fence or quote or code) or not line.strip() or _starts_block(line)
        )
        if open_at >= 0 and (fresh or not _is_wrapped(line_before)):
            yield open_at, last, "text"
            open_at = -1
        kind: Kind = "row" if _ROW.match(line) else "heading" if _HEADING.match(line) else "text"
        if is_said and line.strip() and not _RULE.fullmatch(line):
            if kind != "text" and not fence:
                yield start, end, kind
            else:
                open_at, last = (start if open_at < 0 else open_at), end
                line_before = line
        if opens and mark:
            fence = mark[1]
        elif closes:
            fence = ""
        blank = not line.strip()
        listed = bool(_ITEM.match(line)) or (listed and (blank or line.startswith((" ", "\t"))))
    if open_at >= 0:
        yield open_at, last, "text"


def _list_lines(text: str) -> Iterator[tuple[int, int]]:
    at = 0
    for line in text.split("\n"):
        yield at, at + len(line)
        at += len(line) + 1


def _is_indented(line: str) -> bool:
    return line.startswith(("    ", "\t"))


def _starts_block(line: str) -> bool:
    return _BLOCK.match(line) is not None


def _is_wrapped(line: str) -> bool:
    return len(line) >= _WRAPPED and not _ENDED.search(line)


def _cut_stretch(text: str, start: int, end: int) -> Iterator[Span]:
    """Cut one stretch at its end marks; code spans, abbreviations and decimals hold none."""
    part = text[start:end]
    kind: Kind = "heading" if _HEADING.match(part) else "text"
    box: Box = ""
    for rule in (_QUOTE, _HEADING, _ITEM):
        if lead := rule.match(part):
            start, part = start + lead.end(), part[lead.end() :]
            if rule is _ITEM and (mark := _BOX.search(lead[0])):
                box = "open" if mark[1] == " " else "done"
    masked = "\n".join(map(_mask_code, part.split("\n"))) if "`" in part else part
    at = 0
    for mark in _END.finditer(masked):
        follow = _NEXT.match(masked, mark.end())
        small = follow is not None and follow[1].islower()
        word = max(mark.end() - _LONGEST_SHORT, 0), mark.end()
        if _SHORT.search(masked, *word) or (_ETC.search(masked, *word) and small):
            continue
        if small and mark[0].startswith(("...", "…")):
            continue
        if mark[0].count(".") > 3:
            continue  # dots that lead to what stands behind them: `Tests ...... OK`
        yield _build_span(text, start + at, start + mark.end(), kind, box)
        at = mark.end()
    if part[at:].strip():
        yield _build_span(text, start + at, start + len(part), kind, box)


def _mask_code(line: str) -> str:
    """Write x over code spans: from backticks to the next run of as many in the same line.

    Backticks that nothing closes may close fewer of them: all but the first one, and so on.
    """
    runs = list(_TICKS.finditer(line))
    closing: dict[int, list[int]] = {}
    for run in reversed(runs):
        closing.setdefault(len(run[0]), []).append(run.start())
    parts, at = [], 0
    for run in runs:
        for length in range(len(run[0]), 0, -1) if run.start() >= at else ():
            later = closing.get(length, [])
            while later and later[-1] <= run.start():
                later.pop()
            if later:
                start, end = run.end() - length, later[-1] + length
                parts += [line[at:start], "x" * (end - start)]
                at = end
                break
    return "".join([*parts, line[at:]])


def _build_span(text: str, start: int, end: int, kind: Kind, box: Box = "") -> Span:
    part = text[start:end]
    edge = " \t\n|" if kind == "row" else None
    start += len(part) - len(part.lstrip(edge))
    end -= len(part) - len(part.rstrip(edge))
    if kind == "heading" and (lead := _HEADING.match(text[start:end])):
        start += lead.end()
    return Span(start, max(start, end), text[start:end], kind, box)
