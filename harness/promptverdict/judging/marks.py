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


def hash_of(parts: list[Any]) -> str:
    """Hash values that JSON can hold, in hexadecimal digits."""
    return hashlib.sha256(json.dumps(parts).encode()).hexdigest()


def mark_of(parts: list[Any], shown: tuple[Piece, ...]) -> str:
    """Derive a mark from parts of a question; it does not occur in what is shown."""
    marks = (f"[{hash_of([*parts, one])[:32]}]" for one in itertools.count())
    return next(mark for mark in marks if not any(mark in one.text for one in shown))


def between_marks(mark: str, name: str, shown: tuple[Piece, ...]) -> str:
    """Write what is shown, with a marked line before each piece of it and one after all."""
    lines = [f"{mark} {name} begins"]
    for one in shown:
        lines.append(f"{mark} {one.heading}")
        if one.text:
            lines.append(one.text)
    return "\n".join([*lines, f"{mark} {name} ends"])


def is_cut(shown: tuple[Piece, ...]) -> bool:
    """Whether something is left out of what is shown."""
    return any("left out" in one.heading for one in shown)
