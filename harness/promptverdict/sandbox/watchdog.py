"""Follows a command to its end: reads what it says, and tells which limit it passes."""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import time

from promptverdict.sandbox.interface import GivenUp
from promptverdict.sandbox.limits import Limits, Stopped
from promptverdict.sandbox.output import Output
from promptverdict.sandbox.resource_usage import (
    count_free_bytes,
    count_unlinked_bytes,
    list_descendants,
    measure_disk_usage,
    measure_memory,
)
from promptverdict.sandbox.trial_folders import TrialFolders

_WATCH_SECONDS = 0.1


def follow(
    process: subprocess.Popen[bytes], folders: TrialFolders, limits: Limits, timeout: float
) -> tuple[Output, Stopped | None]:
    """Read what a process says until it ends; what must be stopped is named, and goes on.

    Raises GivenUp soon after its folders is given up; the process then goes on, too.
    """
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    os.set_blocking(pipe, False)
    deadline = time.monotonic() + timeout
    output, watch = Output(limits.output), _Watch(process.pid, folders, limits)
    with contextlib.ExitStack() as closing:
        ready = closing.enter_context(selectors.DefaultSelector())
        ready.register(pipe, selectors.EVENT_READ)
        if (ended := open_process(process.pid)) is not None:
            closing.callback(os.close, ended)
            ready.register(ended, selectors.EVENT_READ)
        speaks = True
        while True:
            now = time.monotonic()
            if now >= deadline:
                return output, "timeout"
            ready.select(max(0.0, min(watch.due, deadline, now + _WATCH_SECONDS) - now))
            if folders.given_up.is_set():
                raise GivenUp
            over = process.poll() is not None
            if speaks and not _read(pipe, output, limits.flood, to_the_end=over):
                ready.unregister(pipe)
                speaks = False
            if output.bytes > limits.flood:
                return output, "output-flood"
            if over:
                return output, None
            if reason := watch.look():
                return output, reason


def _read(pipe: int, output: Output, flood: int, *, to_the_end: bool) -> bool:
    """Read what is there, once or until there is no more; false after the end of the stream."""
    while True:
        try:
            chunk = os.read(pipe, 1 << 16)
        except BlockingIOError:
            return True
        output.add(chunk)
        if not chunk:
            return False
        if not to_the_end or output.bytes > flood:
            return True


def open_process(pid: int) -> int | None:
    """Open a descriptor that is readable once a process has ended, where the kernel has such."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None


class _Watch:
    """Looks, every now and then, at what a command and all its children use."""

    def __init__(self, pid: int, folders: TrialFolders, limits: Limits) -> None:
        self.due = time.monotonic() + _WATCH_SECONDS
        self._pid = pid
        self._folders = folders
        self._limits = limits
        self._free = count_free_bytes(folders.root)

    def look(self) -> Stopped | None:
        """Name the limit that is passed; looks only when it is due."""
        started = time.monotonic()
        if started < self.due:
            return None
        reason = self._reason()
        # A large tree takes long to count: never spend more than a sixth of the time on it.
        ended = time.monotonic()
        self.due = ended + max(_WATCH_SECONDS, 5 * (ended - started))
        return reason

    def _reason(self) -> Stopped | None:
        pids = list_descendants(self._pid)
        if measure_memory(pids, self._limits.memory) > self._limits.memory:
            return "memory"
        usage = measure_disk_usage(self._folders.written.values(), self._limits.entries)
        if usage.entries > self._limits.entries:
            return "too-many-files"
        if usage.bytes + count_unlinked_bytes(pids) > self._limits.disk:
            return "disk"
        # What lies in a closed folder cannot be counted, but the disk's free space can.
        if usage.closed and self._free - count_free_bytes(self._folders.root) > self._limits.disk:
            return "disk"
        return None
