"""Attacks by what a command uses or leaves behind: each a command of its own, at small limits."""

from __future__ import annotations

import contextlib
import os
import signal
import stat
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from unittest import mock

from promptverdict.sandbox import TrialFolders, unprotected
from promptverdict.sandbox.bubblewrap import Bubblewrap
from promptverdict.sandbox.interface import Finished
from promptverdict.sandbox.limits import DEFAULT_LIMITS, Limits, Stopped

from tests.sandbox.attacks import naive
from tests.sandbox.attacks.table import Tried

SMALL = replace(
    DEFAULT_LIMITS, memory=60 << 20, disk=8 << 20, entries=300, flood=1 << 20, processes=40
)
UNLIMITED = "no such limit"
WIDE = Limits(
    memory=1 << 50, disk=1 << 50, entries=1 << 40, flood=1 << 50, processes=200, data=1 << 33
)
_HOG = "python3 -I -c 'x = bytearray(30 << 20); import time; time.sleep('$LONG')' &"


@dataclass(frozen=True)
class Greed:
    """A command that takes too much; it holds where the command is stopped for it."""

    name: str
    script: str
    stopped: Stopped
    timeout: float = 30
    limited: bool = True
    """Whether the same command ends by itself where no limit is: what the control shows."""


GREEDS = (
    Greed("a flood of output", "yes | head -c 3000000", "output-flood"),
    Greed("a flood from the background", "yes | head -c 3000000 & wait", "output-flood"),
    Greed("memory of many processes", f"{_HOG}\n{_HOG}\n{_HOG}\nwait", "memory"),
    Greed("a full workspace", "head -c 20M /dev/zero > a; sleep $LONG", "disk"),
    Greed("a full /tmp", "head -c 20M /dev/zero > /tmp/a; sleep $LONG", "disk"),
    Greed("a full home", "head -c 20M /dev/zero > ~/a; sleep $LONG", "disk"),
    Greed(
        "a removed file that is open",
        "exec 3> a; rm a; head -c 20M /dev/zero >&3; sleep $LONG",
        "disk",
    ),
    Greed(
        "memory with a name and no folder",
        "python3 -I -c \"import os, time\nf = os.memfd_create('x')\nos.write(f, bytes(10 << 20))\n"
        "time.sleep(float(os.environ['LONG']))\"",
        "disk",
    ),
    Greed("many files", "touch $(seq 900); sleep $LONG", "too-many-files"),
    Greed("a command without end", "sleep 30", "timeout", 0.3, limited=False),
    Greed("no heed to signals", "trap '' TERM INT HUP; sleep 30; sleep 30", "timeout", 0.3, False),
    Greed("a closed output", "exec >&- 2>&-; sleep 30", "timeout", 0.3, limited=False),
    Greed("a bomb of processes", "b() { b | b & }; b; sleep 30", "timeout", 0.3, limited=False),
)


def shell(script: str) -> list[str]:
    return ["bash", "--noprofile", "--norc", "-c", script]


def _with_limits(sandbox: Bubblewrap, limits: Limits) -> Bubblewrap:
    return Bubblewrap(sandbox._program, sandbox._guest, limits)


def try_greeds(sandbox: Bubblewrap) -> Iterator[Tried]:
    """Try commands that take too much; each is stopped, and not because it would end anyway."""
    # They mostly wait. The kernel ends a bubblewrap with the thread that started it; these wait.
    with ThreadPoolExecutor(4) as threads:
        for tried in threads.map(lambda greed: _try_greed(sandbox, greed), GREEDS):
            yield from tried


def _try_greed(sandbox: Bubblewrap, greed: Greed) -> list[Tried]:
    with naive.open_folders() as folders:
        small = _with_limits(sandbox, SMALL)
        # It stays until it is stopped, however late a busy machine looks.
        script = f"export LONG=20; {greed.script}"
        done = small.run(shell(script), folders, timeout=greed.timeout)
        after = small.run(shell("rm -rf ./* ~/a /tmp/a; echo next"), folders, timeout=20)
        held = done.stopped == greed.stopped and after.output.endswith("next\n")
        held = held and len(done.output) < SMALL.output + 200
        tried = [
            Tried(
                greed.name,
                held,
                note=f"{done.stopped}, then {after.stopped} {after.output[-200:]}",
            )
        ]
        if greed.limited:
            wide = _with_limits(sandbox, WIDE)
            free = wide.run(shell(f"export LONG=0.1; {greed.script}"), folders, timeout=60)
            tried.append(Tried(greed.name, free.stopped is not None, UNLIMITED, free.output[-200:]))
        return tried


def try_remains(sandbox: Bubblewrap) -> Iterator[Tried]:
    """Try to outlive a command, to end others, and to leave a program of root's behind."""
    for name, try_one in REMAINS.items():
        with naive.open_folders() as folders:
            yield from try_one(name, sandbox, folders)


def _outlive(name: str, sandbox: Bubblewrap, folders: TrialFolders) -> Iterator[Tried]:
    """A daemon in a session of its own writes on, after the command has ended."""
    beats = "echo $$ > {0}/pid; while :; do echo >> {0}/beat; sleep 0.02; done"
    script = (
        "setsid nohup bash -c '" + beats.format("/workspace") + "' > /dev/null 2>&1 & sleep 0.2"
    )
    sandbox.run(shell(script), folders, timeout=10)
    yield Tried(name, not _grows(folders.workspace / "beat"))
    found = mock.patch.object(unprotected, "find_guest_python", return_value=sandbox._guest)
    with naive.open_folders() as other, found:
        unprotected.Unprotected().run(shell(script), other, timeout=10)
        yield Tried(name, not _grows(other.workspace / "beat"), "no namespace of processes")
        with contextlib.suppress(ProcessLookupError):
            os.kill(int((other.workspace / "pid").read_text(encoding="utf-8")), signal.SIGKILL)
        time.sleep(0.05)


def _grows(file: Path) -> bool:
    before = file.stat().st_size
    time.sleep(0.15)
    assert before > 0
    return file.stat().st_size > before


def _end_all(name: str, sandbox: Bubblewrap, folders: TrialFolders) -> Iterator[Tried]:
    """The next command runs, whatever the one before has killed; in one long shell none does."""
    ends = "kill -9 -1; kill -9 1; kill -9 $$"
    sandbox.run(shell(ends), folders, timeout=10)
    yield Tried(name, sandbox.run(shell("echo next"), folders, timeout=10).output == "next\n")
    long = sandbox.run(shell(f"{ends}\necho next"), folders, timeout=10)
    yield Tried(name, long.output == "next\n", "one shell for all commands")


def _wait_for_input(name: str, sandbox: Bubblewrap, folders: TrialFolders) -> Iterator[Tried]:
    """A command that reads gets the end of its input at once, and no keys of the terminal."""
    done = sandbox.run(shell("cat; read x; echo end"), folders, timeout=5)
    yield Tried(name, done.output == "end\n" and done.stopped is None)


def _hold_output(name: str, sandbox: Bubblewrap, folders: TrialFolders) -> Iterator[Tried]:
    """A child in the background that holds the output open does not hold the harness."""
    done: Finished = sandbox.run(shell("sleep 20 & echo started"), folders, timeout=5)
    yield Tried(name, done.output == "started\n" and done.stopped is None)


def _leave_setuid(name: str, sandbox: Bubblewrap, folders: TrialFolders) -> Iterator[Tried]:
    """A copy of a program with the setuid bit is not root's on the host's disk."""
    script = shell("cp /usr/bin/env b; chmod u+s b")
    sandbox.run(script, folders, timeout=10)
    yield Tried(name, not _is_roots(folders.workspace / "b"))
    if naive.is_possible("run as root"):
        with naive.open_folders("run as root") as other:
            sandbox.run(script, other, timeout=10)
            yield Tried(name, not _is_roots(other.workspace / "b"), "run as root")


def _is_roots(file: Path) -> bool:
    status = file.stat()
    return bool(status.st_mode & stat.S_ISUID) and status.st_uid == 0


def _run_git(name: str, sandbox: Bubblewrap, folders: TrialFolders) -> Iterator[Tried]:
    """A repository whose settings run a program is asked for its status inside alone."""
    mark = folders.root.with_name(folders.root.name + "-ran")
    script = f"git init -q .; git config core.fsmonitor 'touch {mark}; false'; echo > a"
    sandbox.run(shell(script), folders, timeout=10)
    sandbox.run(["git", "status"], folders, timeout=10)
    yield Tried(name, not mark.exists())
    git = ["git", "-c", "safe.directory=*", "status"]
    subprocess.run(git, cwd=folders.workspace, capture_output=True, check=False)
    yield Tried(name, not mark.exists(), "git on the host")
    mark.unlink(missing_ok=True)


def _run_tests(name: str, sandbox: Bubblewrap, folders: TrialFolders) -> Iterator[Tried]:
    """A conftest.py of the agent's runs inside alone."""
    mark = folders.root.with_name(folders.root.name + "-ran")
    code = f"import pathlib\ntry: pathlib.Path({str(mark)!r}).touch()\nexcept OSError: pass\n"
    sandbox.run(shell(f"cat > conftest.py <<'END'\n{code}\nEND"), folders, timeout=10)
    sandbox.run(["pytest", "-q", "-p", "no:cacheprovider"], folders, timeout=20)
    yield Tried(name, not mark.exists())
    argv = [sys.executable, "-B", "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    environment = os.environ | {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
    subprocess.run(argv, cwd=folders.workspace, env=environment, capture_output=True, check=False)
    yield Tried(name, not mark.exists(), "pytest on the host")
    mark.unlink(missing_ok=True)


REMAINS: dict[str, Callable[[str, Bubblewrap, TrialFolders], Iterator[Tried]]] = {
    "a daemon": _outlive,
    "the end of every process": _end_all,
    "waiting for input": _wait_for_input,
    "holding the output": _hold_output,
    "a setuid program on the disk": _leave_setuid,
    "a repository that runs a program": _run_git,
    "a conftest that runs": _run_tests,
}
