"""What one change did to a file, line by line, from the splices that it is stored as."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promptverdict.report.transcript.marks import Line
from promptverdict.trials.tree import Change, Node, Tree, decode_text

AROUND = 3
"""Unchanged lines shown above and below what changed."""
LONG = 400
"""Lines of one diff that are shown at most."""


@dataclass(frozen=True)
class FileDiff:
    """One file before and after a call."""

    path: str
    told: str
    """What became of it: `new`, `changed`, `deleted`, and how many lines came and went."""
    lines: tuple[Line, ...]


def file_diff(change: Change, before: Tree) -> FileDiff:
    """Lay out one change; `before` is the tree that it changed."""
    old = before.get(change.path)
    laid = list(_lines(change, old))
    added = sum(line.style == "added" for line in laid)
    removed = sum(line.style == "removed" for line in laid)
    what = {"deleted": "deleted"}.get(change.kind) or ("changed" if old else "new")
    counted = " ".join(f"{sign}{count}" for sign, count in (("+", added), ("-", removed)) if count)
    if len(laid) > LONG:
        laid = [*laid[:LONG], Line(f"... {len(laid) - LONG} more lines", "note")]
    return FileDiff(change.path, f"{what} {counted}".rstrip(), tuple(laid))


def _lines(change: Change, old: Node | None) -> Iterator[Line]:
    if change.kind == "deleted":
        yield from _whole(old.content if old else b"", "- ", "removed")
    elif change.kind == "link":
        yield Line(f"a link to {change.target}", "note")
    elif change.splices is not None:
        text = decode_text(old.content) if old else None
        yield from _windows(list(_spliced(change.splices, (text or "").split("\n"))))
    elif change.text is not None:
        yield from _whole(change.text.encode(), "+ ", "added")
    else:
        yield Line(f"not text, mode {change.mode}", "note")


def _whole(content: bytes, sign: str, style: str) -> Iterator[Line]:
    text = decode_text(content)
    if text is None:
        yield Line(f"not text, {len(content):,} bytes", "note")
    else:
        yield from (Line(f"{sign}{line}", style) for line in text.removesuffix("\n").split("\n"))


def _spliced(splices: Sequence[int | str], older: Sequence[str]) -> Iterator[Line]:
    at = 0
    for splice in splices:
        if isinstance(splice, str):
            yield from (Line(f"+ {one}", "added") for one in splice.removesuffix("\n").split("\n"))
            continue
        sign, style = ("  ", "result") if splice > 0 else ("- ", "removed")
        yield from (Line(f"{sign}{one}", style) for one in older[at : at + abs(splice)])
        at += abs(splice)


def _windows(laid: Sequence[Line]) -> Iterator[Line]:
    """Leave out what is far from any change."""
    near: set[int] = set()
    for place, line in enumerate(laid):
        if line.style != "result":
            near.update(range(place - AROUND, place + AROUND + 1))
    last = -1
    for place in sorted(one for one in near if 0 <= one < len(laid)):
        if place > last + 1:
            yield Line("…", "note")
        yield laid[place]
        last = place
