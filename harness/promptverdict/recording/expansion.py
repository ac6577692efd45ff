"""What a recording may come to: a few of its bytes can stand for many."""

from __future__ import annotations

from collections.abc import Iterable

from promptverdict.core.errors import BrokenRecording
from promptverdict.trials.tree import Change, Tree, apply

MAX_IN_ALL = 512 * 2**20
"""Bytes of all requests, or of all that became of the workspace's files, of one recording."""

ENTRY = 100
"""Bytes that each path of a tree is counted as, for each tree that it is in."""


def refuse_growth(steps: Iterable[tuple[Change, ...]], where: str) -> None:
    """Build the trees of a world, one at a time and none kept, before anybody keeps them all.

    Raises BrokenRecording, naming `where`, when they come to more than MAX_IN_ALL, or do not fit.
    """
    tree: Tree = {}
    left = MAX_IN_ALL
    for changes in steps:
        paths = {change.path for change in changes}
        if len(paths) < len(changes):
            raise _build_refusal(where, "a step changes one path twice")
        if not changes:
            continue
        try:
            tree = apply(tree, changes)
        except (BrokenRecording, ValueError) as error:
            raise _build_refusal(where, " ".join(str(error).split())[:160]) from error
        left -= ENTRY * len(tree)
        left -= sum(len(tree[path].content) for path in paths if path in tree)
        if left < 0:
            raise _build_refusal(where, f"its files come to more than {MAX_IN_ALL >> 20} MB in all")


def _build_refusal(where: str, problem: str) -> BrokenRecording:
    return BrokenRecording(
        f"{where}: {problem}: no recording of ours does that\n"
        "  restore it from version control, or record it again with --record all"
    )
