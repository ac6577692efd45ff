"""What one change did to a file, line by line, from the splices that it is stored as."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from promptverdict.report.transcript.lines import Line
from promptverdict.trials.tree import Change, Node, Tree, decode_text

CONTEXT = 3
"""Unchanged lines shown above and below what changed."""
MOST_LINES = 400
"""Lines of one diff that are shown."""


@dataclass(frozen=True)
class FileDiff:
    """One file before and after a call."""

    path: str
    summary: str
    """What became of it: `new`, `changed`, `deleted`, and how many lines came and went."""
    lines: tuple[Line, ...]


def build_file_diff(change: Change, before: Tree) -> FileDiff:
    """Lay out one change; `before` is the tree that it changed."""
    old = before.get(change.path)
    lines = list(_list_lines(change, old))
    added = sum(line.style == "added" for line in lines)
    removed = sum(line.style == "removed" for line in lines)
    kind = "deleted" if change.kind == "deleted" else "changed" if old else "new"
    counts = " ".join(f"{sign}{count}" for sign, count in (("+", added), ("-", removed)) if count)
    if len(lines) > MOST_LINES:
        left_out = len(lines) - MOST_LINES
        lines = [*lines[:MOST_LINES], Line(f"... {left_out} more lines", "note")]
    return FileDiff(change.path, f"{kind} {counts}".rstrip(), tuple(lines))


def _list_lines(change: Change, old: Node | None) -> Iterator[Line]:
    if change.kind == "deleted":
        yield from _list_whole(old.content if old else b"", "- ", "removed")
    elif change.kind == "link":
        # A target that is no text is kept as bytes, which nobody could read here.
        target = "what is no text" if change.target is None else change.target
        yield Line(f"a link to {target}", "note")
    elif change.splices is not None:
        text = decode_text(old.content) if old else None
        spliced = list(_apply_splices(change.splices, (text or "").split("\n")))
        yield from _cut_unchanged(spliced)
    elif change.text is not None:
        yield from _list_whole(change.text.encode(), "+ ", "added")
    else:
        yield Line(f"not text, mode {change.mode}", "note")


def _list_whole(content: bytes, sign: str, style: str) -> Iterator[Line]:
    text = decode_text(content)
    if text is None:
        yield Line(f"not text, {len(content):,} bytes", "note")
    else:
        yield from (Line(f"{sign}{line}", style) for line in text.removesuffix("\n").split("\n"))


def _apply_splices(splices: Sequence[int | str], older: Sequence[str]) -> Iterator[Line]:
    """List kept, dropped and added lines; splices as `Change.splices` defines them."""
    at = 0
    for splice in splices:
        if isinstance(splice, str):
            added = splice.removesuffix("\n").split("\n")
            yield from (Line(f"+ {line}", "added") for line in added)
            continue
        sign, style = ("  ", "result") if splice > 0 else ("- ", "removed")
        yield from (Line(f"{sign}{line}", style) for line in older[at : at + abs(splice)])
        at += abs(splice)


def _cut_unchanged(lines: Sequence[Line]) -> Iterator[Line]:
    """Leave out what is far from any change."""
    near: set[int] = set()
    for place, line in enumerate(lines):
        if line.style != "result":
            near.update(range(place - CONTEXT, place + CONTEXT + 1))
    last = -1
    for place in sorted(place for place in near if 0 <= place < len(lines)):
        if place > last + 1:
            yield Line("…", "note")
        yield lines[place]
        last = place
