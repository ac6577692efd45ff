"""Reading and writing an agent's workspace from outside the sandbox.

Whatever lies there was put there by an agent: links out of the folder, pipes that never answer,
files without end. Every path is therefore opened beneath the workspace's own folder, through no
link and across no mount, and what is opened is looked at before it is read.
"""

from __future__ import annotations

import ctypes
import errno
import os
import posixpath
import secrets
import stat
import struct
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from typing import NoReturn

from harness.tree import Node, Tree

MOUNT = "/workspace"
"""Where the agent sees its workspace."""

FILE_LIMIT = 8 << 20
"""Bytes of the largest file that is read or written."""

_SNAPSHOT_BYTES = 64 << 20
_SNAPSHOT_ENTRIES = 20_000
_SNAPSHOT_DEPTH = 64

_REASONS = {
    errno.ELOOP: "the path goes through a symbolic link",
    errno.EXDEV: "the path leaves the workspace",
    errno.ENOENT: "the file does not exist",
    errno.ENOTDIR: "a part of the path is not a folder",
    errno.EISDIR: "it is a folder",
    errno.ENXIO: "it is a pipe or a socket",
    errno.ENAMETOOLONG: "the name is too long",
    errno.EACCES: "permission denied",
    errno.EPERM: "permission denied",
    errno.ENOSPC: "the disk is full",
}

Opener = Callable[[int, str, int], int]
"""Opens a path beneath a folder: (folder's descriptor, relative path, flags) to a descriptor."""


class Refused(Exception):
    """What an agent asked of its workspace cannot be done; the text says why."""


@dataclass(frozen=True)
class Snapshot:
    """A workspace at one moment; notes tell what could not be taken into the tree."""

    tree: dict[str, Node]
    notes: tuple[str, ...]


class Workspace:
    """One folder of an agent, on the host's disk.

    root is never reached through a link of the agent's making; owner, where given, becomes the
    user and group of all that is written.
    """

    def __init__(self, root: Path, owner: int | None = None) -> None:
        self._root = root
        self._owner = owner
        self._open_beneath: Opener | None = None

    def read(self, path: str) -> bytes:
        """Read one regular file.

        Raises Refused for everything else, and for a file over FILE_LIMIT.
        """
        with self._root_folder() as root, _explained(path):
            descriptor = self._open(root, _relative(path), os.O_RDONLY | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                status = os.fstat(descriptor)
                _require_plain(status)
                if status.st_nlink > 1:
                    raise Refused(f"the file has {status.st_nlink} hard links")
                if not status.st_mode & stat.S_IRUSR:
                    raise Refused("permission denied")
                if status.st_size > FILE_LIMIT:
                    raise Refused(f"it has {status.st_size} bytes, and {FILE_LIMIT} is the limit")
                return file.read(FILE_LIMIT)

    def write(self, path: str, content: bytes) -> None:
        """Replace a file's content or make the file, with the folders it lies in.

        Raises Refused when something else is in the way, or the content is over FILE_LIMIT.
        """
        with self._root_folder() as root, _explained(path):
            if len(content) > FILE_LIMIT:
                raise Refused(f"it would have {len(content)} bytes, and {FILE_LIMIT} is the limit")
            with self._parent(root, _relative(path)) as (folder, name):
                if not os.fstat(folder).st_mode & stat.S_IWUSR:
                    raise Refused("permission denied")
                status = _status(folder, name)
                if status is not None:
                    _require_plain(status)
                    if not status.st_mode & stat.S_IWUSR:
                        raise Refused("permission denied")
                mode = 0o644 if status is None else stat.S_IMODE(status.st_mode)
                self._put(folder, name, content, mode)

    def is_folder(self, path: str) -> bool:
        """Whether a folder, reached through no link, is at a path."""
        try:
            with self._root_folder() as root:
                os.close(self._open(root, _relative(path), os.O_RDONLY | os.O_DIRECTORY))
        except (OSError, Refused):
            return False
        return True

    def snapshot(self) -> Snapshot:
        """Take the whole tree, `.git` and all, as far as its size and depth can be borne.

        A file that is unreadable, or too large to keep, is in the tree as `special`.
        """
        taken = _Taken()
        with self._root_folder() as root:
            pending = [b""]
            while pending and not taken.full:
                pending += self._take_folder(root, pending.pop(), taken)
        if taken.full:
            taken.notes.append(f"more than {_SNAPSHOT_ENTRIES} entries: the rest is left out")
        return Snapshot(dict(sorted(taken.tree.items())), tuple(taken.notes))

    def lay_out(self, tree: Tree) -> None:
        """Write every file, link and folder of a tree, with its permissions.

        What is there and not in the tree stays. Special nodes are passed over.
        """
        folders: list[tuple[str, int]] = []
        with self._root_folder() as root:
            self._own(root)
            for path, node in sorted(tree.items()):
                with _explained(path):
                    relative = _relative(path)
                    if node.kind == "folder":
                        with self._folder(root, relative) as folder:
                            os.fchmod(folder, 0o755)
                        folders.append((relative, node.mode))
                    elif node.kind != "special":
                        self._lay(root, relative, node)
            # Last, and from the inside out: a folder that is closed to its owner takes no files.
            for relative, mode in reversed(folders):
                with self._folder(root, relative) as folder:
                    os.fchmod(folder, mode)

    def _lay(self, root: int, relative: str, node: Node) -> None:
        with self._parent(root, relative) as (folder, name):
            if node.kind == "file":
                self._put(folder, name, node.content, node.mode)
                return
            if _status(folder, name) is not None:
                os.unlink(name, dir_fd=folder)
            os.symlink(node.content, os.fsencode(name), dir_fd=folder)
            if self._owner is not None:
                os.chown(name, self._owner, self._owner, dir_fd=folder, follow_symlinks=False)

    def _put(self, folder: int, name: str, content: bytes, mode: int) -> None:
        """Write beside the target and rename: the old file's hard links keep the old content."""
        beside = f".{secrets.token_hex(8)}"
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
        try:
            with os.fdopen(os.open(beside, flags, 0o600, dir_fd=folder), "wb") as file:
                file.write(content)
                self._own(file.fileno())
                os.fchmod(file.fileno(), mode)
            os.rename(beside, name, src_dir_fd=folder, dst_dir_fd=folder)
        except BaseException:
            with suppress(OSError):
                os.unlink(beside, dir_fd=folder)
            raise

    def _own(self, descriptor: int) -> None:
        if self._owner is not None:
            os.fchown(descriptor, self._owner, self._owner)

    @contextmanager
    def _root_folder(self) -> Iterator[int]:
        root = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        try:
            yield root
        finally:
            os.close(root)

    @contextmanager
    def _parent(self, root: int, relative: str) -> Iterator[tuple[int, str]]:
        """Open the folder that a path lies in, made if it was missing, and name the last part."""
        parent, name = posixpath.split(relative)
        if not name or name == ".":
            raise IsADirectoryError(errno.EISDIR, "is a directory")
        with self._folder(root, parent or ".") as folder:
            yield folder, name

    @contextmanager
    def _folder(self, root: int, relative: str) -> Iterator[int]:
        """Open a folder, after making whatever part of its path was missing."""
        made = ""
        flags = os.O_RDONLY | os.O_DIRECTORY
        current = self._open(root, ".", flags)
        try:
            for part in relative.split("/"):
                made = posixpath.join(made, part)
                try:
                    following = self._open(root, made, flags)
                except FileNotFoundError:
                    os.mkdir(part, 0o755, dir_fd=current)
                    following = self._open(root, made, flags)
                    os.fchmod(following, 0o755)
                    self._own(following)
                os.close(current)
                current = following
            yield current
        finally:
            os.close(current)

    def _take_folder(self, root: int, relative: bytes, taken: _Taken) -> list[bytes]:
        """Add a folder's entries to the snapshot and return its folders."""
        if relative.count(b"/") >= _SNAPSHOT_DEPTH:
            taken.notes.append(f"{_shown(relative)!r} is too deep: what it holds is left out")
            return []
        path = os.fsdecode(relative) or "."
        try:
            folder = self._open(root, path, os.O_RDONLY | os.O_DIRECTORY)
        except OSError as error:
            taken.notes.append(f"{_shown(relative)!r} cannot be listed: {error.strerror}")
            return []
        try:
            inner = []
            names = os.listdir(folder)  # noqa: PTH208  a descriptor, not a path
            for name in sorted(os.fsencode(name) for name in names):
                if taken.full:
                    break
                below = b"/".join((relative, name)) if relative else name
                node = _take(folder, name, below, taken)
                if node.kind == "folder" and _listed(node, below, taken):
                    inner.append(below)
            return inner[::-1]
        finally:
            os.close(folder)

    def _open(self, root: int, relative: str, flags: int) -> int:
        flags |= os.O_CLOEXEC | os.O_NOCTTY
        if self._open_beneath is None:
            self._open_beneath = opener(root)
        return self._open_beneath(root, relative, flags)


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


def opener(root: int) -> Opener:
    """Choose the strictest way to open beneath a folder that this kernel offers."""
    try:
        os.close(open_by_kernel(root, ".", os.O_RDONLY | os.O_CLOEXEC))
    except (OSError, AttributeError):
        return open_by_steps
    return open_by_kernel


def open_by_kernel(root: int, relative: str, flags: int) -> int:
    """Open with openat2: beneath root, through no link and across no mount.

    Raises OSError, also where the system has no such call.
    """
    how = struct.pack("QQQ", flags, 0, 0x01 | 0x02 | 0x04 | 0x08)
    library = ctypes.CDLL(None, use_errno=True)
    descriptor = library.syscall(437, root, os.fsencode(relative), how, len(how))
    if descriptor < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(descriptor)


def open_by_steps(root: int, relative: str, flags: int) -> int:
    """Open part by part, following no link: what is left where the kernel has no openat2.

    Raises OSError.
    """
    *parents, name = relative.split("/")
    current = os.dup(root)
    try:
        for part in parents:
            following = _step(current, part, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            os.close(current)
            current = following
        return _step(current, name, flags)
    finally:
        os.close(current)


def _step(folder: int, name: str, flags: int) -> int:
    try:
        return os.open(name, flags | os.O_NOFOLLOW, dir_fd=folder)
    except NotADirectoryError:
        # A link where a folder was wanted; systems disagree on the error, the agent should not see.
        if stat.S_ISLNK(os.lstat(name, dir_fd=folder).st_mode):
            raise OSError(errno.ELOOP, "is a symbolic link") from None
        raise


def _take(folder: int, name: bytes, relative: bytes, taken: _Taken) -> Node:
    """Add one entry to the snapshot."""
    shown = _shown(relative)
    if not _is_utf8(relative):
        taken.notes.append(f"{shown!r} is not UTF-8: its name is kept escaped")
    try:
        status = os.lstat(name, dir_fd=folder)
        node, note = _node(folder, name, status, _SNAPSHOT_BYTES - taken.bytes)
    except OSError as error:
        node, note = Node("special"), f"cannot be read: {error.strerror}"
    if note:
        taken.notes.append(f"{shown!r} {note}")
    taken.tree[shown] = node
    taken.bytes += len(node.content)
    return node


def _node(folder: int, name: bytes, status: os.stat_result, room: int) -> tuple[Node, str]:
    mode = stat.S_IMODE(status.st_mode)
    if stat.S_ISLNK(status.st_mode):
        return Node("link", os.readlink(name, dir_fd=folder), mode), ""
    if stat.S_ISDIR(status.st_mode):
        return Node("folder", b"", mode), ""
    if not stat.S_ISREG(status.st_mode):
        return Node("special", b"", mode), "is neither file, link nor folder"
    if status.st_size > min(FILE_LIMIT, room):
        return Node("special", b"", mode), f"has {status.st_size} bytes: its content is left out"
    # Root could read it; what the agent itself cannot read is told alike on every host.
    if not status.st_mode & stat.S_IRUSR:
        return Node("special", b"", mode), "cannot be read by its owner"
    flags = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
    with os.fdopen(os.open(name, flags, dir_fd=folder), "rb") as file:
        return Node("file", file.read(FILE_LIMIT), mode), ""


def _listed(folder: Node, relative: bytes, taken: _Taken) -> bool:
    """Whether its owner can look into a folder; root could look into all of them."""
    if folder.mode & 0o500 == 0o500:
        return True
    taken.notes.append(f"{_shown(relative)!r} cannot be listed by its owner")
    return False


def _relative(path: str) -> str:
    """Turn an agent's path into one relative to the workspace, `.` for the workspace itself."""
    if "\0" in path:
        raise Refused("the path contains a NUL character")
    try:
        size = len(path.encode("utf-8"))
    except UnicodeEncodeError:
        raise Refused("the path is not valid text") from None
    if size > 4096:
        raise Refused("the path is longer than 4096 bytes")
    relative = posixpath.relpath(posixpath.normpath(path), MOUNT) if path[:1] == "/" else path
    relative = posixpath.normpath(relative)
    if relative == ".." or relative.startswith("../"):
        raise Refused(f"the path is outside {MOUNT}")
    return relative


def _status(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return None


def _require_plain(status: os.stat_result) -> None:
    if stat.S_ISDIR(status.st_mode):
        raise Refused("it is a folder")
    if stat.S_ISLNK(status.st_mode):
        raise Refused("the path goes through a symbolic link")
    if not stat.S_ISREG(status.st_mode):
        raise Refused("it is not a regular file")


@contextmanager
def _explained(path: str) -> Iterator[None]:
    """Turn what goes wrong with a path into a reason that names the path."""
    shown = path if len(path) <= 200 else f"{path[:200]}..."
    try:
        yield
    except Refused as refused:
        raise Refused(f"{shown!r}: {refused}") from None
    except OSError as error:
        _refuse(shown, error)


def _refuse(shown: str, error: OSError) -> NoReturn:
    reason = _REASONS.get(error.errno or 0, error.strerror or str(error))
    raise Refused(f"{shown!r}: {reason}") from error


def _shown(name: bytes) -> str:
    return name.decode("utf-8", "backslashreplace")


def _is_utf8(name: bytes) -> bool:
    try:
        name.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True
