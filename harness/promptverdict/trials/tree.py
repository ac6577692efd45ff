"""A workspace as a value: every file, link and folder of it, and what changed between two.

Changes are kept so that any tree of a trial can be built again from the first one: a text that was
edited is stored as splices of its older lines, so that a recording grows with what the agent wrote
and not with what it wrote it into.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from pydantic import Field

from promptverdict.core.errors import BrokenRecording
from promptverdict.core.line_diff import list_opcodes
from promptverdict.core.model import Frozen
from promptverdict.guest.treehash import counts

Kind = Literal["file", "link", "folder", "special"]


@dataclass(frozen=True)
class Node:
    """One entry of a tree: content is a file's bytes or a link's target, mode its permissions."""

    kind: Kind
    content: bytes = b""
    mode: int = 0o644

    @property
    def hashed_kind(self) -> str:
        """The kind as guest/treehash.py hashes it: `exec` for a file that its owner may execute."""
        return "exec" if self.kind == "file" and self.mode & 0o100 else self.kind

    @cached_property
    def hashed(self) -> str:
        """What guest/treehash.py writes of it behind its path; most trees of a trial share it."""
        return f"\0{self.hashed_kind}\0{hashlib.sha256(self.content).hexdigest()}\n"


Tree = Mapping[str, Node]
"""Path relative to the workspace, parts joined by `/`, to what is there."""


class Change(Frozen):
    """What one path became. Exactly one of text, base64, splices and target fits the kind."""

    path: str
    kind: Literal["file", "link", "folder", "special", "deleted"] = "file"
    mode: str = Field(default="644", pattern=r"^[0-7]{1,4}$")
    """Permission bits, octal."""
    text: str | None = None
    """The whole content, when it is text and was not text before."""
    base64: str | None = None
    """The whole content, or where a link points, when it is not text."""
    splices: tuple[int | str, ...] | None = None
    """An edited text: n keeps n older lines, -n drops n, a string adds its lines."""
    target: str | None = None
    """Where a link points."""
    before: Literal["absent", "present"] = "absent"
    """Whether the path existed before the change."""


class TestNode(Frozen):
    """What one phase of one test, or of collecting one file, came to."""

    __test__ = False

    id: str
    phase: Literal["collect", "setup", "call", "teardown"]
    outcome: Literal["passed", "failed", "skipped"]
    exception: str | None = None
    """Name of the exception's type."""
    message: str | None = None


class TestReport(Frozen):
    """One process of pytest inside the sandbox, as its report plugin described it."""

    __test__ = False

    tree: str
    """Digest of the workspace when the run began."""
    exit_code: int
    nodes: tuple[TestNode, ...] = Field(default=())
    root: str | None = None
    """The folder that the nodes' ids begin in, from the workspace on; `.` is the workspace itself,
    and None was not recorded."""
    unproven: str | None = None
    """Why the report may not come from a run of pytest; None: from one that was seen."""


def digest(tree: Tree) -> str:
    """Compute the name of a tree from what an agent can write in it.

    It is what guest/treehash.py computes inside the sandbox, without hashing each content again.
    """
    lines = [
        path + node.hashed
        for path in sorted(filter(_counts, tree))
        if (node := tree[path]).kind in ("file", "link")
    ]
    return hashlib.sha256("".join(lines).encode("utf-8", "surrogateescape")).hexdigest()[:16]


_counts = lru_cache(maxsize=4096)(counts)


def list_changes(before: Tree, after: Tree) -> tuple[Change, ...]:
    """List what must change to get from one tree to the other, by path."""
    gone = [Change(path=p, kind="deleted", before="present") for p in before.keys() - after.keys()]
    new = [
        _change(path, before.get(path), node)
        for path, node in after.items()
        if before.get(path) != node
    ]
    return tuple(sorted(gone + new, key=lambda change: change.path))


def apply(tree: Tree, changes: Iterable[Change]) -> dict[str, Node]:
    """Build the next tree.

    Raises BrokenRecording when a change does not fit the tree it is applied to.
    """
    result = dict(tree)
    for change in changes:
        if change.kind == "deleted":
            if result.pop(change.path, None) is None:
                raise BrokenRecording(f"{change.path} is deleted before it was made")
        else:
            result[change.path] = _build_node(change, result.get(change.path))
    return result


def is_text(content: bytes) -> bool:
    """Return whether content is UTF-8."""
    try:
        content.decode()
    except UnicodeDecodeError:
        return False
    return True


def list_differing(before: Tree, after: Tree) -> list[str]:
    """List the paths at which two trees of one trial do not hold the same node."""
    if before is after:
        return []
    changed = [path for path, node in after.items() if before.get(path) is not node]
    return changed + [path for path in before if path not in after]


def decode_text(content: bytes) -> str | None:
    """Decode content that can be stored and shown as text; None for any other."""
    try:
        text = content.decode("utf-8")
    except UnicodeDecodeError:
        return None
    return None if "\0" in text or "\r" in text else text


def _change(path: str, old: Node | None, new: Node) -> Change:
    fields: dict[str, object] = {"path": path, "kind": new.kind, "mode": f"{new.mode:o}"}
    fields["before"] = "present" if old else "absent"
    if new.kind == "link" and is_text(new.content):
        fields["target"] = new.content.decode()
    elif new.kind == "link":
        fields["base64"] = base64.b64encode(new.content).decode("ascii")
    elif new.kind == "file":
        text = decode_text(new.content)
        older = decode_text(old.content) if old and old.kind == "file" else None
        if text is None:
            fields["base64"] = base64.b64encode(new.content).decode("ascii")
        elif older is None:
            fields["text"] = text
        else:
            fields["splices"] = _find_splices(older, text)
    return Change.model_validate(fields)


def _find_splices(old: str, new: str) -> tuple[int | str, ...]:
    a, b = _split_lines(old), _split_lines(new)
    result: list[int | str] = []
    for tag, a1, a2, b1, b2 in list_opcodes(a, b):
        if tag == "equal":
            result.append(a2 - a1)
            continue
        if a2 > a1:
            result.append(a1 - a2)
        if b2 > b1:
            result.append("".join(b[b1:b2]))
    return tuple(result)


def _split_lines(text: str) -> list[str]:
    """Split after line feeds alone: str.splitlines would also cut at form feeds and others."""
    lines = text.split("\n")
    return [line + "\n" for line in lines[:-1]] + lines[-1:]


def _build_node(change: Change, old: Node | None) -> Node:
    mode = int(change.mode, 8)
    if change.kind in ("folder", "special"):
        return Node(change.kind, b"", mode)
    if change.base64 is not None:
        kind: Kind = "link" if change.kind == "link" else "file"
        return Node(kind, base64.b64decode(change.base64), mode)
    if change.kind == "link":
        return Node("link", (change.target or "").encode(), mode)
    if change.splices is not None:
        return Node("file", _apply_splices(change, old), mode)
    return Node("file", (change.text or "").encode(), mode)


def _apply_splices(change: Change, old: Node | None) -> bytes:
    lines = _split_lines(old.content.decode("utf-8")) if old else []
    result: list[str] = []
    at = 0
    for splice in change.splices or ():
        if isinstance(splice, str):
            result.append(splice)
            continue
        if at + abs(splice) > len(lines):
            raise BrokenRecording(f"{change.path}: the edit does not fit the file it edits")
        if splice > 0:
            result.extend(lines[at : at + splice])
        at += abs(splice)
    return "".join(result).encode()
