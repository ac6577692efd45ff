"""What a judge is shown of a trial: headed pieces of text, with nothing in them that is invisible.

A heading is written by us and holds no word of the agent's: names of tools and reasons are data
like the rest. Long evidence is cut in the middle, and the heading that follows the cut says so.
"""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections.abc import Iterator
from typing import NamedTuple

from promptverdict.trials.evidence import About, Evidence
from promptverdict.trials.transcript import Call, End, Event, Result, Say, User

LONGEST_PIECE = 100_000
"""Characters of one event. The longest answers that agents gave have some 50,000."""

LONGEST = 400_000
"""Characters of all events together: some 100,000 tokens, which every provider's models take."""

_IGNORABLE = re.compile(
    r"[\u034f\u115f\u1160\u17b4\u17b5\u180b-\u180f\u2800\u3164\ufe00-\ufe0f\uffa0"
    r"\U000e0000-\U000e0fff]"
)
"""Letters and marks that are drawn as nothing, beyond the categories below."""

_UNSEEN = frozenset({"Cc", "Cf", "Co", "Cs", "Zl", "Zp"})
"""Categories of Unicode that cannot be seen: controls, formats (bidi among them), private use. Not
what is unassigned, which is another set with every version of Python."""

_SUSPECT = re.compile(r"[^\n\t\x20-\x7e]")


class Piece(NamedTuple):
    """Some text that was said or done in a trial, and our words for what it is."""

    heading: str
    text: str


def build_exhibit(evidence: Evidence, about: About, longest: int = LONGEST) -> tuple[Piece, ...]:
    """Return what is shown about a trial, in its order and within bounds.

    longest: characters of all events together.
    """
    events = evidence.events
    if about == "answer":
        # The answer is what the agent said after the last thing that it heard.
        heard = [number for number, event in enumerate(events) if isinstance(event, User | Result)]
        last = max(heard, default=-1)
        events = tuple(
            event
            for number, event in enumerate(events)
            if isinstance(event, User) or (isinstance(event, Say) and number > last)
        )
    return tuple(_fit([piece for event in events if (piece := _build_piece(event))], longest))


def hash_exhibit(exhibit: tuple[Piece, ...]) -> str:
    """Hash an exhibit: an answer counts as long as the judge would be shown the same."""
    return hashlib.sha256(json.dumps(exhibit).encode()).hexdigest()


def escape_invisible(text: str) -> str:
    """Write every character that cannot be seen as its number, `<U+200B>`."""
    return _SUSPECT.sub(_escape, text)


def _escape(suspect: re.Match[str]) -> str:
    character = suspect[0]
    unseen = unicodedata.category(character) in _UNSEEN or _IGNORABLE.match(character)
    return f"<U+{ord(character):04X}>" if unseen else character


def _build_piece(event: Event) -> Piece | None:
    match event:
        case User(text=text):
            return Piece("the user says", escape_invisible(text))
        case Say(text=text):
            return Piece("the agent says", escape_invisible(text))
        case Call(tool=tool, args=args):
            lines = [tool, *(f"{name} = {_format(value)}" for name, value in args.items())]
            return Piece("the agent calls a tool", escape_invisible("\n".join(lines)))
        case Result(text=text, error=error, stopped=stopped):
            how = "stopped before its end" if stopped else "an error" if error else "its result"
            return Piece(f"the tool answers ({how})", escape_invisible(text))
        case End(reason=reason, detail=detail):
            return Piece("the trial ends", escape_invisible(f"{reason} {detail}".strip()))
    return None


def _format(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _fit(pieces: list[Piece], longest: int) -> Iterator[Piece]:
    """Cut long pieces in their middle, and then the middle of all of them."""
    cut = [part for piece in pieces for part in _cut(piece)]
    if sum(len(piece.text) for piece in cut) <= longest:
        yield from cut
        return
    first = _count_fitting(cut, longest // 2)
    # From the end, and not beyond the first that is left out: nothing may be shown twice.
    last = _count_fitting(cut[:first:-1], longest // 2)
    yield from cut[:first]
    yield Piece(f"{len(cut) - first - last} pieces of the evidence are left out here", "")
    yield from cut[len(cut) - last :]


def _count_fitting(pieces: list[Piece], room: int) -> int:
    """Count the pieces from the beginning that fit into so many characters."""
    used = 0
    for number, piece in enumerate(pieces):
        used += len(piece.text)
        if used > room:
            return number
    return len(pieces)


def _cut(piece: Piece) -> Iterator[Piece]:
    left_out = len(piece.text) - LONGEST_PIECE
    if left_out <= 0:
        yield piece
        return
    half = LONGEST_PIECE // 2
    yield Piece(piece.heading, piece.text[:half])
    yield Piece(f"it goes on after {left_out:,} characters that are left out", piece.text[-half:])
