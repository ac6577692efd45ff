"""Opens the sandbox that was asked for, after one real command has proved that it isolates."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Callable
from typing import Literal

from promptverdict.core.errors import SandboxError
from promptverdict.sandbox.bubblewrap import Bubblewrap
from promptverdict.sandbox.container_diagnosis import build_engine_error
from promptverdict.sandbox.diagnosis import WAY_OUT, build_start_error
from promptverdict.sandbox.interface import Sandbox
from promptverdict.sandbox.limits import DEFAULT_LIMITS, Limits
from promptverdict.sandbox.python import find_guest_python
from promptverdict.sandbox.trial_folders import (
    make_trial_folders,
    remove_old_trial_folders,
    remove_trial_folders,
)
from promptverdict.sandbox.unprotected import Unprotected
from promptverdict.sandbox.workspace import Workspace

# /dev/tcp is bash's own: 192.0.2.1 is an address that nobody has (RFC 5737), so that only the lack
# of a network fails at once.
_PROBE = """\
fail() { echo "the trial run failed: $1"; exit 9; }
[ "$(id -u)" != 0 ] || fail "commands run as root"
[ -z "$(tr -d '\\0' < /proc/1/environ)" ] || fail "the host's environment can be read"
python3 -I -c 'import socket; socket.socket(40, socket.SOCK_STREAM)' 2> /dev/null &&
  fail "system calls are not filtered"
git --version > /dev/null 2>&1 || fail "git is not installed"
grep -q x /workspace/.host 2> /dev/null || fail "/workspace is not the trial's folder"
echo x > /workspace/.probe || fail "/workspace cannot be written"
touch /usr/.probe 2> /dev/null && fail "/usr can be written"
(exec 3<> /dev/tcp/192.0.2.1/80) 2> /dev/null && fail "there is a network"
python3 -I -c 'import pytest' || fail "its Python has no pytest"
echo ready
"""


SandboxKind = Literal["bubblewrap", "docker", "podman", "none"]

DEFAULT_IMAGE = "docker.io/library/python:3.13-bookworm"
"""What containers are made of: Debian with git and Python."""


def open_sandbox(
    kind: SandboxKind, image: str | None = None, limits: Limits = DEFAULT_LIMITS
) -> Sandbox:
    """Open a sandbox, proved by one real command; `none` protects nothing.

    image: of docker's and podman's containers.

    Removes what killed runs have left behind. Raises SandboxError, with what to do about it, when
    commands cannot be isolated here.
    """
    if kind in ("docker", "podman"):
        if platform.system() == "Windows":
            raise SandboxError(
                "Commands of agents need folders as Linux and macOS have them; this is Windows.\n"
                "Record in WSL, in CI or on another machine.\nReplay works here."
            )
        from promptverdict.sandbox.container_open import open_container

        container = open_container(kind, image or DEFAULT_IMAGE, limits)
        return _prove(container, lambda found: build_engine_error(kind, found))
    remove_old_trial_folders()
    if kind == "none":
        return Unprotected(limits)
    return _prove(_open_bubblewrap(limits), build_start_error)


def _open_bubblewrap(limits: Limits) -> Bubblewrap:
    if platform.system() != "Linux":
        raise SandboxError(
            f"bubblewrap runs on Linux, and this is {platform.system()}.\n"
            "Record with --sandbox docker or --sandbox podman, on Linux, or in CI.\n"
            f"{WAY_OUT}"
        )
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError(
            "Recording needs a sandbox for the Bash tool, and bubblewrap is not installed.\n"
            "Debian, Ubuntu: sudo apt install bubblewrap. Fedora: sudo dnf install bubblewrap.\n"
            f"{WAY_OUT}"
        )
    return Bubblewrap(program, find_guest_python(), limits)


def _prove(sandbox: Sandbox, build_error: Callable[[str], SandboxError]) -> Sandbox:
    """Return a sandbox after one real command in it has shown that it isolates."""
    folders = make_trial_folders()
    try:
        Workspace(folders.workspace, folders.owner).write(".host", b"x\n")
        argv = ["bash", "--noprofile", "--norc", "-c", _PROBE]
        proof = sandbox.run(argv, folders, timeout=30)
        is_seen = (folders.workspace / ".probe").exists()
    finally:
        remove_trial_folders(folders)
    if proof.exit_code != 0 or proof.output != "ready\n":
        raise build_error(proof.output.strip() or f"stopped: {proof.stopped}")
    if not is_seen:
        raise build_error("/workspace is not the trial's folder")
    return sandbox
