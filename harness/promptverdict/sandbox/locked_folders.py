"""Temporary folders that do not outlive their process for long.

Each is locked while its process lives. The kernel drops the lock however the process ends, so a
folder that can be locked belongs to nobody, and the next process removes it. A process id in the
name would not do: it may be another process's by then.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import tempfile
import time
from collections.abc import Collection
from pathlib import Path

_NEW = "new-"
"""Stands in the name of a folder until it is locked."""
_NEW_SECONDS = 3600.0
"""Age at which a folder that was never locked belongs to nobody."""


def make_locked_folder(base: Path, prefix: str) -> tuple[Path, int]:
    """Make a folder; return it and a descriptor, whose closing ends the lock. Raises OSError."""
    # What another process can lock, it may remove: this one gets the name that is looked for only
    # when it is locked.
    new = Path(tempfile.mkdtemp(prefix=f"{prefix}{_NEW}", dir=base))
    folder = new.with_name(prefix + new.name.removeprefix(prefix + _NEW))
    lock = os.open(new, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    _lock(lock)
    return new.rename(folder), lock


def is_locked(folder: Path) -> bool:
    """Whether a folder belongs to a process that is alive."""
    try:
        lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return not _lock(lock)
    finally:
        os.close(lock)


def remove_leftovers(base: Path, prefix: str, owners: Collection[int]) -> None:
    """Remove the folders of these users whose process is gone; what withstands stays."""
    for folder in base.glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            status = folder.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid not in owners:
                continue
            is_new = folder.name.startswith(prefix + _NEW)
            if is_new and time.time() - status.st_mtime < _NEW_SECONDS:
                continue
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC)
            try:
                if _lock(lock):
                    remove_tree(folder)
            finally:
                os.close(lock)


def remove_tree(root: Path) -> None:
    """Remove any tree. Raises OSError.

    shutil.rmtree fails on closed folders and on thousands of levels. Inner folders are therefore
    opened, and moved up below root, so that no path grows long.
    """
    pending = [root]
    root.chmod(0o700)
    while pending:
        folder = pending.pop()
        with os.scandir(folder) as listing:
            entries = list(listing)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                Path(entry).chmod(0o700)
                pending.append(Path(entry).rename(root / f".{secrets.token_hex(8)}"))
            else:
                Path(entry).unlink()
        if folder != root:
            folder.rmdir()
    root.rmdir()


def _lock(descriptor: int) -> bool:
    """Lock a folder unless somebody else has; file systems without locks keep their leftovers."""
    import fcntl  # not on Windows, where nothing is recorded

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
