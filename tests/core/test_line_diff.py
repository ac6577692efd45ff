"""Lines are compared as difflib does; where that has no end, more roughly, and still rightly.

Nothing is timed: difflib alone would take minutes or hours for the long texts here.
"""

from __future__ import annotations

import difflib
import random

from promptverdict.core.line_diff import list_added_lines, list_opcodes
from promptverdict.trials.tree import Node, apply, list_changes

from tests.cases import try_cases

MANY = 20_000
NUMBERS = [str(number) for number in range(MANY)]

LONG = {
    "a line after each": (NUMBERS, [one for n in NUMBERS for one in (n, f"{n}+")], MANY),
    "every second one replaced": (["x", "y"] * MANY, ["x", "z"] * MANY, MANY),
    "one edit": (["same"] * MANY + ["a"] * 9, ["same"] * MANY + ["b"] + ["a"] * 9, 1),
    "one more of the same": (["same"] * MANY, ["same"] * (MANY + 1), 1),
    "all gone": (["same"] * MANY, [], 0),
    "all new": ([], ["same"] * MANY, MANY),
}


@try_cases(("old", "new", "count"), LONG.values(), ids=LONG)
def test_long_texts_are_compared(old: list[str], new: list[str], count: int) -> None:
    assert len(list_added_lines(old, new)) == count
    assert built(old, new) == new


def test_short_texts_are_compared_as_difflib_does() -> None:
    chance = random.Random(5)
    for _ in range(200):
        old, new = (["abc"[chance.randrange(3)] for _ in range(chance.randrange(9))] for _ in "12")
        told = difflib.SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
        assert list_opcodes(old, new) == told
        assert list_added_lines(old, new) == [
            line for tag, _, _, b1, b2 in told if tag != "equal" for line in new[b1:b2]
        ]


def test_a_line_that_moved_in_a_long_text_is_told_at_its_new_place() -> None:
    old = ["same"] * MANY + ["a", "b"] + ["same"] * MANY
    new = ["same"] * MANY + ["b", "a"] + ["same"] * MANY
    assert [code[0] for code in list_opcodes(old, new)].count("equal") == 3
    assert built(old, new) == new


def test_a_tree_with_a_long_file_can_be_built_again() -> None:
    for old, new, _ in LONG.values():
        before, after = ({"a": Node("file", "\n".join(one).encode())} for one in (old, new))
        assert apply(before, list_changes(before, after)) == after


def built(old: list[str], new: list[str]) -> list[str]:
    """Follow the opcodes from one text to the other."""
    result: list[str] = []
    for tag, a1, a2, b1, b2 in list_opcodes(old, new):
        assert len(result) == b1
        result += old[a1:a2] if tag == "equal" else new[b1:b2]
    return result
