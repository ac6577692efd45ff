"""What grades rest on, event by event, and texts with those places marked in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from promptverdict.report.transcript.lines import Line, Mark, shorten_reason
from promptverdict.trials.grade import Grade, Outcome, Point

OUTCOME_STYLES: dict[Outcome, str] = {"fail": "removed", "ungraded": "note", "pass": "added"}
"""Outcome of a grade, the one to look at first -> style of the lines about it."""


@dataclass
class EventMarks:
    """What grades rest on in one event."""

    points: list[tuple[Outcome, Point]] = field(default_factory=list)
    notes: list[Line] = field(default_factory=list)
    """One for each grade, to stand below the event."""

    @property
    def style(self) -> str:
        """Style of a mark on the event as a whole."""
        outcomes = {outcome for outcome, _ in self.points}
        styles = (style for outcome, style in OUTCOME_STYLES.items() if outcome in outcomes)
        return next(styles, "note")


def gather_marks(grades: Iterable[Grade]) -> dict[int, EventMarks]:
    """Gather points and notes: number of an event -> what rests on it."""
    marks: dict[int, EventMarks] = {}
    for grade in grades:
        finding = grade.finding
        note = f"    ^ {finding.outcome} {grade.behaviour}: {shorten_reason(finding.reason)}"
        for number in dict.fromkeys(point.event for point in finding.points):
            line = Line(note, OUTCOME_STYLES[finding.outcome])
            marks.setdefault(number, EventMarks()).notes.append(line)
        for point in finding.points:
            marks[point.event].points.append((finding.outcome, point))
    return marks


def lay_out_text(
    text: str, style: str, margin: str = "    ", marks: EventMarks | None = None
) -> Iterator[Line]:
    """Lay a text out line by line, marked where grades rest on a part of it."""
    spans = _list_spans(text, marks) if marks else []
    begin = 0
    for line in text.split("\n"):
        end = begin + len(line)
        shift = len(margin) - begin
        yield Line(
            f"{margin}{line}",
            style,
            tuple(
                Mark(
                    max(span.start, begin) + shift,
                    min(span.end, end) + shift,
                    OUTCOME_STYLES[span.outcome],
                    opens=span.start >= begin,
                    closes=span.end <= end,
                )
                for span in spans
                if max(span.start, begin) < min(span.end, end)
            ),
        )
        begin = end + 1


@dataclass(frozen=True)
class _Span:
    """A part of a text, and the outcome of the grade that rests on it."""

    start: int
    end: int
    outcome: Outcome

    def has_overlap(self, other: _Span) -> bool:
        return self.start < other.end and other.start < self.end


def _list_spans(text: str, marks: EventMarks) -> list[_Span]:
    """List the parts to mark, in order.

    What passed gives way to what did not, and the text as a whole to a part of it; whatever else
    overlaps becomes one.
    """
    trimmed = [
        _trim_span(text, point, outcome)
        for outcome, point in marks.points
        if (point.start, point.end) != (None, None)
    ]
    spans = [span for span in trimmed if span.start < span.end]
    short = [span for span in spans if span.outcome != "pass"]
    spans = short + [
        span for span in spans if not any(span.has_overlap(failing) for failing in short)
    ]
    # A grade of the text as a whole would paint over the sentence that another one is about.
    whole = text.strip()
    parts = [span for span in spans if text[span.start : span.end] != whole]
    merged: list[_Span] = []
    for span in sorted(parts or spans, key=lambda span: span.start):
        if merged and span.has_overlap(merged[-1]):
            last = merged.pop()
            both = (span.outcome, last.outcome)
            outcome = next(outcome for outcome in OUTCOME_STYLES if outcome in both)
            merged.append(_Span(last.start, max(span.end, last.end), outcome))
        else:
            merged.append(span)
    return merged


def _trim_span(text: str, point: Point, outcome: Outcome) -> _Span:
    """Leave out space at the edges, and what a suite's own grader names beyond the text."""
    start = max(point.start or 0, 0)
    end = len(text) if point.end is None else max(min(point.end, len(text)), start)
    part = text[start:end]
    return _Span(start + len(part) - len(part.lstrip()), start + len(part.rstrip()), outcome)
