from __future__ import annotations

import contextlib
import socket
import struct

import pytest
from promptverdict.sandbox import Sandbox, TrialFolders
from promptverdict.sandbox.bubblewrap import Bubblewrap

from .shells import NEEDS_BUBBLEWRAP, Shell, python, shell

pytestmark = NEEDS_BUBBLEWRAP


def call(name: str, x86: int, arm: int, *arguments: int) -> str:
    """Python that makes a system call and fails with its error."""
    return python(
        "import ctypes, os\n"
        f"number = {x86} if os.uname().machine == 'x86_64' else {arm}\n"
        "libc = ctypes.CDLL(None, use_errno=True)\n"
        f"if libc.syscall(number, {', '.join(map(str, arguments))}) < 0:\n"
        f"    raise OSError(ctypes.get_errno(), '{name}')"
    )


REFUSED = {
    "vsock": python("import socket; socket.socket(40, socket.SOCK_STREAM)"),
    "packet socket": python("import socket; socket.socket(17, socket.SOCK_RAW)"),
    "crypto socket": python("import socket; socket.socket(38, socket.SOCK_SEQPACKET)"),
    "type into a terminal": python(
        "import errno, fcntl\n"
        "try: fcntl.ioctl(0, 0x5412, b'x')\n"
        "except OSError as error: raise SystemExit(error.errno == errno.EPERM)"
    ),
    "keyring": call("keyctl", 250, 219, 0, -3, 0),
    "io_uring": call("io_uring_setup", 425, 425, 1, 0),
    "userfaultfd": call("userfaultfd", 323, 282, 1),
    "ptrace": call("ptrace", 101, 117, 0, 0, 0, 0),
    "bpf": call("bpf", 321, 280, 0, 0, 0),
    "kernel log": call("syslog", 103, 116, 10, 0, 0),
}


@pytest.mark.parametrize("name", REFUSED)
def test_system_call_is_refused(sh: Shell, name: str) -> None:
    done = sh(REFUSED[name])
    assert done.stopped is None
    assert done.exit_code != 0, done.output


def test_without_the_filter_some_calls_would_pass(sandbox: Sandbox, folders: TrialFolders) -> None:
    open_ = Bubblewrap(sandbox._program, sandbox._guest)  # type: ignore[attr-defined]
    open_._filter = struct.pack("<HBBI", 6, 0, 0, 0x7FFF0000)
    assert shell(open_, folders)(REFUSED["keyring"]).exit_code == 0
    with contextlib.suppress(OSError), socket.socket(40, socket.SOCK_STREAM):
        assert shell(open_, folders)(REFUSED["vsock"]).exit_code == 0


def test_system_calls_are_refused_by_the_filter(sh: Shell) -> None:
    for attack in ("keyring", "io_uring", "userfaultfd", "ptrace", "bpf", "kernel log"):
        assert "PermissionError: [Errno 1]" in sh(REFUSED[attack]).output
    assert "Address family not supported" in sh(REFUSED["vsock"]).output
