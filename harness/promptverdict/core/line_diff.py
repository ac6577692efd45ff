"""What became of the lines of a text: as difflib tells, within bounds that no text can stretch.

difflib compares every line with all that are like it, once for each block that both texts share:
an agent could write a small file that takes it hours.
"""

from __future__ import annotations

import difflib
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import TypeVar

MOST_STEPS = 10_000_000
"""Comparisons that difflib may come to; files of a thousand ordinary lines take less."""

T = TypeVar("T", str, bytes)
Opcode = tuple[str, int, int, int, int]
"""`equal` or what else became of a stretch, where it was and where it is, as difflib has it."""


def opcodes(old: Sequence[T], new: Sequence[T]) -> list[Opcode]:
    """Say how to get from one text to the other.

    Texts that are too long and too much alike are only compared between what both begin and end
    with; if that is still too much, all between is replaced.
    """
    if not _is_too_much(old, new):
        return list(_between(old, new, 0))
    head, tail = _ends(old, new)
    old_end, new_end = len(old) - tail, len(new) - tail
    middles = old[head:old_end], new[head:new_end]
    found: list[Opcode] = [("equal", 0, head, 0, head)] if head else []
    if _is_too_much(*middles):
        found.append(("replace", head, old_end, head, new_end))
    else:
        found += _between(*middles, head)
    return [*found, ("equal", old_end, len(old), new_end, len(new))] if tail else found


def added_lines(old: Sequence[T], new: Sequence[T]) -> list[T]:
    """List the lines that are new.

    Where too much would have to be compared, a line counts as new if it occurs more often than
    before: one that only moved does not.
    """
    head, tail = _ends(old, new) if _is_too_much(old, new) else (0, 0)
    old, new = old[head : len(old) - tail], new[head : len(new) - tail]
    if _is_too_much(old, new):
        return list((Counter(new) - Counter(old)).elements())
    return [
        line for tag, _, _, b1, b2 in _between(old, new, 0) if tag != "equal" for line in new[b1:b2]
    ]


def _is_too_much(old: Sequence[T], new: Sequence[T]) -> bool:
    counts = Counter(new)
    alike = sum(1 + counts[line] for line in old)
    return alike * min(len(old), len(new)) > MOST_STEPS


def _ends(old: Sequence[T], new: Sequence[T]) -> tuple[int, int]:
    """Count the lines that both begin and end with."""
    shorter = min(len(old), len(new))
    head = tail = 0
    while head < shorter and old[head] == new[head]:
        head += 1
    while tail < shorter - head and old[-1 - tail] == new[-1 - tail]:
        tail += 1
    return head, tail


def _between(old: Sequence[T], new: Sequence[T], shift: int) -> Iterator[Opcode]:
    for tag, a1, a2, b1, b2 in difflib.SequenceMatcher(
        None, old, new, autojunk=False
    ).get_opcodes():
        yield tag, a1 + shift, a2 + shift, b1 + shift, b2 + shift
