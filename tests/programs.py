"""Python programs that start at once: a server imports what all of them need, and forks for each.

What a forked program does is what a started one does: it has its own process, working folder,
environment, descriptors, signals and exit code. Only its imports were made before. Claims about
imports, installed scripts or a hostile environment need programs that are started.
"""

from __future__ import annotations

import array
import atexit
import contextlib
import gc
import importlib
import inspect
import json
import os
import pkgutil
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import ModuleType
from typing import NamedTuple

PACKAGES = (
    "anthropic",
    "httpcore2",
    "hypothesis.internal.observability",  # its plugin imports it at the end of every session
    "jinja2",
    "openai",
    "pandas",
    "pandas.io.formats.csvs",
    "rich.console",
    "rich.table",
    "scipy.stats",
    "vcr",
    "yaml",
)
NAMES: dict[str, list[str]] = {
    "python": [],
    "pytest": ["-m", "pytest"],
    "promptverdict": ["-m", "promptverdict.cli"],
    "worker": [],
}
"""Program -> the arguments of Python that start it.

A worker of pytest-xdist is Python too, but what it calls `sys.executable` is started, not forked.
"""

# Isolated and without site, a start of Python costs next to nothing.
CLIENT = """\
#!{python} -IS
import array, json, os, signal, socket, sys
to = socket.socket(socket.AF_UNIX)
to.connect({address!r})
leads = os.getsid(0) == os.getpid()
asked = [{arguments} + sys.argv[1:], os.getcwd(), dict(os.environ), leads, {executable!r}]
raw = json.dumps(asked).encode()
fds = array.array("i", [0, 1, 2])
to.sendmsg([b"%12d" % len(raw)], [(socket.SOL_SOCKET, socket.SCM_RIGHTS, fds)])
to.sendall(raw)
answers = to.makefile()
pid = int(answers.readline())
# A terminal interrupts the whole group, which is the forked program's where it leads a session.
signal.signal(signal.SIGINT, lambda *_: (os.killpg if leads else os.kill)(pid, signal.SIGINT))
for number in (signal.SIGTERM, signal.SIGHUP):
    signal.signal(number, lambda number, _: os.kill(pid, number))
code = int(answers.readline())
if code < 0:
    if code != -signal.SIGKILL:
        signal.signal(-code, signal.SIG_DFL)
    os.kill(os.getpid(), -code)
os._exit(code)
"""


class Asked(NamedTuple):
    """A program that a client asks for, in the order in which the client sends it."""

    arguments: list[str]
    """Of Python."""
    folder: str
    environment: dict[str, str]
    leads: bool
    """Whether it leads a session."""
    executable: str
    descriptors: list[int]
    """Its standard input, output and error."""


def import_everything() -> None:
    """Import all of promptverdict, and packages that it uses."""
    import promptverdict

    gc.disable()  # hardly anything of it is garbage, and to look for it takes a fifth of the time
    try:
        for name in PACKAGES:
            importlib.import_module(name)
        for module in pkgutil.walk_packages(promptverdict.__path__, "promptverdict."):
            if not module.name.endswith("__main__"):
                importlib.import_module(module.name)
        # It looks up the files of all modules when a code's module is asked for the first time.
        inspect.getmodule(import_everything.__code__)
    finally:
        gc.enable()


@contextmanager
def serve_programs(folder: Path) -> Iterator[Path]:
    """Start a server, and yield a folder of programs that it forks."""
    address, programs = folder / "socket", folder / "programs"
    programs.mkdir()
    for name, arguments in NAMES.items():
        path = programs / name
        executable = sys.executable if name == "worker" else str(programs / "python")
        text = CLIENT.format(
            python=sys.executable,
            address=str(address),
            arguments=arguments,
            executable=executable,
        )
        path.write_text(text, encoding="utf-8")
        path.chmod(0o755)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(str(address))
    listening.listen(64)
    command = [sys.executable, __file__, str(listening.fileno()), str(programs)]
    with subprocess.Popen(command, cwd=programs, pass_fds=[listening.fileno()]) as server:
        listening.close()
        try:
            yield programs
        finally:
            server.terminate()


def serve(listening: socket.socket, programs: Path) -> list[str]:
    """Fork for every request; return in the forked process, with the arguments of its Python."""
    parent = os.getppid()
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _import_all_with_pytest()
    running: dict[int, socket.socket] = {}
    woken, wake = os.pipe2(os.O_NONBLOCK)
    signal.set_wakeup_fd(wake)
    signal.signal(signal.SIGCHLD, lambda *_: None)  # that a program ended wakes select
    while True:
        ready, _, _ = select.select([listening, woken, *running.values()], [], [], 5)
        if os.getppid() != parent:
            sys.exit()  # the tests were killed
        if woken in ready:
            os.read(woken, 1 << 16)
            _tell_ended(running)
        for pid in [pid for pid, client in running.items() if client in ready]:
            # Clients say nothing more: this one was killed, and so is its program.
            os.kill(pid, signal.SIGKILL)
        if listening in ready:
            client, _ = listening.accept()
            asked = _receive(client)
            pid = os.fork()
            if not pid:
                break
            for descriptor in asked.descriptors:
                os.close(descriptor)
            running[pid] = client
            with contextlib.suppress(OSError):
                client.sendall(b"%d\n" % pid)
    signal.set_wakeup_fd(-1)
    signal.signal(signal.SIGCHLD, signal.SIG_DFL)
    signal.signal(signal.SIGINT, signal.default_int_handler)
    for held in (client, listening, *running.values()):
        held.close()
    os.close(woken)
    os.close(wake)
    if asked.leads:
        os.setsid()
    _take_over(asked)
    return asked.arguments


def _tell_ended(running: dict[int, socket.socket]) -> None:
    """Tell the clients of programs that ended how they did."""
    with contextlib.suppress(ChildProcessError):
        while (ended := os.waitpid(-1, os.WNOHANG))[0]:
            with running.pop(ended[0]) as client, contextlib.suppress(OSError):
                client.sendall(b"%d\n" % os.waitstatus_to_exitcode(ended[1]))


def _import_all_with_pytest() -> None:
    """Import all as pytest does: what a plugin may assert is rewritten when it is imported."""
    from _pytest.config import _prepareconfig

    config = _prepareconfig(["-c", os.devnull, "--noconftest"])
    import_everything()
    config._ensure_unconfigure()
    gc.collect()
    gc.freeze()  # a collection in a forked process need not copy what is shared


def _receive(client: socket.socket) -> Asked:
    descriptors = array.array("i", [0, 0, 0])
    space = socket.CMSG_SPACE(len(descriptors) * descriptors.itemsize)
    head, ancillary, *_ = client.recvmsg(12, space)
    descriptors = array.array("i", ancillary[0][2])
    raw = b""
    while len(raw) < int(head):
        raw += client.recv(1 << 16)
    return Asked(*json.loads(raw), list(descriptors))


def _take_over(asked: Asked) -> None:
    for place, descriptor in enumerate(asked.descriptors):
        os.dup2(descriptor, place)
        os.close(descriptor)
    os.chdir(asked.folder)
    os.environ.clear()
    os.environ.update(asked.environment)
    sys.executable = asked.executable
    tempfile.tempdir = None  # it is looked up once in a process
    sys.stdin = open(0, closefd=False, encoding="utf-8")  # noqa: SIM115
    sys.stdout = open(1, "w", closefd=False, encoding="utf-8")  # noqa: SIM115
    sys.stderr = open(  # noqa: SIM115
        2, "w", buffering=1, closefd=False, encoding="utf-8", errors="backslashreplace"
    )


def run_python(rest: list[str]) -> None:
    """Do what Python does with its arguments: `-c code`, `-m module` or a file."""
    while rest[0] in ("-u", "-I"):
        rest.pop(0)
    kind, *more = rest
    if kind == "-c":
        sys.argv[:] = ["-c", *more[1:]]
        sys.path.insert(0, "")
        sys.modules["__main__"] = main = ModuleType("__main__")
        exec(compile(more[0], "<string>", "exec"), vars(main))
    elif kind == "-m":
        sys.argv[:] = more
        sys.path.insert(0, str(Path.cwd()))
        runpy.run_module(more[0], run_name="__main__", alter_sys=True)
    else:
        sys.argv[:] = rest
        sys.path.insert(0, str(Path(kind).parent))
        runpy.run_path(kind, run_name="__main__")


def _leave(code: int) -> None:
    """End as Python does, but do not take down what the server will need again."""
    threading._shutdown()  # type: ignore[attr-defined]
    atexit._run_exitfuncs()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    del sys.path[0]  # where this file lies
    wanted = serve(socket.socket(fileno=int(sys.argv[1])), Path(sys.argv[2]))
    try:
        run_python(wanted)
    except SystemExit as ended:
        if not isinstance(ended.code, int | None):
            raise
        _leave(ended.code or 0)
    _leave(0)
