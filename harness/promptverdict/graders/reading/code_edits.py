"""What one call did to the production files: which definitions came, went or changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from promptverdict.graders.reading.python_source import (
    describe_without_stubs,
    is_production,
    is_public,
    map_definitions,
    read_source,
)
from promptverdict.trials.tree import Tree

Kind = Literal["cosmetic", "adds", "changes"]


@dataclass(frozen=True)
class Edit:
    """What one call did to the production files."""

    paths: tuple[str, ...]
    kind: Kind
    """Cosmetic: no meaning changed or stubs only; adds: something public that was not there."""
    names: frozenset[str]
    """Definitions that are new or mean something else."""
    restructures: bool
    """Code was moved: a definition is gone, or came while another one changed."""


def find_edit(before: Tree, after: Tree, patterns: tuple[str, ...]) -> Edit | None:
    """Compare the production files of two trees; nothing when they are the same."""
    if before is after:
        return None
    paths = sorted(
        path
        for path in before.keys() | after.keys()
        if before.get(path) is not after.get(path)
        and read_source(before, path) != read_source(after, path)
        and is_production(path, patterns)
    )
    if not paths:
        return None
    meaning = [path for path in paths if not _means_the_same(before, after, path)]
    old, new = _list_definitions(before, meaning), _list_definitions(after, meaning)
    come, gone = new.keys() - old.keys(), old.keys() - new.keys()
    changed = {name for name in new.keys() & old.keys() if new[name] != old[name]}
    kind: Kind = "changes" if meaning else "cosmetic"
    if any(is_public(name) for _, name in come):
        kind = "adds"
    names = frozenset(name for _, name in come | changed)
    return Edit(tuple(paths), kind, names, bool(gone) or bool(come and changed))


def _means_the_same(before: Tree, after: Tree, path: str) -> bool:
    """Whether a file means the same, stubs aside."""
    if not path.endswith(".py"):
        return False
    old = describe_without_stubs(read_source(before, path) or b"")
    return old is not None and old == describe_without_stubs(read_source(after, path) or b"")


def _list_definitions(tree: Tree, paths: Iterable[str]) -> dict[tuple[str, str], str]:
    return {
        (path, name): meaning
        for path in paths
        if path.endswith(".py")
        for name, meaning in map_definitions(read_source(tree, path) or b"").items()
    }
