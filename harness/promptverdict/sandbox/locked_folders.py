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
from collections.abc import Collection
from pathlib import Path


def make_locked_folder(base: Path, prefix: str) -> tuple[Path, int]:
    """Make a folder; return it and a descriptor, whose closing ends the lock. Raises OSError."""
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
        # Until it is locked it belongs to nobody, and another process that starts just now may
        # remove it. Whoever removes it holds the lock meanwhile, so that it is gone or safe once
        # this process has the lock.
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
            _lock(lock, wait=True)
            if folder.exists():
                return folder, lock
            os.close(lock)


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


def _lock(descriptor: int, *, wait: bool = False) -> bool:
    """Lock a folder unless somebody else has; file systems without locks keep their leftovers."""
    import fcntl  # not on Windows, where nothing is recorded

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True
