"""Locks on files that exist anyway: the kernel drops them however a process ends.

Nothing is written for them, so that no lock is ever stale and none is left in version control.
"""

from __future__ import annotations

import contextlib
import errno
import os
from pathlib import Path


def lock_file(path: Path) -> int | None:
    """Lock a file and return a descriptor whose closing ends the lock; None where another has it.

    Returns -1 where the system or the file system knows no locks. Raises OSError.
    """
    try:
        import fcntl
    except ImportError:  # Windows
        return -1
    # NFS makes locks of ranges out of these, and those need a file that is open for writing.
    for mode in (os.O_RDONLY, os.O_RDWR):
        descriptor = os.open(path, mode | os.O_CLOEXEC)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            os.close(descriptor)
            if error.errno in (errno.EWOULDBLOCK, errno.EACCES):
                return None
        else:
            return descriptor
    return -1


def find_lock_holder(path: Path) -> int | None:
    """Find the process that has a file locked; None where the system does not say."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        status = path.stat()
        place = f"{os.major(status.st_dev):02x}:{os.minor(status.st_dev):02x}:{status.st_ino}"
        for line in Path("/proc/locks").read_text(encoding="ascii").splitlines():
            words = line.split()
            if words[1] == "FLOCK" and words[5] == place and int(words[4]) > 0:
                return int(words[4])
    return None
