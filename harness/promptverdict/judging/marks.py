"""The lines that keep what a judge is shown apart from what it is told.

What is shown stands between lines that begin with a mark. The mark is a hash of what is asked and
of all that is shown, so a request can be made again and is the same; and an agent cannot write it,
as it would have to know the question and find a text that holds its own hash.
"""

from __future__ import annotations

import hashlib
import itertools
import json
from typing import Any

from promptverdict.judging.exhibit import Piece


def hash_parts(parts: list[Any]) -> str:
    """Hash values that JSON can hold, in hexadecimal digits."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def derive_mark(parts: list[Any], exhibit: tuple[Piece, ...]) -> str:
    """Derive a mark from parts of a question; it does not occur in the exhibit.

    Such a text would have to hold its own hash, so the first attempt always serves: the number is
    there to make that certain.
    """
    marks = (f"[{hash_parts([*parts, attempt])[:32]}]" for attempt in itertools.count())
    return next(mark for mark in marks if not any(mark in piece.text for piece in exhibit))


def render_between_marks(mark: str, name: str, exhibit: tuple[Piece, ...]) -> str:
    """Write an exhibit, with a marked line before each piece of it and one after all."""
    lines = [f"{mark} {name} begins"]
    for piece in exhibit:
        lines.append(f"{mark} {piece.heading}")
        if piece.text:
            lines.append(piece.text)
    return "\n".join([*lines, f"{mark} {name} ends"])


def is_cut(exhibit: tuple[Piece, ...]) -> bool:
    """Whether something is left out of an exhibit: only our own headings can say so."""
    return any("left out" in piece.heading for piece in exhibit)
