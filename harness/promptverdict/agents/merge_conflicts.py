"""Lines that an unresolved merge left in an agent file."""

from __future__ import annotations

import re

from promptverdict.core.strict_yaml import CONFLICT

_FENCE = re.compile(r" {0,3}(?:```|~~~)")


def find_conflict(text: str) -> int | None:
    """Find the first line that a merge left behind; an example in a code fence is none."""
    fenced = False
    for number, line in enumerate(text.split("\n"), start=1):
        if _FENCE.match(line):
            fenced = not fenced
        elif CONFLICT.match(line) and not fenced:
            return number
    return None
