"""The seal that holds the two files of a recording together.

It is the first line of `<n>.http.yaml`: a hash of all that follows in it and of the whole of
`<n>.world.yaml`. One byte changed in either, and the recording is refused: nobody edits evidence
unnoticed, and no half of one recording is played with the half of another.
"""

from __future__ import annotations

import hashlib
from typing import NamedTuple

_PREFIX = "seal: "

LENGTH = len(f"{_PREFIX}sha256:") + 65
"""Characters of the line."""


class Opened(NamedTuple):
    """What a cassette's file holds."""

    seal: str
    cassette: str


def seal_cassette(cassette: str, world: str) -> tuple[str, str]:
    """Return the seal of two texts, and the text of the cassette's file."""
    seal = _compute_seal(cassette, world)
    return seal, f"{_PREFIX}{seal}\n{cassette}"


def open_seal(http: str, world: str) -> Opened | None:
    """Return what the texts of both files hold; None where the seal does not fit them."""
    first, _, cassette = http.partition("\n")
    seal = _compute_seal(cassette, world)
    return Opened(seal, cassette) if first == _PREFIX + seal else None


def is_broken_by_line_ends(http: str, world: str) -> bool:
    """Whether a broken seal would hold if no line ended in CRLF: `dump` writes no such line."""
    return open_seal(_normalise(http), _normalise(world)) is not None


def _normalise(text: str) -> str:
    return text.replace("\r\n", "\n")


def _compute_seal(cassette: str, world: str) -> str:
    return "sha256:" + hashlib.sha256(f"{cassette}\0{world}".encode()).hexdigest()
