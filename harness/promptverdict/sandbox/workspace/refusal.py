"""What an agent may not ask of its workspace, and the words in which it is refused."""

from __future__ import annotations

import errno
import os
import posixpath
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from typing import NoReturn

MOUNT = "/workspace"
"""Where the agent sees its workspace."""

FILE_LIMIT = 8 << 20
"""Bytes of the largest file that is read or written."""

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


class Refused(Exception):
    """What an agent asked of its workspace cannot be done; the text says why."""


@contextmanager
def explain_errors(path: str) -> Iterator[None]:
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


def resolve_path(path: str) -> str:
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


def check_plain_file(status: os.stat_result) -> None:
    """Refuse whatever is not a regular file."""
    if stat.S_ISDIR(status.st_mode):
        raise Refused("it is a folder")
    if stat.S_ISLNK(status.st_mode):
        raise Refused("the path goes through a symbolic link")
    if not stat.S_ISREG(status.st_mode):
        raise Refused("it is not a regular file")
