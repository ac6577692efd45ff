"""The seal of a stored record: nobody edits a grade, or anything else in it, unnoticed.

It is the last key of the file: a hash of all that stands before it. Records of older versions have
none and are read all the same; whoever compares or merges them says so.
"""

from __future__ import annotations

import hashlib
import re
from pathlib import Path

from promptverdict.core.files import find_names

_SEAL = re.compile(rb',"seal":"sha256:([0-9a-f]{64})"\}\s*$')
_LENGTH = 120
"""Bytes at the end of a file that hold the whole seal."""


class BrokenSeal(ValueError):
    """What was stored is not what is there."""


def seal_record(text: str) -> bytes:
    """Return the bytes of a JSON object with a seal as its last key."""
    # Half a character becomes a `?`, as wherever a text is written.
    raw = text.encode("utf-8", "replace")
    digest = hashlib.sha256(raw).hexdigest()
    return b'%b,"seal":"sha256:%b"}' % (raw[:-1], digest.encode())


def open_record(content: bytes) -> bytes:
    """Return the JSON object as it was before it was sealed, or as it is where it never was.

    Raises BrokenSeal.
    """
    end = len(content.rstrip())
    if (sealed := _SEAL.search(content, max(0, end - _LENGTH), end)) is None:
        return content
    text = content[: sealed.start()] + b"}"
    if hashlib.sha256(text).hexdigest().encode() != sealed[1]:
        raise BrokenSeal
    return text


def count_unsealed(folder: Path) -> int:
    """Count the records in a folder that have no seal."""
    names = find_names(folder, ".json")
    ends = ((folder / name).read_bytes().rstrip()[-_LENGTH:] for name in names)
    return sum(_SEAL.search(end) is None for end in ends)
