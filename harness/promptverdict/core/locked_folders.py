"""Temporary folders that do not outlive their process for long.

Each is locked while its process lives. The kernel drops the lock however the process ends, so a
folder that can be locked belongs to nobody, and the next process removes it. A process id in the
name would not do: it may be another process's by then.
"""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
import shutil
import stat
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path

SCRATCH = "promptverdict-scratch-"
"""What the names of scratch folders begin with."""
# Windows has none of these, and cannot open folders.
_FOLDER = getattr(os, "O_CLOEXEC", 0) | getattr(os, "O_DIRECTORY", 0) | getattr(os, "O_NOFOLLOW", 0)


def make_locked_folder(base: Path, prefix: str) -> tuple[Path, int]:
    """Make a folder; return it and a descriptor, whose closing ends the lock. Raises OSError.

    Where folders cannot be opened, as on Windows, the descriptor is -1 and there is no lock.
    """
    while True:
        folder = Path(tempfile.mkdtemp(prefix=prefix, dir=base))
        if not hasattr(os, "O_DIRECTORY"):
            return folder, -1
        # Until it is locked it belongs to nobody, and another process that starts just now may
        # remove it. Whoever removes it holds the lock meanwhile, so that it is gone or safe once
        # this process has the lock.
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(folder, _FOLDER)
            _lock(lock, wait=True)
            if folder.exists():
                return folder, lock
            os.close(lock)


def release_folder(lock: int) -> None:
    """End the lock of a folder: by its descriptor, or -1 where there is none."""
    if lock >= 0:
        os.close(lock)


@contextlib.contextmanager
def open_scratch_folder() -> Iterator[Path]:
    """Make a folder for what serves while a block runs, and remove what killed processes left.

    Raises OSError.
    """
    base = Path(tempfile.gettempdir()).resolve()
    remove_own_leftovers(base, SCRATCH)
    folder, lock = make_locked_folder(base, SCRATCH)
    try:
        yield folder
    finally:
        with contextlib.suppress(OSError):
            remove_tree(folder)
        release_folder(lock)


def is_locked(folder: Path) -> bool:
    """Return whether a folder belongs to a process that is alive."""
    try:
        lock = os.open(folder, _FOLDER)
    except OSError:
        return False
    try:
        return not _lock(lock)
    finally:
        os.close(lock)


def remove_own_leftovers(base: Path, prefix: str) -> None:
    """Remove this user's folders whose process is gone; none where folders have no locks."""
    if hasattr(os, "geteuid"):
        remove_leftovers(base, prefix, {os.geteuid()})


def remove_leftovers(base: Path, prefix: str, owners: Collection[int]) -> None:
    """Remove the folders of these users whose process is gone; what withstands stays."""
    for folder in base.glob(f"{prefix}*"):
        with contextlib.suppress(OSError):
            status = folder.lstat()
            if not stat.S_ISDIR(status.st_mode) or status.st_uid not in owners:
                continue
            lock = _open_folder(folder, None)
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
    if not hasattr(os, "O_DIRECTORY"):
        shutil.rmtree(root)
        return
    # A command that escaped may swap names meanwhile: each name is looked up in an open folder, and
    # no link is followed, or root would empty what a link names.
    top = _open_folder(root, None)
    try:
        _empty_folder(top)
    finally:
        os.close(top)
    root.rmdir()


def _empty_folder(top: int) -> None:
    """Remove what an open folder holds."""
    pending = _unlink_files(top)
    while pending:
        name = pending.pop()
        folder = _open_folder(name, top)
        try:
            for inner in _unlink_files(folder):
                moved = f".{secrets.token_hex(8)}"
                if _move_folder(inner, folder, moved, top):
                    pending.append(moved)
        finally:
            os.close(folder)
        os.rmdir(name, dir_fd=top)


def _move_folder(name: str, parent: int, moved: str, top: int) -> bool:
    """Move a folder up, or remove it where it cannot be moved; return whether it was moved."""
    folder = _open_folder(name, parent)  # one that is closed cannot be moved
    try:
        os.rename(name, moved, src_dir_fd=parent, dst_dir_fd=top)
    except OSError as error:
        if error.errno != errno.EXDEV:  # out of a subvolume, or a lower layer of an overlay
            raise
        _empty_folder(folder)
        os.rmdir(name, dir_fd=parent)
        return False
    finally:
        os.close(folder)
    return True


def _unlink_files(folder: int) -> list[str]:
    """Unlink all that is no folder, and return the names of the folders."""
    with os.scandir(folder) as listing:
        entries = [(entry.name, entry.is_dir(follow_symlinks=False)) for entry in listing]
    for name, is_folder in entries:
        if not is_folder:
            os.unlink(name, dir_fd=folder)
    return [name for name, is_folder in entries if is_folder]


def _open_folder(path: Path | str, parent: int | None) -> int:
    """Open a folder, and give its owner all rights to it. Raises OSError, also for a link."""
    try:
        folder = os.open(path, _FOLDER, dir_fd=parent)
    except PermissionError:
        # By its name, which may have become a link, but never for root: it can open any folder.
        os.chmod(path, 0o700, dir_fd=parent)
        folder = os.open(path, _FOLDER, dir_fd=parent)
    if os.fstat(folder).st_mode & 0o700 != 0o700:
        os.fchmod(folder, 0o700)
    return folder


def _lock(descriptor: int, *, wait: bool = False) -> bool:
    """Lock a folder unless somebody else has; file systems without locks keep their leftovers."""
    import fcntl  # not on Windows, where folders cannot be opened

    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | (0 if wait else fcntl.LOCK_NB))
    except OSError:
        return False
    return True
