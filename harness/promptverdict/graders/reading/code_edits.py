"""What one call did to the production files: which definitions came, went or changed."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from promptverdict.graders.reading.python_source import (
    definitions,
    is_production,
    is_public,
    meaning_without_stubs,
    source,
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


def edit_between(before: Tree, after: Tree, patterns: tuple[str, ...]) -> Edit | None:
    """Compare the production files of two trees; nothing when they are the same."""
    if before is after:
        return None
    paths = sorted(
        path
        for path in before.keys() | after.keys()
        if before.get(path) is not after.get(path)
        and source(before, path) != source(after, path)
        and is_production(path, patterns)
    )
    if not paths:
        return None
    meaning = [path for path in paths if not _same_meaning(before, after, path)]
    old, new = _all_definitions(before, meaning), _all_definitions(after, meaning)
    come, gone = new.keys() - old.keys(), old.keys() - new.keys()
    changed = {name for name in new.keys() & old.keys() if new[name] != old[name]}
    kind: Kind = "changes" if meaning else "cosmetic"
    if any(is_public(name) for _, name in come):
        kind = "adds"
    names = frozenset(name for _, name in come | changed)
    return Edit(tuple(paths), kind, names, bool(gone) or bool(come and changed))


def _same_meaning(before: Tree, after: Tree, path: str) -> bool:
    """Whether a file means the same, stubs aside."""
    if not path.endswith(".py"):
        return False
    old = meaning_without_stubs(source(before, path) or b"")
    return old is not None and old == meaning_without_stubs(source(after, path) or b"")


def _all_definitions(tree: Tree, paths: Iterable[str]) -> dict[tuple[str, str], str]:
    return {
        (path, name): meaning
        for path in paths
        if path.endswith(".py")
        for name, meaning in definitions(source(tree, path) or b"").items()
    }
