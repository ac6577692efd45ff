"""How much memory and disk a command and all its children use at this moment.

Read from /proc; elsewhere there is nothing to read, and nothing is counted.
"""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path


@dataclass
class DiskUsage:
    """What is in some folders."""

    bytes: int = 0
    entries: int = 0
    closed: bool = False
    """Whether a folder could not be looked into."""


def list_descendants(pid: int) -> list[int]:
    """List the processes below a process, as far as they are still there."""
    below, pending = [], [pid]
    while pending:
        # A child belongs to the thread that started it.
        for task in _list_process_folder(f"/proc/{pending.pop()}/task"):
            with contextlib.suppress(OSError):
                children = [int(child) for child in _read_text(f"{task.path}/children").split()]
                below += children
                pending += children
    return below


def measure_memory(pids: Sequence[int], limit: int) -> int:
    """Return the bytes of memory of processes: exactly where they may be above a limit.

    Pages that processes share are first counted for each of them, which is quick and never too
    little. The exact count (Pss: a page's share) makes the kernel walk through all page tables.
    """
    page = os.sysconf("SC_PAGE_SIZE")
    resident = sum(_read_number(f"/proc/{pid}/statm", r"\d+ (\d+)") for pid in pids) * page
    if resident <= limit:
        return resident
    return sum(_read_number(f"/proc/{pid}/smaps_rollup", r"Pss: +(\d+)") for pid in pids) * 1024


def count_unlinked_bytes(pids: Sequence[int]) -> int:
    """Count the bytes of files that are open and have no name any more, in memory or on disk.

    They are in no folder, so that nothing else counts them: a memfd, or a file removed while open.
    """
    sizes: dict[tuple[int, int], int] = {}
    for pid in pids:
        for entry in _list_process_folder(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                status = entry.stat()
                if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                    sizes[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(sizes.values())


def measure_disk_usage(folders: Iterable[Path], limit: int) -> DiskUsage:
    """Count what is in folders, following no link and ending soon after limit entries.

    Blocks count, not lengths: a file with holes is longer than what it takes.
    """
    usage = DiskUsage()
    pending = [str(folder) for folder in folders]
    while pending and usage.entries <= limit:
        folder = pending.pop()
        try:
            entries = _list_folder(folder)
        except OSError:
            usage.closed = True
            continue
        usage.entries += len(entries)
        for entry in entries:
            with contextlib.suppress(OSError):
                usage.bytes += entry.stat(follow_symlinks=False).st_blocks * 512
                if entry.is_dir(follow_symlinks=False):
                    pending.append(entry.path)
    return usage


def count_free_bytes(folder: Path) -> int:
    """Return how many bytes are free on the disk that a folder is on."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def _read_number(path: str, pattern: str) -> int:
    try:
        match = re.search(pattern, _read_text(path))
    except OSError:
        return 0
    return int(match[1]) if match else 0


def _read_text(path: str) -> str:
    return Path(path).read_text(encoding="utf-8")


def _list_process_folder(folder: str) -> list[os.DirEntry[str]]:
    """List a folder below /proc of a process, which may end at any moment."""
    try:
        return _list_folder(folder)
    except OSError:
        return []


def _list_folder(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as listing:
        return list(listing)
