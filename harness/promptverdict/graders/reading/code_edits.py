"""What one call did to the production files: which definitions came, went or changed."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from promptverdict.graders.reading.brace_source import (
    describe_code,
    is_braced,
    is_public_block,
    map_blocks,
    strip_inline_tests,
)
from promptverdict.graders.reading.file_kinds import is_production
from promptverdict.graders.reading.python_source import (
    describe_without_stubs,
    is_public,
    list_defined_names,
    map_bodies,
    map_definitions,
    read_source,
)
from promptverdict.trials.tree import Tree, list_differing

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
    """Code may have moved: a definition is gone, or came while another one changed."""
    pulls_out: bool
    """Code has moved: half of a new definition or more are lines that another one has lost."""


def find_edit(
    before: Tree, after: Tree, patterns: tuple[str, ...], ignored: frozenset[str] = frozenset()
) -> Edit | None:
    """Compare the production files of two trees; None when they are the same.

    ignored: files that are no code, whatever their names say.
    """
    if before is after:
        return None
    paths = sorted(
        path
        for path in list_differing(before, after)
        if is_production(path, patterns)
        and path not in ignored
        and _is_changed(before, after, path)
    )
    if not paths:
        return None
    meaning = [path for path in paths if not _means_the_same(before, after, path)]
    old, new = _map_all(before, meaning), _map_all(after, meaning)
    come, gone = new.keys() - old.keys(), old.keys() - new.keys()
    changed = {name for name in new.keys() & old.keys() if new[name] != old[name]}
    kind: Kind = "changes" if meaning else "cosmetic"
    if any(_is_public(path, name, new[path, name]) for path, name in come):
        kind = "adds"
    names = frozenset(name for _, name in come | changed)
    restructures = bool(gone) or bool(come and changed)
    pulls_out = restructures and _pulls_out(before, after, meaning)
    return Edit(tuple(paths), kind, names, restructures, pulls_out)


def read_production(tree: Tree, path: str) -> bytes | None:
    """Read what of a file is production code; None when it is no file."""
    content = read_source(tree, path)
    return strip_inline_tests(content) if content and path.endswith(".rs") else content


def list_added(before: bytes, after: bytes, path: str) -> list[str]:
    """List what a source defines for others that it did not define before."""
    if path.endswith(".py"):
        old = list_defined_names(before)
        return [name for name in list_defined_names(after) if name not in old and is_public(name)]
    known, blocks = _map_one(before, path), _map_one(after, path)
    return [
        name
        for name, block in blocks.items()
        if name not in known and _is_public(path, name, block)
    ]


def _is_public(path: str, name: str, meaning: str) -> bool:
    return is_public(name) if path.endswith(".py") else is_public_block(path, name, meaning)


def _is_changed(before: Tree, after: Tree, path: str) -> bool:
    """Whether a file differs; what Rust compiles for tests alone is no production code."""
    old, new = read_source(before, path), read_source(after, path)
    if old == new:
        return False
    return not path.endswith(".rs") or not _means_the_same(before, after, path)


def _means_the_same(before: Tree, after: Tree, path: str) -> bool:
    """Whether a file means the same, stubs aside."""
    old, new = read_source(before, path) or b"", read_source(after, path) or b""
    if path.endswith(".py"):
        meaning = describe_without_stubs(old)
        return meaning is not None and meaning == describe_without_stubs(new)
    if not is_braced(path):
        return False
    return describe_code(old, inline_tests=False) == describe_code(new, inline_tests=False)


def _pulls_out(before: Tree, after: Tree, paths: Sequence[str]) -> bool:
    """Whether half of the lines of a new definition left others in the same edit."""
    old, new = _map_lines(before, paths), _map_lines(after, paths)
    lost: Counter[str] = Counter()
    for name, lines in old.items():
        lost += Counter(lines) - Counter(new.get(name, ()))
    for name in new.keys() - old.keys():
        moved = (Counter(new[name]) & lost).total()
        if new[name] and 2 * moved >= len(new[name]):
            return True
    return False


def _map_lines(tree: Tree, paths: Sequence[str]) -> dict[tuple[str, str], list[str]]:
    """Map each definition of some files to the lines of its body, which a new name leaves alone."""
    lines: dict[tuple[str, str], list[str]] = {}
    for path in paths:
        content = read_source(tree, path) or b""
        if path.endswith(".py"):
            bodies = map_bodies(content)
        else:
            blocks = map_blocks(content) if is_braced(path) else {}
            bodies = {name: block.splitlines()[1:] for name, block in blocks.items()}
        for name, body in bodies.items():
            lines[path, name] = [line for line in body if any(map(str.isalnum, line))]
    return lines


def _map_all(tree: Tree, paths: Iterable[str]) -> dict[tuple[str, str], str]:
    return {
        (path, name): meaning
        for path in paths
        for name, meaning in _map_one(read_source(tree, path) or b"", path).items()
    }


def _map_one(content: bytes, path: str) -> dict[str, str]:
    """Map what a source defines to its meaning, in the languages that are read."""
    if path.endswith(".py"):
        return map_definitions(content)
    return map_blocks(content) if is_braced(path) else {}
