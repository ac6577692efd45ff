"""How much memory and disk a command and all its children use at this moment."""

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
    """What lies in some folders."""

    bytes: int = 0
    entries: int = 0
    closed: bool = False
    """Whether a folder could not be looked into."""


def list_descendants(pid: int) -> list[int]:
    """List the processes below a process, as far as they are still there."""
    found, pending = [], [pid]
    while pending:
        for task in _present(f"/proc/{pending.pop()}/task"):
            with contextlib.suppress(OSError):
                children = [int(child) for child in Path(task, "children").read_text().split()]
                found += children
                pending += children
    return found


def measure_memory(pids: Sequence[int], limit: int) -> int:
    """Add up memory in bytes; exactly, with shared pages counted once, if it may be too much."""
    page = os.sysconf("SC_PAGE_SIZE")
    resident = sum(_number(f"/proc/{pid}/statm", r"\d+ (\d+)") for pid in pids) * page
    if resident <= limit:
        return resident
    return sum(_number(f"/proc/{pid}/smaps_rollup", r"Pss: +(\d+)") for pid in pids) * 1024


def count_unlinked_bytes(pids: Sequence[int]) -> int:
    """Count the bytes of files that are open and have no name any more, in memory or on disk."""
    found: dict[tuple[int, int], int] = {}
    for pid in pids:
        for entry in _present(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                status = entry.stat()
                if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                    found[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(found.values())


def measure_disk_usage(folders: Iterable[Path], limit: int) -> DiskUsage:
    """Count what lies in folders, following no link and ending soon after limit entries."""
    usage = DiskUsage()
    pending = [str(folder) for folder in folders]
    while pending and usage.entries <= limit:
        folder = pending.pop()
        try:
            entries = _listed(folder)
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
    """Tell how much room is left on the disk that a folder lies on."""
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize


def _number(path: str, pattern: str) -> int:
    try:
        found = re.search(pattern, Path(path).read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


def _present(folder: str) -> list[os.DirEntry[str]]:
    """List a folder of a process, which may end at any moment."""
    try:
        return _listed(folder)
    except OSError:
        return []


def _listed(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        return list(found)
