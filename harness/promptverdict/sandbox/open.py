"""Opens the sandbox that was asked for, after one real command has proved that it isolates."""

from __future__ import annotations

import platform
import shutil
from typing import Literal

from promptverdict.core.errors import SandboxError
from promptverdict.sandbox.bubblewrap import Bubblewrap
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

# /dev/tcp is bash's own: 192.0.2.1 is an address that nobody has (RFC 5737), so that only the lack
# of a network fails at once.
_PROBE = """\
fail() { echo "the trial run failed: $1"; exit 9; }
[ "$(id -u)" = 1000 ] || fail "it is not the agent's user"
[ -z "$(tr -d '\\0' < /proc/1/environ)" ] || fail "the host's environment can be read"
git --version > /dev/null 2>&1 || fail "git is not installed"
echo x > /workspace/.probe && rm /workspace/.probe || fail "/workspace cannot be written"
touch /usr/.probe 2> /dev/null && fail "/usr can be written"
(exec 3<> /dev/tcp/192.0.2.1/80) 2> /dev/null && fail "there is a network"
python3 -I -c 'import pytest' || fail "its Python has no pytest"
echo ready
"""


def open_sandbox(kind: Literal["bubblewrap", "none"], limits: Limits = DEFAULT_LIMITS) -> Sandbox:
    """Open a sandbox, proved by one real command; `none` protects nothing.

    Removes what killed runs have left behind. Raises SandboxError, with what to do about it, when
    commands cannot be isolated here.
    """
    remove_old_trial_folders()
    if kind == "none":
        return Unprotected(limits)
    if platform.system() != "Linux":
        raise SandboxError(
            f"There is no sandbox for {platform.system()} yet.\n"
            f"Record on Linux, in CI or in a container.\n{WAY_OUT}"
        )
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError(
            "Recording needs a sandbox for the Bash tool, and bubblewrap is not installed.\n"
            "Debian, Ubuntu: sudo apt install bubblewrap. Fedora: sudo dnf install bubblewrap.\n"
            f"{WAY_OUT}"
        )
    sandbox = Bubblewrap(program, find_guest_python(), limits)
    folders = make_trial_folders()
    try:
        proof = sandbox.run(["bash", "--noprofile", "--norc", "-c", _PROBE], folders, timeout=30)
    finally:
        remove_trial_folders(folders)
    if proof.exit_code != 0 or proof.output != "ready\n":
        raise build_start_error(proof.output.strip() or f"stopped: {proof.stopped}")
    return sandbox
