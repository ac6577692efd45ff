"""Follows a command to its end: reads its output, and finds which limit it passes.

No kernel limit counts the memory or the disk of several processes together without cgroups, which
an ordinary user may not set up. So a command is looked at ten times a second.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import subprocess
import time

from promptverdict.sandbox.interface import GivenUp
from promptverdict.sandbox.limits import Limits, Stopped
from promptverdict.sandbox.output import Output
from promptverdict.sandbox.report_channel import ReportChannel
from promptverdict.sandbox.resource_usage import (
    DiskUsage,
    count_free_bytes,
    count_unlinked_bytes,
    list_descendants,
    measure_disk_usage,
    measure_memory,
)
from promptverdict.sandbox.trial_folders import TrialFolders

_WATCH_SECONDS = 0.1
_CLEANING_FACTOR = 50
"""How many times the limit of entries is counted at a command's start: more cannot be made between
two looks, and counting has to end."""
_LATE_BYTES = 1 << 20
"""What the files of the command before may still grow by on the disk: file systems allocate blocks,
and their own lists of them, when they write and not when they are asked to."""


def follow_process(
    process: subprocess.Popen[bytes],
    watchdog: Watchdog,
    timeout: float,
    channel: ReportChannel | None = None,
) -> tuple[Output, Stopped | None]:
    """Read a process's output until it ends, or until it has to be stopped.

    watchdog: made before the process was started. Returns the output and why to stop it, None when
    it ended. Raises GivenUp soon after its trial
    is given up. Stopping it is left to the caller, in both cases.
    """
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    os.set_blocking(pipe, False)
    deadline = time.monotonic() + timeout
    limits, output = watchdog.limits, Output(watchdog.limits.output)
    with contextlib.ExitStack() as closing:
        ready = closing.enter_context(selectors.DefaultSelector())
        ready.register(pipe, selectors.EVENT_READ)
        # The end of the output is not the end of the command: it may close its output and go on,
        # and a child of it may keep the output open for longer.
        if (ended := open_process(process.pid)) is not None:
            closing.callback(os.close, ended)
            ready.register(ended, selectors.EVENT_READ)
        if channel is not None:
            ready.register(channel, selectors.EVENT_READ)
        has_output = True
        while True:
            now = time.monotonic()
            if now >= deadline:
                return output, "timeout"
            ready.select(max(0.0, min(watchdog.due, deadline, now + _WATCH_SECONDS) - now))
            if watchdog.folders.given_up.is_set():
                raise GivenUp
            # Asked before reading: what the command wrote last is then certainly in the pipe.
            has_ended = process.poll() is not None
            if channel is not None:
                channel.receive(to_the_end=has_ended)
            if has_output and not _read(pipe, output, limits.flood, to_the_end=has_ended):
                ready.unregister(pipe)
                has_output = False
            if output.bytes > limits.flood:
                return output, "output-flood"
            if has_ended:
                return output, None
            if reason := watchdog.find_passed_limit(process.pid):
                return output, reason


def _read(pipe: int, output: Output, flood: int, *, to_the_end: bool) -> bool:
    """Read what is there, once or until there is no more; return False at the stream's end."""
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
    """Open a descriptor that is readable once a process has ended; None where there is no such."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None


class Watchdog:
    """Looks, every now and then, at what a command and all its children use.

    It is made before the command starts: whatever is there then is not the command's.
    """

    def __init__(self, folders: TrialFolders, limits: Limits) -> None:
        self.due = time.monotonic() + _WATCH_SECONDS
        self.folders = folders
        self.limits = limits
        self._free = count_free_bytes(folders.root)
        # Where the command before was stopped for what it had written, all of that is still there.
        # This one may clean up: it is stopped only for what it adds.
        before = self._measure(_CLEANING_FACTOR * limits.entries)
        self._entries = max(limits.entries, before.entries)
        self._disk = max(limits.disk, before.bytes + _LATE_BYTES)

    def find_passed_limit(self, pid: int) -> Stopped | None:
        """Return the limit that a command (by its pid) has passed; looks only when it is due."""
        started = time.monotonic()
        if started < self.due:
            return None
        reason = self._look(pid)
        # A large tree takes long to count: never spend more than a sixth of the time on it.
        ended = time.monotonic()
        self.due = ended + max(_WATCH_SECONDS, 5 * (ended - started))
        return reason

    def _look(self, pid: int) -> Stopped | None:
        pids = list_descendants(pid)
        if measure_memory(pids, self.limits.memory) > self.limits.memory:
            return "memory"
        usage = self._measure(self._entries)
        if usage.entries > self._entries:
            return "too-many-files"
        if usage.bytes + count_unlinked_bytes(pids) > self._disk:
            return "disk"
        # What is in a closed folder cannot be counted, but the disk's free space can.
        if usage.closed and self._free - count_free_bytes(self.folders.root) > self.limits.disk:
            return "disk"
        return None

    def _measure(self, entries: int) -> DiskUsage:
        return measure_disk_usage(self.folders.written.values(), entries)
