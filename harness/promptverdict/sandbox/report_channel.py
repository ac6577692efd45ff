"""Reports of test runs, taken over a socket from processes that can be looked at while they run.

A file does not say who wrote it: an agent's command can write any. So pytest's plugin connects to a
socket that the harness holds while a command runs, waits until it was looked at, and sends its
report at the end. The kernel names the process at the other end. What counts is a process whose
program is the sandbox's own Python and whose command line starts pytest itself. An agent's code
*inside* that process can still send what it likes; nothing that runs as the same user could
prevent it.
"""

from __future__ import annotations

import contextlib
import os
import selectors
import socket
import struct
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from promptverdict.sandbox.interface import Reported

NAME = "reports"
"""Of the socket, in its folder."""
_MAX_BYTES = 16 << 20
_MAX_CONNECTIONS = 500
"""What one command may send, and how often it may connect: more is not taken."""
_MAX_ROUNDS = 2000
_CREDENTIALS = struct.Struct("3i")
_SHADOWS = ("pytest", "pytest.py", "_pytest", "_pytest.py")


@dataclass(frozen=True)
class GuestProgram:
    """The Python and the scripts by which a command runs the sandbox's own pytest."""

    python: Path
    """The interpreter's file."""
    scripts: frozenset[str]
    """Paths of the pytest command, as the command sees them."""
    is_inside: bool = False
    """Whether the interpreter's path is one of the command's own root and not of the host's."""


@dataclass
class _Connection:
    stream: socket.socket
    process: int
    unproven: str | None
    content: bytearray = field(default_factory=bytearray)


class ReportChannel:
    """Takes the reports of one command; it is readable, for a selector, when something came."""

    def __init__(self, folder: Path, program: GuestProgram) -> None:
        self.reports: list[Reported] = []
        self._program = program
        self._path = folder / NAME
        self._connections: dict[int, _Connection] = {}
        self._taken = 0
        self._count = 0
        self._listener = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM | socket.SOCK_NONBLOCK)
        # A selector of its own, which another one can wait for: epoll allows it.
        self._ready = selectors.EpollSelector()
        try:
            _bind(self._listener, self._path)
            self._path.chmod(0o666)
            self._listener.listen(64)
            self._ready.register(self._listener, selectors.EVENT_READ)
        except OSError:
            self.close()
            raise

    def fileno(self) -> int:
        """Return the descriptor to wait for."""
        return self._ready.fileno()

    def receive(self, *, to_the_end: bool = False) -> None:
        """Take what has come, without waiting; to_the_end: until there is no more.

        A command that connects without end must not keep its watchdog from looking.
        """
        for _ in range(_MAX_ROUNDS if to_the_end else 1):
            ready = self._ready.select(0)
            for key, _events in ready:
                if key.fileobj is self._listener:
                    self._accept()
                else:
                    self._read(self._connections[key.fd])
            if not ready:
                return

    def close(self) -> None:
        """End the channel; what was not sent whole is lost."""
        for connection in self._connections.values():
            connection.stream.close()
        self._connections.clear()
        self._ready.close()
        self._listener.close()
        with contextlib.suppress(OSError):
            self._path.unlink()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            stream, _ = self._listener.accept()
            self._count += 1
            if self._count > _MAX_CONNECTIONS:
                stream.close()
                return
            stream.setblocking(False)
            raw = stream.getsockopt(socket.SOL_SOCKET, socket.SO_PEERCRED, _CREDENTIALS.size)
            process = _CREDENTIALS.unpack(raw)[0]
            # The kernel then names the sender of every part, not only who connected.
            stream.setsockopt(socket.SOL_SOCKET, socket.SO_PASSCRED, 1)
            unproven = find_doubt(process, self._program)
            self._connections[stream.fileno()] = _Connection(stream, process, unproven)
            self._ready.register(stream, selectors.EVENT_READ)
            # Only now may the process go on to code that is not ours.
            stream.send(b"\x06")

    def _read(self, connection: _Connection) -> None:
        try:
            space = socket.CMSG_SPACE(_CREDENTIALS.size)
            chunk, ancillary, _, _ = connection.stream.recvmsg(1 << 16, space)
        except BlockingIOError:
            return
        except OSError:
            chunk, ancillary = b"", []
        for level, kind, data in ancillary:
            if (level, kind) == (socket.SOL_SOCKET, socket.SCM_CREDENTIALS):
                sender = _CREDENTIALS.unpack(data[: _CREDENTIALS.size])[0]
                if chunk and sender != connection.process:
                    connection.unproven = "another process sent it"
        self._taken += len(chunk)
        connection.content += chunk
        if not chunk or self._taken > _MAX_BYTES:
            self._end(connection, whole=not chunk)

    def _end(self, connection: _Connection, *, whole: bool) -> None:
        self._ready.unregister(connection.stream)
        del self._connections[connection.stream.fileno()]
        connection.stream.close()
        if whole and connection.content:
            self.reports.append(Reported(bytes(connection.content), connection.unproven))


def find_doubt(process: int, program: GuestProgram) -> str | None:
    """Find why a process may not be a run of the sandbox's own pytest; None when it is one."""
    folder = Path("/proc", str(process))
    python = program.python
    if program.is_inside:
        python = folder / "root" / python.relative_to("/")
    try:
        if not os.path.samestat((folder / "exe").stat(), python.stat()):
            return "its process is not the sandbox's Python"
        words = (folder / "cmdline").read_bytes().decode("utf-8", "replace").split("\0")
        variables = (folder / "environ").read_bytes().decode("utf-8", "replace").split("\0")
    except OSError:
        return "its process could not be looked at"
    options, started = _read_command_line(words[1:])
    if started != "-m pytest" and started not in program.scripts:
        return "its process does not run pytest by pytest's own command"
    isolated = any(word.startswith("-") and set("IP") & set(word[1:]) for word in options)
    places = [] if started != "-m pytest" or isolated else [folder / "cwd"]
    for variable in variables if not isolated else ():
        name, _, value = variable.partition("=")
        if name == "PYTHONPATH":
            places += [_find_place(folder, entry) for entry in value.split(":")]
    for place in places:
        if any(os.path.lexists(place / name) for name in _SHADOWS):
            return "a file named like pytest stands before pytest's own"
    return None


def _read_command_line(words: list[str]) -> tuple[list[str], str]:
    """Read Python's own options and what they start: a script, or `-m module`."""
    options: list[str] = []
    rest = iter(words)
    for word in rest:
        if word == "-m":
            return options, f"-m {next(rest, '')}"
        if not word.startswith("-") or word in ("-", "-c"):
            return options, word
        options.append(word)
        if word in ("-W", "-X"):
            next(rest, "")
    return options, ""


def _find_place(folder: Path, entry: str) -> Path:
    """Return the host's path of a folder that a process names."""
    if entry.startswith("/"):
        return folder / "root" / entry.lstrip("/")
    return folder / "cwd" / entry


def _bind(listener: socket.socket, path: Path) -> None:
    """Bind a socket to a path, however long: the kernel takes 107 bytes."""
    if len(os.fsencode(path)) <= 107:
        listener.bind(str(path))
        return
    folder = os.open(path.parent, os.O_PATH | os.O_DIRECTORY)
    try:
        listener.bind(f"/proc/self/fd/{folder}/{path.name}")
    finally:
        os.close(folder)


def is_supported() -> bool:
    """Whether this system names the process at the other end of a socket, as Linux does."""
    return hasattr(socket, "SO_PEERCRED") and hasattr(selectors, "EpollSelector")


@contextlib.contextmanager
def open_channel(folder: Path, program: GuestProgram | None) -> Iterator[ReportChannel | None]:
    """Open the channel of one command; None where the system has no such sockets."""
    if program is None:
        yield None
        return
    channel = ReportChannel(folder, program)
    try:
        yield channel
    finally:
        channel.close()
