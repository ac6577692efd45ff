"""What a recording may come to, and which trees it may tell of: anybody can seal one."""

from __future__ import annotations

import json
from collections.abc import Iterable
from typing import Any

from promptverdict.core.errors import BrokenRecording
from promptverdict.trials.tree import Change, Tree, apply

MAX_IN_ALL = 512 * 2**20
"""Bytes of all requests, or of all that became of the workspace's files, of one recording."""

MAX_BODY = 64 * 2**20
"""Bytes of one request: more than any API takes."""

SHORTEST_MESSAGE = 32
"""Bytes that each message is counted as at least: about the shortest that an API takes."""

ENTRY = 100
"""Bytes that each path of a tree is counted as, for each tree that it is in."""


def check_trees(steps: Iterable[tuple[Change, ...]], where: str) -> None:
    """Build the trees of a world, one at a time and none kept, before anybody keeps them all.

    Raises BrokenRecording, naming `where`, when they come to more than MAX_IN_ALL, when a change
    does not fit, and for a path that no folder can hold or that leads out of it.
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
            before, tree = tree, apply(tree, changes)
            for change in changes:
                _check_path(change.path, before, tree)
        except (BrokenRecording, ValueError) as error:
            raise _build_refusal(where, " ".join(str(error).split())[:160]) from error
        left -= ENTRY * len(tree)
        left -= sum(len(tree[path].content) for path in paths if path in tree)
        if left < 0:
            raise _build_refusal(where, f"its files come to more than {MAX_IN_ALL >> 20} MB in all")


def _check_path(path: str, before: Tree, after: Tree) -> None:
    """Raise ValueError for a path that is no place in a tree, now that it was changed."""
    parts = path.split("/")
    if "\0" in path or not {"", ".", ".."}.isdisjoint(parts):
        raise ValueError(f"{path!r} is not a path inside a workspace")
    for length in range(1, len(parts)):
        above = "/".join(parts[:length])
        if path in after and above in after and after[above].kind != "folder":
            raise ValueError(f"{path!r} lies below a {after[above].kind}")
    was_folder = path in before and before[path].kind == "folder"
    if was_folder and (path not in after or after[path].kind != "folder"):
        beginning = f"{path}/"
        if orphan := next((other for other in after if other.startswith(beginning)), None):
            raise ValueError(f"{orphan!r} is left below {path!r}, which is not a folder any more")


def _build_refusal(where: str, problem: str) -> BrokenRecording:
    return BrokenRecording(
        f"{where}: {problem}\n"
        "  restore it from version control, or record it again with --record all"
    )


class ExpansionLimit:
    """How many bytes a recording may still expand to; asked before any of them are written out.

    A few bytes of a recording can name an earlier answer or request again and again, and anybody
    can seal one.
    """

    def __init__(self, where: str) -> None:
        self._where, self._left, self._requests = where, MAX_IN_ALL, 0
        self._lengths: dict[int, tuple[Any, int]] = {}
        """By identity, since what is named twice is one object. The object is held here, or another
        could be born at its address."""

    def take(self, body: dict[str, Any]) -> None:
        """Count one request. Raises BrokenRecording when it, or all of them, come to too much."""
        self._requests += 1
        length = sum(len(key) + self._measure(value) for key, value in body.items())
        self._left -= length
        if length > MAX_BODY or self._left < 0:
            limit = f"{MAX_BODY >> 20} MB" if length > MAX_BODY else f"{MAX_IN_ALL >> 20} MB in all"
            raise BrokenRecording(
                f"{self._where}: request {self._requests} expands beyond {limit}\n"
                "  restore it from version control, or record it again with --record all"
            )

    def _measure(self, value: Any) -> int:
        if isinstance(value, list):
            return sum(map(self._measure_value, value))
        return self._measure_value(value)

    def _measure_value(self, value: Any) -> int:
        if id(value) not in self._lengths:
            self._lengths[id(value)] = value, max(SHORTEST_MESSAGE, len(json.dumps(value)))
        return self._lengths[id(value)][1]
