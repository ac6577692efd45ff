"""Lines of a transcript as data: their text, how they look, and which parts of them are marked."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

SHORT = 30
"""Lines of a result or of a written file that are shown unless all are asked for."""
SLACK = 5
"""So many lines more are shown too: a note about them would save nothing."""
CONTEXT = 2
"""Lines shown above and below a mark in what is cut."""
LONGEST_REASON = 200
"""Characters of a reason that are shown where it stands in passing."""


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
    """A line, and how it looks: heading, said, call, result, added, removed or note."""

    text: str
    style: str = "said"
    marks: tuple[Mark, ...] = ()
    """In order, none reaching into another."""


def shorten_reason(text: str) -> str:
    """Write a reason on one line of at most 200 characters."""
    joined = " ".join(text.split())
    if len(joined) <= LONGEST_REASON:
        return joined
    return joined[: LONGEST_REASON - 1].rstrip() + "…"


def cut_middle(lines: Iterable[Line], limit: int | None) -> Iterator[Line]:
    """Leave out the middle of what is long, but never the marks in it; None leaves out nothing."""
    all_lines = list(lines)
    places = set(_choose_ends(range(len(all_lines)), limit))
    for part in _list_marked_parts(all_lines):
        around = range(max(part.start - CONTEXT, 0), min(part.stop + CONTEXT, len(all_lines)))
        places.update(_choose_ends(around, limit))
    last = -1
    for place in sorted(places):
        left_out = place - last - 1
        if left_out > SLACK:
            yield Line(f"    ... {left_out} lines (--whole shows them)", "note")
        else:
            yield from all_lines[last + 1 : place]
        yield all_lines[place]
        last = place


def _choose_ends(places: range, limit: int | None) -> Iterable[int]:
    """Choose two thirds of the limit from the beginning and one third from the end."""
    if limit is None or len(places) <= limit + SLACK:
        return places
    return (*places[: limit * 2 // 3], *places[-(limit // 3) :])


def _list_marked_parts(lines: Sequence[Line]) -> Iterator[range]:
    """List the places of the lines that each marked part covers."""
    first = 0
    for place, line in enumerate(lines):
        for mark in line.marks:
            first = place if mark.opens else first
            if mark.closes:
                yield range(first, place + 1)
