"""An agent's workspace as the host reads and writes it."""

from __future__ import annotations

import errno
import os
import posixpath
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

from promptverdict.core.errors import SandboxError
from promptverdict.sandbox.workspace.beneath import Opener, choose_opener
from promptverdict.sandbox.workspace.refusal import (
    FILE_LIMIT,
    Refused,
    check_plain_file,
    explain_errors,
    resolve_path,
)
from promptverdict.sandbox.workspace.snapshot import Snapshot, take_snapshot
from promptverdict.trials.tree import Node, Tree


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
        with self._root_folder() as root, explain_errors(path):
            descriptor = self._open(root, resolve_path(path), os.O_RDONLY | os.O_NONBLOCK)
            with os.fdopen(descriptor, "rb") as file:
                status = os.fstat(descriptor)
                check_plain_file(status)
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
        with self._root_folder() as root, explain_errors(path):
            if len(content) > FILE_LIMIT:
                raise Refused(f"it would have {len(content)} bytes, and {FILE_LIMIT} is the limit")
            with self._parent(root, resolve_path(path)) as (folder, name):
                if not os.fstat(folder).st_mode & stat.S_IWUSR:
                    raise Refused("permission denied")
                status = _status(folder, name)
                if status is not None:
                    check_plain_file(status)
                    if not status.st_mode & stat.S_IWUSR:
                        raise Refused("permission denied")
                mode = 0o644 if status is None else stat.S_IMODE(status.st_mode)
                self._put(folder, name, content, mode)

    def can_be_entered(self, path: str) -> bool:
        """Whether a folder, reached through no link, is at a path and open to its owner."""
        try:
            parts = resolve_path(path).split("/")
            with self._root_folder() as root:
                return all(
                    self._is_open(root, "/".join(parts[:length]))
                    for length in range(1, len(parts) + 1)
                )
        except (OSError, Refused):
            return False

    def snapshot(self) -> Snapshot:
        """Take the whole tree, `.git` and all, as far as its size and depth can be borne.

        A file that is unreadable, or too large to keep, is in the tree as `special`.
        """
        with self._root_folder() as root:
            return take_snapshot(root, self._open)

    def lay_out(self, tree: Tree) -> None:
        """Write every file, link and folder of a tree, with its permissions.

        What is there and not in the tree stays. Special nodes are passed over.
        """
        folders: list[tuple[str, int]] = []
        with self._root_folder() as root:
            self._own(root)
            for path, node in sorted(tree.items()):
                with explain_errors(path):
                    relative = resolve_path(path)
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
        try:
            root = os.open(self._root, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
        except OSError as error:
            raise SandboxError(
                f"A trial's folder is gone: {self._root}: {error.strerror}.\n"
                "Something removed it while the trial ran, from outside or without a sandbox.\n"
                "Run the trial again."
            ) from error
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

    def _is_open(self, root: int, relative: str) -> bool:
        """Look at the permissions: root would come through every folder, and the agent does not."""
        folder = self._open(root, relative, os.O_RDONLY | os.O_DIRECTORY)
        try:
            return os.fstat(folder).st_mode & 0o500 == 0o500
        finally:
            os.close(folder)

    def _open(self, root: int, relative: str, flags: int) -> int:
        flags |= os.O_CLOEXEC | os.O_NOCTTY
        if self._open_beneath is None:
            self._open_beneath = choose_opener(root)
        return self._open_beneath(root, relative, flags)


def _status(folder: int, name: str) -> os.stat_result | None:
    try:
        return os.lstat(name, dir_fd=folder)
    except FileNotFoundError:
        return None
