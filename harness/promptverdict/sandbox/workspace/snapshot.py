"""A workspace as it is at one moment, with whatever an agent has put into it."""

from __future__ import annotations

import os
import stat
from dataclasses import dataclass

from promptverdict.guest.treehash import escape_names
from promptverdict.sandbox.workspace.beneath import Opener
from promptverdict.sandbox.workspace.refusal import FILE_LIMIT
from promptverdict.trials.tree import Node

_SNAPSHOT_BYTES = 64 << 20
_SNAPSHOT_ENTRIES = 20_000
_SNAPSHOT_DEPTH = 64


@dataclass(frozen=True)
class Snapshot:
    """A workspace at one moment; notes tell what could not be taken into the tree."""

    tree: dict[str, Node]
    notes: tuple[str, ...]


def take_snapshot(root: int, open_beneath: Opener) -> Snapshot:
    """Take the whole tree below a folder, as far as its size and depth can be borne."""
    taken = _Taken()
    pending = [(b"", "")]
    while pending and not taken.full:
        pending += _take_folder(root, open_beneath, pending.pop(), taken)
    if taken.full:
        taken.notes.append(f"more than {_SNAPSHOT_ENTRIES} entries: the rest is left out")
    return Snapshot(dict(sorted(taken.tree.items())), tuple(taken.notes))


class _Taken:
    """A snapshot while it is being taken."""

    def __init__(self) -> None:
        self.tree: dict[str, Node] = {}
        self.notes: list[str] = []
        self.bytes = 0

    @property
    def full(self) -> bool:
        """Whether there are more entries than will be kept."""
        return len(self.tree) > _SNAPSHOT_ENTRIES


def _take_folder(
    root: int, open_beneath: Opener, place: tuple[bytes, str], taken: _Taken
) -> list[tuple[bytes, str]]:
    """Add a folder's entries to the snapshot and return its folders.

    place: the folder's path, and that path as the tree has it.
    """
    relative, shown = place
    if relative.count(b"/") >= _SNAPSHOT_DEPTH:
        taken.notes.append(f"{shown!r} is too deep: what it holds is left out")
        return []
    path = os.fsdecode(relative) or "."
    try:
        folder = open_beneath(root, path, os.O_RDONLY | os.O_DIRECTORY)
    except OSError as error:
        taken.notes.append(f"{shown!r} cannot be listed: {error.strerror}")
        return []
    try:
        inner = []
        names = os.listdir(folder)  # noqa: PTH208  a descriptor, not a path
        for name, text in sorted(escape_names(names).items(), key=_sort_by_bytes):
            if taken.full:
                break
            encoded = os.fsencode(name)
            below = f"{shown}/{text}" if relative else text
            node = _take(folder, encoded, below, taken)
            if node.kind == "folder" and _is_listable(node, below, taken):
                inner.append((b"/".join((relative, encoded)) if relative else encoded, below))
        return inner[::-1]
    finally:
        os.close(folder)


def _sort_by_bytes(name: tuple[str, str]) -> bytes:
    return os.fsencode(name[0])


def _take(folder: int, name: bytes, shown: str, taken: _Taken) -> Node:
    """Add one entry to the snapshot."""
    if not _is_utf8(name):
        taken.notes.append(f"{shown!r} is not UTF-8: its name is kept escaped")
    try:
        status = os.lstat(name, dir_fd=folder)
        node, note = _read_node(folder, name, status, _SNAPSHOT_BYTES - taken.bytes)
    except OSError as error:
        node, note = Node("special"), f"cannot be read: {error.strerror}"
    if note:
        taken.notes.append(f"{shown!r} {note}")
    taken.tree[shown] = node
    taken.bytes += len(node.content)
    return node


def _read_node(folder: int, name: bytes, status: os.stat_result, room: int) -> tuple[Node, str]:
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISLNK(status.st_mode):
        return Node("link", os.readlink(name, dir_fd=folder), mode), ""
    if stat.S_ISDIR(status.st_mode):
        return Node("folder", b"", mode), ""
    if not stat.S_ISREG(status.st_mode):
        return Node("special", b"", mode), "is neither file, link nor folder"
    if status.st_size > min(FILE_LIMIT, room):
        return Node("special", b"", mode), f"has {status.st_size} bytes: its content is left out"
    # Root could read it; what the agent itself cannot read is left out alike on every host.
    if not status.st_mode & stat.S_IRUSR:
        return Node("special", b"", mode), "cannot be read by its owner"
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, dir_fd=folder), "rb") as file:
        return Node("file", file.read(FILE_LIMIT), mode), ""


def _is_listable(folder: Node, shown: str, taken: _Taken) -> bool:
    """Whether its owner can look into a folder; root could look into all of them."""
    if folder.mode & 0o500 == 0o500:
        return True
    taken.notes.append(f"{shown!r} cannot be listed by its owner")
    return False


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
