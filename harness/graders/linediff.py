"""Which lines a file gained: as difflib tells, within bounds that no file can stretch.

difflib compares every line with all that are like it, once for each block that both files share:
an agent could write a small file that takes it hours.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Sequence
from typing import TypeVar

MOST_STEPS = 10_000_000
"""Comparisons that difflib may come to; files of a thousand ordinary lines take less."""

T = TypeVar("T", str, bytes)


def added_lines(old: Sequence[T], new: Sequence[T]) -> list[T]:
    """List the lines that are new, in their order.

    In files that are too long and too much alike, what both begin and end with is left aside; if
    that is not enough, a line counts as new where it occurs more often than before, so that one
    that only moved does not.
    """
    if _steps(old, new) > MOST_STEPS:
        old, new = _middles(old, new)
    if _steps(old, new) > MOST_STEPS:
        return list((Counter(new) - Counter(old)).elements())
    blocks = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return [line for tag, _, _, b1, b2 in blocks if tag != "equal" for line in new[b1:b2]]


def _steps(old: Sequence[T], new: Sequence[T]) -> int:
    """Tell how many comparisons may be made at most."""
    counts = Counter(new)
    alike = sum(1 + counts[line] for line in old)
    return alike * min(len(old), len(new))


def _middles(old: Sequence[T], new: Sequence[T]) -> tuple[Sequence[T], Sequence[T]]:
    shorter = min(len(old), len(new))
    head = 0
    while head < shorter and old[head] == new[head]:
        head += 1
    tail = 0
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return old[head : len(old) - tail], new[head : len(new) - tail]
