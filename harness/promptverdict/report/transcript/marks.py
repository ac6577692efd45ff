"""Lines of a page, and in them the places that grades rest on."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field

from promptverdict.trials.grade import Grade, Outcome, Point

SHORT = 30
"""Lines of a result or of a written file that are shown unless all are asked for."""
SLACK = 5
"""So many lines more are shown too: a note about them would save nothing."""
CONTEXT = 2
"""Lines shown above and below a mark in what is cut."""
REASON = 200
"""Characters of a reason that are shown where it is told in passing."""
OUTCOMES: dict[Outcome, str] = {"fail": "removed", "ungraded": "note", "pass": "added"}
"""Outcome of a grade, the one to look at first -> style of what tells it."""


@dataclass(frozen=True)
class Mark:
    """The part of a line that a grade rests on, or the line's share of a part of several lines."""

    start: int
    end: int
    style: str = "note"
    """That of the line which names the grade."""
    opens: bool = True
    """Whether the part begins here, not in a line above."""
    closes: bool = True
    """Whether it ends here, not in a line below."""


@dataclass(frozen=True)
class Line:
    """One line of the page, and how it looks: heading, said, call, result, added, removed, note."""

    text: str
    style: str = "said"
    marks: tuple[Mark, ...] = ()
    """In order, none reaching into another."""


@dataclass
class Rest:
    """What grades rest on in one event."""

    points: list[tuple[Outcome, Point]] = field(default_factory=list)
    notes: list[Line] = field(default_factory=list)
    """One for each grade."""

    @property
    def style(self) -> str:
        """Style of a mark on the event as a whole."""
        there = {outcome for outcome, _ in self.points}
        return next((style for outcome, style in OUTCOMES.items() if outcome in there), "note")


def rests(grades: Iterable[Grade]) -> dict[int, Rest]:
    """Gather points and notes: number of an event -> what rests on it."""
    found: dict[int, Rest] = {}
    for grade in grades:
        outcome = grade.finding.outcome
        told = f"    ^ {outcome} {grade.behaviour}: {in_one_line(grade.finding.reason)}"
        for number in dict.fromkeys(point.event for point in grade.finding.points):
            found.setdefault(number, Rest()).notes.append(Line(told, OUTCOMES[outcome]))
        for point in grade.finding.points:
            found[point.event].points.append((outcome, point))
    return found


def in_one_line(text: str) -> str:
    """Shorten a reason to one line of at most 200 characters."""
    joined = " ".join(text.split())
    return joined if len(joined) <= REASON else joined[: REASON - 1].rstrip() + "…"


def lines(text: str, style: str, margin: str = "    ", rest: Rest | None = None) -> Iterator[Line]:
    """Lay a text out line by line, marked where grades rest on a part of it."""
    spans = _spans(text, rest) if rest else []
    begin = 0
    for line in text.split("\n"):
        end = begin + len(line)
        shift = len(margin) - begin
        marks = tuple(
            Mark(
                max(span.start, begin) + shift,
                min(span.end, end) + shift,
                OUTCOMES[span.outcome],
                opens=span.start >= begin,
                closes=span.end <= end,
            )
            for span in spans
            if max(span.start, begin) < min(span.end, end)
        )
        yield Line(f"{margin}{line}", style, marks)
        begin = end + 1


@dataclass(frozen=True)
class _Span:
    start: int
    end: int
    outcome: Outcome

    def touches(self, other: _Span) -> bool:
        return self.start < other.end and other.start < self.end


def _spans(text: str, rest: Rest) -> list[_Span]:
    """Give the parts to mark, in order.

    What passed gives way to what did not, and the text as a whole to a part of it; whatever else
    overlaps becomes one.
    """
    all_ = [
        _trimmed(text, point, outcome)
        for outcome, point in rest.points
        if (point.start, point.end) != (None, None)
    ]
    there = [span for span in all_ if span.start < span.end]
    short = [span for span in there if span.outcome != "pass"]
    there = short + [one for one in there if not any(one.touches(other) for other in short)]
    whole = text.strip()
    parts = [span for span in there if text[span.start : span.end] != whole]
    merged: list[_Span] = []
    for span in sorted(parts or there, key=lambda one: one.start):
        if merged and span.touches(merged[-1]):
            last = merged.pop()
            outcome = next(one for one in OUTCOMES if one in (span.outcome, last.outcome))
            merged.append(_Span(last.start, max(span.end, last.end), outcome))
        else:
            merged.append(span)
    return merged


def _trimmed(text: str, point: Point, outcome: Outcome) -> _Span:
    """Leave out space at the edges, and what a grader of a suite names beyond the text."""
    start = max(point.start or 0, 0)
    end = len(text) if point.end is None else max(min(point.end, len(text)), start)
    part = text[start:end]
    return _Span(start + len(part) - len(part.lstrip()), start + len(part.rstrip()), outcome)


def cut(all_lines: Iterable[Line], limit: int | None) -> Iterator[Line]:
    """Leave out the middle of what is long, but never the marks in it; None leaves out nothing."""
    laid = list(all_lines)
    kept = set(_ends(range(len(laid)), limit))
    for part in _marked(laid):
        around = range(max(part.start - CONTEXT, 0), min(part.stop + CONTEXT, len(laid)))
        kept.update(_ends(around, limit))
    last = -1
    for place in sorted(kept):
        left_out = place - last - 1
        if left_out > SLACK:
            yield Line(f"    ... {left_out} lines (--whole shows them)", "note")
        else:
            yield from laid[last + 1 : place]
        yield laid[place]
        last = place


def _ends(places: range, limit: int | None) -> Iterable[int]:
    if limit is None or len(places) <= limit + SLACK:
        return places
    return (*places[: limit * 2 // 3], *places[-(limit // 3) :])


def _marked(laid: Sequence[Line]) -> Iterator[range]:
    """Give the lines of each marked part."""
    first = 0
    for place, line in enumerate(laid):
        for mark in line.marks:
            first = place if mark.opens else first
            if mark.closes:
                yield range(first, place + 1)
