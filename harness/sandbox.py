"""Where an agent's commands run: each in a fresh bubblewrap, or, if asked for, unprotected.

Every command gets its own namespaces and all of its processes die with it, so that no process of
an agent is alive while the host looks at the workspace. What is kept between the commands of one
trial is its Place: four folders on the host.
"""

from __future__ import annotations

import codecs
import contextlib
import json
import os
import platform
import re
import secrets
import selectors
import shutil
import signal
import stat
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import IO, Any, Literal, Protocol

from harness import seccomp
from harness.errors import SandboxError
from harness.guestpython import MOUNT as PYTHON_MOUNT
from harness.guestpython import GuestPython, guest_python

DROPPED_UID = 64123
"""The user that root's sandboxes run as; it needs no entry in any file."""

WORKSPACE, REPORTS, HOME, TMP = "/workspace", "/run/reports", "/home/agent", "/tmp"  # noqa: S108

NOTHING: Mapping[str, str] = MappingProxyType({})

_WATCH_SECONDS = 0.1
_DYING_SECONDS = 10.0
_SHARED_MEMORY = 32 << 20

_ENVIRONMENT = {
    "PATH": f"{PYTHON_MOUNT}/bin:/usr/local/bin:/usr/bin:/bin",
    "HOME": HOME,
    "USER": "agent",
    "LOGNAME": "agent",
    "LANG": "C.UTF-8",
    "TERM": "dumb",
    "TZ": "UTC",
    "PYTHONDONTWRITEBYTECODE": "1",
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_PAGER": "cat",
    "PAGER": "cat",
}

_ETC = {
    "passwd": "root:x:0:0:root:/:/usr/sbin/nologin\n"
    f"agent:x:1000:1000:agent:{HOME}:/bin/bash\n"
    "nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
    "group": "root:x:0:\nagent:x:1000:\nnogroup:x:65534:\n",
    "hosts": "127.0.0.1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "resolv.conf": "",
}

_MASKED = (
    "lib*/python*/site-packages",
    "lib*/python*/dist-packages",
    "local/lib*/python*/site-packages",
    "local/lib*/python*/dist-packages",
    "local/src",
    "src",
)
"""Below /usr: packages that differ from host to host, and where images put an application."""

_ADVICE = (
    (
        r"ENOSPC|No space left",
        "This kernel allows no further user namespaces: sudo sysctl -w"
        " user.max_user_namespaces=15000.",
    ),
    (
        r"RTM_NEWADDR|uid map: Permission denied|setting up uid map",
        "Ubuntu 24.04 restricts user namespaces. CI: sudo sysctl -w"
        " kernel.apparmor_restrict_unprivileged_userns=0. Laptop: install the AppArmor profile in"
        " docs/sandbox.md.",
    ),
    (
        r"No permissions to creat|Operation not permitted",
        "A container's seccomp profile forbids user namespaces: start it with --security-opt"
        " seccomp=unconfined, or run outside of it.",
    ),
    (
        r"Failed to make / slave",
        "A container forbids mounts: start it with --security-opt apparmor=unconfined, or run"
        " outside of it.",
    ),
    (
        r"Unknown option",
        "This bubblewrap is too old: version 0.8.0 or later is needed.",
    ),
)

_WAY_OUT = (
    "Replay needs no sandbox. To run commands unprotected as your own user: --sandbox=none (marked"
    " in the results)."
)

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

Stopped = Literal["timeout", "output-flood", "memory", "disk", "too-many-files"]


@dataclass(frozen=True)
class Limits:
    """What one command may use; sizes in bytes."""

    memory: int = 768 << 20
    """Of all processes together."""
    disk: int = 128 << 20
    """Of workspace, /tmp, home and reports together."""
    entries: int = 20_000
    """Files and folders in them."""
    output: int = 30_000
    """Characters of output that are kept: the first and the last half."""
    flood: int = 8 << 20
    """Output at which the command is stopped."""
    processes: int = 128
    data: int = 1 << 30
    """Of one process."""
    file_size: int = 64 << 20
    open_files: int = 512
    cpu_seconds: int = 600
    """Of one process."""
    stack: int = 8 << 20


DEFAULT_LIMITS = Limits()


@dataclass(frozen=True)
class Mount:
    """A folder of the host to be seen, read-only, at a path inside."""

    source: Path
    target: str


@dataclass(frozen=True)
class Place:
    """The folders of one trial; owner is the user they belong to, None for the harness's own."""

    root: Path
    owner: int | None = None

    @property
    def workspace(self) -> Path:
        """Seen as /workspace."""
        return self.root / "workspace"

    @property
    def tmp(self) -> Path:
        """Seen as /tmp."""
        return self.root / "tmp"

    @property
    def home(self) -> Path:
        """Seen as /home/agent."""
        return self.root / "home"

    @property
    def reports(self) -> Path:
        """Seen as /run/reports."""
        return self.root / "reports"

    @property
    def written(self) -> dict[str, Path]:
        """The folders that commands can write to, by the path they are seen at."""
        return {WORKSPACE: self.workspace, TMP: self.tmp, HOME: self.home, REPORTS: self.reports}


@dataclass(frozen=True)
class Finished:
    """How a command ended: exit_code as a shell tells it, None when it was stopped."""

    exit_code: int | None
    output: str
    """Standard output and error together."""
    stopped: Stopped | None
    seconds: float
    truncated: bool
    """Whether output was left out."""


class Sandbox(Protocol):
    """Something that runs commands in a place."""

    kind: str
    """Name of the protection: bubblewrap or none."""
    python: str
    """Version of the Python that commands find."""
    pytest: str
    """Version of the pytest that commands find."""

    def run(
        self,
        argv: Sequence[str],
        place: Place,
        *,
        timeout: float,
        cwd: str = WORKSPACE,
        mounts: Sequence[Mount] = (),
        environment: Mapping[str, str] = NOTHING,
    ) -> Finished:
        """Run one command to its end, blocking; timeout in seconds.

        Raises SandboxError when it could not be run; whatever the command does is a Finished.
        """
        ...


def open_sandbox(kind: Literal["bubblewrap", "none"], limits: Limits = DEFAULT_LIMITS) -> Sandbox:
    """Open a sandbox, proven by one real command; `none` protects nothing.

    Raises SandboxError, with what to do about it, when commands cannot be isolated here.
    """
    if kind == "none":
        return Unprotected(limits)
    if platform.system() != "Linux":
        raise SandboxError(
            f"There is no sandbox for {platform.system()} yet.\n"
            f"Record on Linux, in CI or in a container.\n{_WAY_OUT}"
        )
    program = shutil.which("bwrap")
    if program is None:
        raise SandboxError(
            "Recording needs a sandbox for the Bash tool, and bubblewrap is not installed.\n"
            "Debian, Ubuntu: sudo apt install bubblewrap. Fedora: sudo dnf install bubblewrap.\n"
            f"{_WAY_OUT}"
        )
    sandbox = Bubblewrap(program, guest_python(), limits)
    place = make_place()
    try:
        proof = sandbox.run(["bash", "--noprofile", "--norc", "-c", _PROBE], place, timeout=30)
    finally:
        remove_place(place)
    if proof.exit_code != 0 or proof.output != "ready\n":
        raise _cannot_start(proof.output.strip() or f"stopped: {proof.stopped}")
    return sandbox


def make_place() -> Place:
    """Make the folders of one trial, outside of any repository.

    Raises SandboxError when the folder for temporary files does not serve.
    """
    base = Path(tempfile.gettempdir()).resolve()
    owner = DROPPED_UID if hasattr(os, "geteuid") and os.geteuid() == 0 else None
    _check_base(base, closed_matters=owner is not None)
    try:
        place = Place(Path(tempfile.mkdtemp(prefix="place-", dir=base)), owner)
        etc = place.root / "etc"
        for folder in (*place.written.values(), etc, place.root / "empty"):
            folder.mkdir()
            folder.chmod(0o755)
        place.tmp.chmod(0o1777)
        place.home.chmod(0o700)
        for name, content in _ETC.items():
            (etc / name).write_text(content, encoding="utf-8")
            (etc / name).chmod(0o644)
        if owner is not None:
            for folder in (*place.written.values(), place.root):
                os.chown(folder, owner, owner)
    except OSError as error:
        raise SandboxError(
            f"A folder for the trial cannot be made: {error}.\n"
            f"It belongs in {base}; there must be room for {DEFAULT_LIMITS.disk >> 20} MB.\n"
            "Set TMPDIR to a folder that serves."
        ) from error
    return place


def _check_base(base: Path, *, closed_matters: bool) -> None:
    """An agent's files must not lie in a repository: its tools would read and run them there."""
    folders = (base, *base.parents)
    inside = next((folder for folder in folders if (folder / ".git").exists()), None)
    closed = next((folder for folder in folders if not folder.stat().st_mode & 0o001), None)
    if inside is None and not (closed and closed_matters):
        return
    found = f"inside the repository {inside}" if inside else f"below {closed}, closed to others"
    raise SandboxError(
        f"The folder for temporary files, {base}, is {found}.\n"
        "The workspaces of trials would lie there.\n"
        "Set TMPDIR to another folder, such as /var/tmp."
    )


def remove_place(place: Place) -> None:
    """Remove a trial's folders, whatever an agent left in them.

    Raises SandboxError when something withstands.
    """
    try:
        _remove_tree(place.root)
    except OSError as error:
        raise SandboxError(
            f"The folder of a trial cannot be removed: {error}.\n"
            "It may hold up to 128 MB; no result depends on it.\n"
            f"Remove it by hand: {place.root}"
        ) from error


def _remove_tree(root: Path) -> None:
    """Remove any tree: shutil.rmtree fails on closed folders and on thousands of levels.

    Inner folders are first moved up below root, so that no path grows long.
    """
    pending = [root]
    root.chmod(0o700)
    while pending:
        folder = pending.pop()
        with os.scandir(folder) as found:
            entries = list(found)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                Path(entry).chmod(0o700)
                pending.append(Path(entry).rename(root / f".{secrets.token_hex(8)}"))
            else:
                Path(entry).unlink()
        if folder != root:
            folder.rmdir()
    root.rmdir()


class Bubblewrap:
    """A fresh bubblewrap for each command: no network, no host files, no privileges.

    bubblewrap dies with the thread that started it: run must be called from one that waits.
    """

    kind = "bubblewrap"

    def __init__(self, program: str, guest: GuestPython, limits: Limits = DEFAULT_LIMITS) -> None:
        self.python = guest.python
        self.pytest = guest.pytest
        self._program = program
        self._guest = guest
        self._limits = limits
        self._filter = seccomp.program()
        self._masked = _masked_folders()

    def run(
        self,
        argv: Sequence[str],
        place: Place,
        *,
        timeout: float,
        cwd: str = WORKSPACE,
        mounts: Sequence[Mount] = (),
        environment: Mapping[str, str] = NOTHING,
    ) -> Finished:
        """Run one command to its end, blocking; timeout in seconds.

        Raises SandboxError when it could not be run; whatever the command does is a Finished.
        """
        if refusal := _unrunnable([*argv, cwd]):
            return Finished(126, refusal, None, 0.0, truncated=False)
        started = time.monotonic()
        _reopen(place)
        # A folder that the command before has removed is the agent's affair, not the sandbox's.
        elsewhere = [] if cwd == WORKSPACE else ["env", f"--chdir={cwd}"]
        command = [*_prlimit(self._limits), *elsewhere, *argv]
        options = self._options(place, mounts, environment)
        try:
            with _bubble(self._program, options, self._filter, command, place.owner) as bubble:
                output, stopped = _follow(bubble.process, place, self._limits, timeout)
                exit_code = bubble.end()
        except OSError as error:
            raise _cannot_start(str(error)) from error
        if stopped is None and exit_code is None:
            raise _cannot_start(output.text().strip() or "it ended without a word")
        return output.finished(None if stopped else exit_code, stopped, started)

    def _options(
        self, place: Place, mounts: Sequence[Mount], environment: Mapping[str, str]
    ) -> list[str]:
        options = [
            *("--unshare-user", "--uid", "1000", "--gid", "1000", "--disable-userns"),
            *("--unshare-pid", "--unshare-ipc", "--unshare-uts", "--unshare-cgroup-try"),
            *("--unshare-net", "--hostname", "sandbox", "--die-with-parent", "--new-session"),
            *("--cap-drop", "ALL", "--clearenv"),
        ]
        for name, value in {**_ENVIRONMENT, **environment}.items():
            options += ["--setenv", name, value]
        options += _system(self._masked, place)
        options += ["--ro-bind", str(self._guest.root), PYTHON_MOUNT]
        for target, source in place.written.items():
            options += ["--bind", str(source), target]
        for mount in mounts:
            options += ["--ro-bind", str(mount.source), _checked(mount.target)]
        # bubblewrap's own / and /dev are file systems in memory, writable and without a limit.
        return [*options, "--remount-ro", "/dev", "--remount-ro", "/", "--chdir", WORKSPACE]


def _system(masked: Sequence[str], place: Place) -> list[str]:
    """Show the host's programs, and made-up files for what programs want to know of a system."""
    options = ["--ro-bind", "/usr", "/usr"]
    for folder in ("/etc", "/home", "/opt", "/run"):
        options += ["--perms", "0755", "--dir", folder]
    for folder in masked:
        options += ["--ro-bind", str(place.root / "empty"), folder]
    for name in ("bin", "sbin", "lib", "lib32", "lib64", "libx32"):
        path = Path("/", name)
        if path.is_symlink():
            options += ["--symlink", str(path.readlink()), str(path)]
        elif path.is_dir():
            options += ["--ro-bind", str(path), str(path)]
    for name in ("alternatives", "ld.so.cache", "localtime"):
        options += ["--ro-bind-try", f"/etc/{name}", f"/etc/{name}"]
    for name in _ETC:
        options += ["--ro-bind", str(place.root / "etc" / name), f"/etc/{name}"]
    shared = ("--size", str(_SHARED_MEMORY), "--perms", "1777", "--tmpfs", "/dev/shm")  # noqa: S108
    return [*options, "--proc", "/proc", "--dev", "/dev", *shared]


def _masked_folders() -> tuple[str, ...]:
    usr = Path("/usr")
    found = {path.resolve() for pattern in _MASKED for path in usr.glob(pattern)}
    found.add(Path(__file__).resolve().parents[1])
    below = [path for path in found if path.is_dir() and path.is_relative_to(usr)]
    return tuple(
        str(path)
        for path in sorted(below)
        if path != usr and not any(other in path.parents for other in below)
    )


def _checked(target: str) -> str:
    """Refuse a mount point where an agent could have put a link to the host (CVE-2026-87766).

    Raises ValueError: mounts are the harness's own.
    """
    taken = (WORKSPACE, TMP, HOME, REPORTS, PYTHON_MOUNT, "/usr", "/etc", "/proc", "/dev")
    path = Path(target)
    if not path.is_absolute() or ".." in path.parts or path == Path("/"):
        raise ValueError(f"a mount needs an absolute path: {target}")
    if any(path.is_relative_to(other) for other in taken):
        raise ValueError(f"nothing can be mounted at {target}")
    return target


def _prlimit(limits: Limits) -> list[str]:
    """Set limits from inside: the kernel counts processes apart in each user namespace."""
    return [
        "prlimit",
        f"--nproc={limits.processes}",
        f"--data={limits.data}",
        f"--fsize={limits.file_size}",
        f"--nofile={limits.open_files}",
        f"--cpu={limits.cpu_seconds}",
        f"--stack={limits.stack}",
        "--core=0",
        "--",
    ]


@dataclass
class _Bubble:
    """A bubblewrap at work; first watches the first process of its namespace."""

    process: subprocess.Popen[bytes]
    status: IO[str]
    first: int | None

    def end(self) -> int | None:
        """Kill what is left, wait until all of it is dead, and tell the command's exit code."""
        if self.first is None:
            self.process.kill()
        else:
            # A namespace dies with its first process, and that one only after all the others.
            with contextlib.suppress(ProcessLookupError):
                signal.pidfd_send_signal(self.first, signal.SIGKILL)
        try:
            self.process.wait(_DYING_SECONDS)
        except subprocess.TimeoutExpired:
            self.process.kill()
            self.process.wait()
        if self.first is not None and not _readable(self.first, _DYING_SECONDS):
            raise _cannot_start("its processes do not die")
        told = [json.loads(line) for line in self.status]
        return next((int(line["exit-code"]) for line in told if "exit-code" in line), None)


@contextlib.contextmanager
def _bubble(
    program: str,
    options: Sequence[str],
    filter_: bytes,
    command: Sequence[str],
    owner: int | None,
) -> Iterator[_Bubble]:
    ours, theirs = os.pipe()
    with os.fdopen(ours) as status, os.fdopen(theirs, "wb") as told, _memory_file(filter_) as calls:
        fds = ("--seccomp", str(calls.fileno()), "--json-status-fd", str(told.fileno()))
        # In a file: a command line can be read from inside.
        with _memory_file("\0".join([*options, *fds, ""]).encode()) as file:
            process = subprocess.Popen(
                [program, "--args", str(file.fileno()), "--", *command],
                # And so can what bubblewrap is started with, which is therefore nothing.
                env={},
                cwd="/",
                pass_fds=(file.fileno(), calls.fileno(), told.fileno()),
                **_streams(owner),
            )
        told.close()
        with process:
            first = _first_process(status.readline())
            try:
                yield _Bubble(process, status, first)
            finally:
                process.kill()
                if first is not None:
                    os.close(first)


def _streams(owner: int | None) -> dict[str, Any]:
    """Give a command nothing to read, and one stream for all that it says."""
    streams = {
        "stdin": subprocess.DEVNULL,
        "stdout": subprocess.PIPE,
        "stderr": subprocess.STDOUT,
    }
    # Root never runs an agent's command: the kernel's core pattern could be written from inside.
    dropped = {} if owner is None else {"user": owner, "group": owner, "extra_groups": ()}
    return streams | dropped


def _memory_file(content: bytes) -> IO[bytes]:
    file = os.fdopen(os.memfd_create("options"), "wb+")
    file.write(content)
    file.seek(0)
    return file


def _first_process(line: str) -> int | None:
    """Hold on to the process that bubblewrap names, or to none if it could not start one."""
    return _held(json.loads(line)["child-pid"]) if "child-pid" in line else None


def _held(pid: int) -> int | None:
    """Open a descriptor that is readable once a process has ended, where the kernel has such."""
    if not hasattr(os, "pidfd_open"):
        return None
    try:
        return os.pidfd_open(pid)
    except OSError:
        return None


def _readable(descriptor: int, seconds: float) -> bool:
    with selectors.DefaultSelector() as ready:
        ready.register(descriptor, selectors.EVENT_READ)
        return bool(ready.select(seconds))


class Unprotected:
    """No sandbox: commands run on the host, as the harness's user unless that is root."""

    kind = "none"

    def __init__(self, limits: Limits = DEFAULT_LIMITS) -> None:
        if os.name != "posix":
            raise SandboxError(
                "Commands of agents need bash and process groups, which Windows has not.\n"
                "Record in WSL or in a container.\n"
                "Replay works here."
            )
        self._limits = limits
        self._guest = guest_python() if platform.system() == "Linux" else None
        self.python = platform.python_version()
        self.pytest = self._guest.pytest if self._guest else version("pytest")

    def run(
        self,
        argv: Sequence[str],
        place: Place,
        *,
        timeout: float,
        cwd: str = WORKSPACE,
        mounts: Sequence[Mount] = (),
        environment: Mapping[str, str] = NOTHING,
    ) -> Finished:
        """Run one command, with the paths of the sandbox in it replaced by the host's."""
        if refusal := _unrunnable([*argv, cwd]):
            return Finished(126, refusal, None, 0.0, truncated=False)
        started = time.monotonic()
        names = place.written | {mount.target: mount.source for mount in mounts}
        added = {name: _outside(value, names) for name, value in environment.items()}
        try:
            process = subprocess.Popen(
                [_outside(argument, names) for argument in argv],
                env=self._environment(place) | added,
                cwd=_outside(cwd, names),
                start_new_session=True,
                **_streams(place.owner),
            )
        except OSError as error:
            said = _inside(f"{error.filename}: {error.strerror}", names)
            return Finished(127, said, None, 0.0, truncated=False)
        with process:
            try:
                output, stopped = _follow(process, place, self._limits, timeout)
            finally:
                with contextlib.suppress(ProcessLookupError, PermissionError):
                    os.killpg(process.pid, signal.SIGKILL)
        exit_code = process.returncode if process.returncode >= 0 else 128 - process.returncode
        finished = output.finished(None if stopped else exit_code, stopped, started)
        return replace(finished, output=_inside(finished.output, names))

    def _environment(self, place: Place) -> dict[str, str]:
        programs = [str(Path(sys.executable).parent)]
        if self._guest:
            # The script's first line names the interpreter where the sandbox would show it.
            script = (self._guest.root / "bin" / "pytest").read_text(encoding="utf-8")
            own = place.root / "bin" / "pytest"
            own.parent.mkdir(exist_ok=True)
            own.write_text(script.replace(PYTHON_MOUNT, str(self._guest.root)), encoding="utf-8")
            own.chmod(0o755)
            programs = [str(own.parent), str(self._guest.root / "bin")]
        return _ENVIRONMENT | {
            "PATH": ":".join([*programs, "/usr/local/bin", "/usr/bin", "/bin"]),
            "HOME": str(place.home),
            "TMPDIR": str(place.tmp),
            "SESSION_REPORT_FOLDER": str(place.reports),
            "SESSION_REPORT_TREE": str(place.workspace),
        }


def _outside(text: str, names: Mapping[str, Path]) -> str:
    """Replace paths as the sandbox would show them by paths of the host."""
    known = "|".join(re.escape(name) for name in sorted(names, reverse=True))
    return re.sub(rf"(?<![\w./-])({known})(?![\w.-])", lambda found: str(names[found[1]]), text)


def _inside(text: str, names: Mapping[str, Path]) -> str:
    for name, path in names.items():
        text = text.replace(str(path), name)
    return text


def _unrunnable(argv: Sequence[str]) -> str | None:
    """Say why the kernel would not take a command that an agent wrote."""
    for argument in argv:
        if "\0" in argument:
            return "the command contains a NUL character"
        try:
            size = len(os.fsencode(argument))
        except UnicodeEncodeError:
            return "the command is not valid text"
        if size > 128 * 1024 - 1:
            return f"the command has {size} bytes, and 131071 is the limit"
    return None


def _reopen(place: Place) -> None:
    """Undo a chmod of an agent on its own folders that would keep the next command out."""
    for folder in place.written.values():
        mode = folder.lstat().st_mode
        if stat.S_ISDIR(mode) and mode & 0o700 != 0o700:
            folder.chmod(mode & 0o7777 | 0o700)


def _cannot_start(found: str) -> SandboxError:
    line = next((line for line in found.splitlines() if line.startswith("bwrap:")), found)
    told = line.splitlines()[0][:300].rstrip(".")
    advice = next((advice for pattern, advice in _ADVICE if re.search(pattern, line)), None)
    return SandboxError(
        f"Recording needs a sandbox for the Bash tool, and bubblewrap cannot run here: {told}.\n"
        f"{advice or 'Record on a Linux host that allows user namespaces.'}\n{_WAY_OUT}"
    )


class _Output:
    """What a command said: its first and its last part, when it said too much to keep."""

    def __init__(self, limit: int) -> None:
        self.bytes = 0
        self._half = limit // 2
        self._limit = limit
        self._characters = 0
        self._head = ""
        self._tail = ""
        self._decoder = codecs.getincrementaldecoder("utf-8")("replace")

    def add(self, chunk: bytes, *, final: bool = False) -> None:
        text = self._decoder.decode(chunk, final)
        self.bytes += len(chunk)
        self._characters += len(text)
        room = self._half - len(self._head)
        self._head += text[:room]
        self._tail = (self._tail + text[room:])[-(self._limit - self._half) :]

    def text(self) -> str:
        self.add(b"", final=True)
        left_out = self._characters - len(self._head) - len(self._tail)
        cut = f"\n[... {left_out} characters left out ...]\n" if left_out else ""
        return self._head + cut + self._tail

    def finished(self, exit_code: int | None, stopped: Stopped | None, started: float) -> Finished:
        seconds = time.monotonic() - started
        truncated = self._characters > self._limit
        return Finished(exit_code, self.text(), stopped, seconds, truncated)


def _follow(
    process: subprocess.Popen[bytes], place: Place, limits: Limits, timeout: float
) -> tuple[_Output, Stopped | None]:
    """Read what a process says until it ends; what must be stopped is named, and goes on."""
    assert process.stdout is not None
    pipe = process.stdout.fileno()
    os.set_blocking(pipe, False)
    deadline = time.monotonic() + timeout
    output, watch = _Output(limits.output), _Watch(process.pid, place, limits)
    with contextlib.ExitStack() as closing:
        ready = closing.enter_context(selectors.DefaultSelector())
        ready.register(pipe, selectors.EVENT_READ)
        if (ended := _held(process.pid)) is not None:
            closing.callback(os.close, ended)
            ready.register(ended, selectors.EVENT_READ)
        speaks = True
        while True:
            now = time.monotonic()
            if now >= deadline:
                return output, "timeout"
            ready.select(max(0.0, min(watch.due, deadline) - now))
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


def _read(pipe: int, output: _Output, flood: int, *, to_the_end: bool) -> bool:
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


class _Watch:
    """Looks, every now and then, at what a command and all its children use."""

    def __init__(self, pid: int, place: Place, limits: Limits) -> None:
        self.due = time.monotonic() + _WATCH_SECONDS
        self._pid = pid
        self._place = place
        self._limits = limits
        self._free = _free(place.root)

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
        pids = _descendants(self._pid)
        if _memory(pids, self._limits.memory) > self._limits.memory:
            return "memory"
        usage = _usage(self._place.written.values(), self._limits.entries)
        if usage.entries > self._limits.entries:
            return "too-many-files"
        if usage.bytes + _unlinked(pids) > self._limits.disk:
            return "disk"
        # What lies in a closed folder cannot be counted, but the disk's free space can.
        if usage.closed and self._free - _free(self._place.root) > self._limits.disk:
            return "disk"
        return None


def _descendants(pid: int) -> list[int]:
    found, pending = [], [pid]
    while pending:
        for task in _present(f"/proc/{pending.pop()}/task"):
            with contextlib.suppress(OSError):
                children = [int(child) for child in Path(task, "children").read_text().split()]
                found += children
                pending += children
    return found


def _memory(pids: Sequence[int], limit: int) -> int:
    """Add up memory in bytes; exactly, with shared pages counted once, if it may be too much."""
    page = os.sysconf("SC_PAGE_SIZE")
    resident = sum(_number(f"/proc/{pid}/statm", r"\d+ (\d+)") for pid in pids) * page
    if resident <= limit:
        return resident
    return sum(_number(f"/proc/{pid}/smaps_rollup", r"Pss: +(\d+)") for pid in pids) * 1024


def _number(path: str, pattern: str) -> int:
    try:
        found = re.search(pattern, Path(path).read_text())
    except OSError:
        return 0
    return int(found[1]) if found else 0


def _unlinked(pids: Sequence[int]) -> int:
    """Count the bytes of files that are open and have no name any more, in memory or on disk."""
    found: dict[tuple[int, int], int] = {}
    for pid in pids:
        for entry in _present(f"/proc/{pid}/fd"):
            with contextlib.suppress(OSError):
                status = entry.stat()
                if stat.S_ISREG(status.st_mode) and status.st_nlink == 0:
                    found[status.st_dev, status.st_ino] = status.st_blocks * 512
    return sum(found.values())


@dataclass
class _Usage:
    bytes: int = 0
    entries: int = 0
    closed: bool = False


def _usage(folders: Iterable[Path], limit: int) -> _Usage:
    """Count what lies in folders, following no link and ending soon after limit entries."""
    usage = _Usage()
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


def _present(folder: str) -> list[os.DirEntry[str]]:
    """List a folder of a process, which may end at any moment."""
    try:
        return _listed(folder)
    except OSError:
        return []


def _listed(folder: str) -> list[os.DirEntry[str]]:
    with os.scandir(folder) as found:
        return list(found)


def _free(folder: Path) -> int:
    status = os.statvfs(folder)
    return status.f_bavail * status.f_frsize
