"""Opening a path beneath a folder, through no link, in the strictest way that the kernel offers."""

from __future__ import annotations

import ctypes
import errno
import functools
import os
import stat
import struct
from collections.abc import Callable

Opener = Callable[[int, str, int], int]
"""Opens a path beneath a folder: (folder's descriptor, relative path, flags) to a descriptor."""


def choose_opener(root: int) -> Opener:
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
    descriptor = _load_syscall()(437, root, os.fsencode(relative), how, len(how))
    if descriptor < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(descriptor)


@functools.cache
def _load_syscall() -> Callable[..., int]:
    """Load syscall(2), which takes several times as long as calling it. Raises AttributeError."""
    return ctypes.CDLL(None, use_errno=True).syscall


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
