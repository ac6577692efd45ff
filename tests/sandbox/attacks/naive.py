"""Naive designs of a sandbox: the shipped one with one of its walls left out.

Each must let some attacks through, or those attacks would prove nothing about the shipped one.
"""

from __future__ import annotations

import contextlib
import os
import struct
import subprocess
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any
from unittest import mock

from promptverdict.sandbox import (
    TrialFolders,
    bubblewrap,
    make_trial_folders,
    remove_trial_folders,
    trial_folders,
)
from promptverdict.sandbox.bubblewrap import Bubblewrap

Options = list[str]
ALLOW_EVERY_CALL = struct.pack("<HBBI", 6, 0, 0, 0x7FFF0000)


@dataclass(frozen=True)
class Design:
    """What a naive design does otherwise than the shipped one."""

    change: Callable[[Options, Bubblewrap], Options] = lambda options, _: options
    has_filter: bool = True
    has_limits: bool = True
    popen: Mapping[str, Any] = field(default_factory=dict)
    """Arguments of Popen to replace; `pass_fds` are added."""
    as_root: bool = False
    """Whether bubblewrap itself runs as root: root's own sandboxes drop to another user."""
    as_user: bool = False
    """Whether it differs only where the harness is an ordinary user."""


def without(*words: str) -> Callable[[Options, Bubblewrap], Options]:
    """Return a change that leaves out options that have no argument."""
    return lambda options, _: [option for option in options if option not in words]


def leave_memory_unbounded(options: Options, _: Bubblewrap) -> Options:
    """Leave out the size of /dev/shm, and that / and /dev are made read-only."""
    start = options.index("--size")
    kept = [*options[:start], *options[start + 6 :]]
    end = kept.index("--remount-ro")
    return [*kept[:end], *kept[end + 4 :]]


def show_whole_host(options: Options, sandbox: Bubblewrap) -> Options:
    """Show the host's root, read-only, as many sandboxes do."""
    path = f"{sandbox._guest.root}/bin:/usr/bin:/bin:/usr/sbin"
    return [
        *("--ro-bind", "/", "/", "--dev-bind", "/dev", "/dev", "--tmpfs", "/dev/shm"),
        *("--proc", "/proc", "--unshare-uts", "--unshare-pid", "--setenv", "PATH", path),
    ]


DESIGNS = {
    "whole host shown": Design(show_whole_host),
    "root, whole host shown": Design(show_whole_host, as_root=True),
    "root, bare": Design(show_whole_host, has_filter=False, has_limits=False, as_root=True),
    "run as root": Design(as_root=True),
    "environment inherited": Design(without("--clearenv"), popen={"env": None}),
    "environment cleared by bubblewrap alone": Design(popen={"env": None}),
    "processes shared": Design(without("--unshare-pid")),
    "own user, processes shared": Design(without("--unshare-pid"), as_user=True),
    "descriptors inherited": Design(popen={"pass_fds": ()}),
    "network shared": Design(without("--unshare-net")),
    "no filter": Design(has_filter=False),
    "no filter, users nested": Design(without("--disable-userns"), has_filter=False),
    "bubblewrap's defaults": Design(leave_memory_unbounded),
    "no limits of a process": Design(has_limits=False),
}


def is_possible(name: str) -> bool:
    """Whether a design can be tried as the user that the harness is."""
    is_root = os.geteuid() == 0
    design = DESIGNS[name]
    return is_root if design.as_root else not (is_root and design.as_user)


@contextlib.contextmanager
def weaken(name: str, sandbox: Bubblewrap, canary: int) -> Iterator[Bubblewrap]:
    """Open a naive design; canary: a descriptor of the harness's."""
    design = DESIGNS[name]
    build, start = bubblewrap.build_options, subprocess.Popen

    def build_options(*arguments: Any) -> Sequence[str]:
        return design.change(build(*arguments), sandbox)

    def popen(*arguments: Any, **named: Any) -> subprocess.Popen[bytes]:
        passed = {"pass_fds": (*named["pass_fds"], canary)} if "pass_fds" in design.popen else {}
        return start(*arguments, **(named | design.popen | passed))

    weak = Bubblewrap(sandbox._program, sandbox._guest, sandbox._limits)
    with contextlib.ExitStack() as patches:
        patch = patches.enter_context
        patch(mock.patch.object(bubblewrap, "build_options", build_options))
        patch(mock.patch.object(bubblewrap.subprocess, "Popen", popen))
        if not design.has_limits:
            patch(mock.patch.object(bubblewrap, "build_limits_prefix", return_value=[]))
        if not design.has_filter:
            weak._filter = ALLOW_EVERY_CALL
        yield weak


@contextlib.contextmanager
def open_folders(name: str | None = None) -> Iterator[TrialFolders]:
    """Make the folders of one trial, for a design or for the shipped sandbox."""
    with contextlib.ExitStack() as patches:
        if name is not None and DESIGNS[name].as_root:
            # Bubblewrap run as root does not drop, and then only root's folders are open to it.
            patches.enter_context(mock.patch.object(trial_folders, "_is_root", return_value=False))
        folders = make_trial_folders()
        try:
            yield folders
        finally:
            remove_trial_folders(folders)
