"""Which lines of a text changed: difflib, within a bound on its work.

difflib compares every line with all equal ones, once for each block that both texts share: an
agent could write a small file that takes it hours.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeVar

MOST_STEPS = 10_000_000
"""Most comparisons that difflib may make; files of a thousand ordinary lines take fewer."""

T = TypeVar("T", str, bytes)
Opcode = tuple[str, int, int, int, int]
"""difflib's: `equal`, `replace`, `delete` or `insert`, then start and end in old and new text."""


def list_opcodes(old: Sequence[T], new: Sequence[T]) -> list[Opcode]:
    """List the steps from one text to the other.

    Of texts that are too long and too much alike, only the part between their shared beginning and
    end is compared; if that is still too much, it is replaced as a whole.
    """
    if not _is_too_much(old, new):
        return list(_list_opcodes_between(old, new, 0))
    head, tail = _count_shared_ends(old, new)
    old_end, new_end = len(old) - tail, len(new) - tail
    middles = old[head:old_end], new[head:new_end]
    opcodes: list[Opcode] = [("equal", 0, head, 0, head)] if head else []
    if _is_too_much(*middles):
        opcodes.append(("replace", head, old_end, head, new_end))
    else:
        opcodes += _list_opcodes_between(*middles, head)
    return [*opcodes, ("equal", old_end, len(old), new_end, len(new))] if tail else opcodes


def list_added_lines(old: Sequence[T], new: Sequence[T]) -> list[T]:
    """List the lines that were added.

    Where comparing would take too long, a line was added if it occurs more often than before; one
    that only moved was not.
    """
    head, tail = _count_shared_ends(old, new) if _is_too_much(old, new) else (0, 0)
    old, new = old[head : len(old) - tail], new[head : len(new) - tail]
    if _is_too_much(old, new):
        return list((Counter(new) - Counter(old)).elements())
    return [
        line
        for tag, _, _, b1, b2 in _list_opcodes_between(old, new, 0)
        if tag != "equal"
        for line in new[b1:b2]
    ]


def _is_too_much(old: Sequence[T], new: Sequence[T]) -> bool:
    counts = Counter(new)
    # difflib visits every equal pair of lines once for each block it finds; there are at most as
    # many blocks as lines in the shorter text.
    alike = sum(1 + counts[line] for line in old)
    return alike * min(len(old), len(new)) > MOST_STEPS


def _count_shared_ends(old: Sequence[T], new: Sequence[T]) -> tuple[int, int]:
    """Count the lines that both texts begin with, and those that both end with."""
    shorter = min(len(old), len(new))
    head = tail = 0
    while head < shorter and old[head] == new[head]:
        head += 1
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return head, tail


def _list_opcodes_between(old: Sequence[T], new: Sequence[T], shift: int) -> Iterator[Opcode]:
    for tag, a1, a2, b1, b2 in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        yield tag, a1 + shift, a2 + shift, b1 + shift, b2 + shift
