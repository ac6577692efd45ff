"""A project that is recorded in processes of its own, and what must hold after each of them."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from promptverdict.core.errors import MissingRecording
from promptverdict.recording.files import Location, open_sealed

from tests.fakes import say, turn_of, use, write
from tests.soak.provider import CountingProvider, serve_answers

AGENT = """\
---
name: helper
description: Helps
tools: Read, Write, Edit, Bash
---

You are a careful helper.
"""
SUITE = """\
title: A suite
variants: [helper/base]
behaviours:
  kind: {says: It is kind}
"""
SCENARIO = """\
title: A scenario
description: For tests
task: Write a.txt of task NUMBER.
tools: [Read, Write, Bash]
behaviours: [kind]
grades:
  kind: {type: says, all_of: [done]}
"""
PYPROJECT = """\
[tool.promptverdict]
sandbox = "none"

[tool.promptverdict.models]
default = "anthropic/claude-x"

[tool.promptverdict.prices."anthropic/claude-x"]
as_of = 2026-11-01
input = 5.0
output = 25.0
"""
TURNS = 3
"""Answers of one trial: it writes, it runs a command, it is done."""
SIGNS = ("Traceback", "INTERNALERROR", "Exception ignored", "PytestUnraisable")
"""Words that nobody should have to read."""


def answer(body: dict[str, Any]) -> list[dict[str, Any]]:
    """Answer as every trial here goes."""
    turns = (
        [say("First."), use("Write", file_path="a.txt", content="a\n")],
        [use("Bash", command="cat a.txt")],
        [say("It is done.")],
    )
    return turns[turn_of(body)]


@dataclass
class Ended:
    """What a process came to."""

    code: int
    out: str

    def check(self, code: int | Sequence[int], *words: str) -> None:
        """Hold it against its exit code and its words, and against words that nobody needs."""
        codes = [code] if isinstance(code, int) else list(code)
        assert self.code in codes, f"exit code {self.code}, not {codes}:\n{self.out}"
        for sign in SIGNS:
            assert sign not in self.out, f"{sign!r} is in it:\n{self.out}"
        for told in re.findall(r"^(?:ERROR|error): .*(?:\n  .*)*", self.out, re.MULTILINE):
            assert told.count("\n") < 3, f"more than three lines:\n{told}"
        for each in words:
            assert re.search(each, self.out), f"{each!r} is not in it:\n{self.out}"


@dataclass
class Lab:
    """A small project, its provider, and ways to run it."""

    root: Path
    temp: Path
    server: CountingProvider
    python: Sequence[str] = (sys.executable,)
    """What starts Python at once; faults of the start itself use `started`."""
    more: dict[str, str] = field(default_factory=dict)

    @property
    def environment(self) -> dict[str, str]:
        """What each process gets."""
        known = {name: value for name, value in os.environ.items() if name != "CI"}
        known |= {
            "TMPDIR": str(self.temp),
            "ANTHROPIC_BASE_URL": self.server.url,
            "ANTHROPIC_API_KEY": "loopback-0123456789",
        }
        known.pop("PYTHONDONTWRITEBYTECODE", None)
        return known | self.more

    def start(
        self, *options: str, python: Sequence[str] | None = None, **popen: Any
    ) -> subprocess.Popen[str]:
        """Start a recording pytest with a process group of its own, as a terminal gives it."""
        program = [*(python or self.python)]
        defaults: dict[str, Any] = {
            "cwd": self.root,
            "env": self.environment,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.STDOUT,
            "text": True,
            "errors": "replace",
            "start_new_session": True,
        }
        command = [*program, "-m", "pytest", "-p", "no:randomly", "-p", "no:asyncio"]
        if not any(option.startswith("evals") for option in options):
            command.append("evals")
        return subprocess.Popen([*command, *options], **(defaults | popen))

    def record(self, *options: str, **popen: Any) -> Ended:
        """Record what is missing, to its end."""
        return self.end(self.start("--record", "once", *options, **popen))

    def replay(self, *options: str, **popen: Any) -> Ended:
        """Replay what is there."""
        return self.end(self.start(*options, **popen))

    def verb(self, *arguments: str, python: Sequence[str] | None = None, **popen: Any) -> Ended:
        """Run a verb of the command."""
        program = [*(python or self.python), "-m", "promptverdict.cli"]
        defaults: dict[str, Any] = {
            "cwd": self.root,
            "env": self.environment,
            "stdout": subprocess.PIPE,
            "stderr": subprocess.STDOUT,
            "text": True,
            "errors": "replace",
        }
        return self.end(subprocess.Popen([*program, *arguments], **(defaults | popen)))

    @staticmethod
    def end(process: subprocess.Popen[str]) -> Ended:
        """Wait for a process."""
        try:
            out, err = process.communicate(timeout=180)
        except subprocess.TimeoutExpired:
            process.kill()
            out, err = process.communicate()
            raise AssertionError(f"it hangs:\n{out}") from None
        return Ended(process.returncode, (out or "") + (err or ""))

    def wait_until(
        self, true: Callable[[], object], process: subprocess.Popen[str] | None = None
    ) -> None:
        """Wait for something that a process will do."""
        deadline = time.monotonic() + 120
        while not true():
            if process is not None and process.poll() is not None:
                raise AssertionError(f"it ended before:\n{self.end(process).out}")
            assert time.monotonic() < deadline, "it never came"
            time.sleep(0.01)

    def list_records(self) -> list[dict[str, Any]]:
        """Read every record of every run."""
        return [json.loads(p.read_bytes()) for p in self.root.glob("results/2*/trials/*.json")]

    def list_sealed(self) -> list[Path]:
        """List the cassettes whose seal holds."""
        return [path for path in self.root.rglob("*.http.yaml") if _is_sealed(path)]

    def check_nothing_left(self, *, after_kill: bool = False) -> None:
        """Hold the project and the machine against what a run may leave behind.

        after_kill: a killed process cannot clean up; what is left is swept by the next one.
        """
        self.wait_until(lambda: not list_processes(self.temp))
        if not after_kill:
            # pytest-xdist's own folder is pytest's to clean up.
            left = [p.name for p in self.temp.iterdir() if not p.name.startswith("pytest-of-")]
            left += [path.name for path in self.root.rglob(".*.yaml.*")]
            assert left == [], f"left behind: {left}"

    def check_finished(self, scenarios: int, *, paid: int | None = 1) -> None:
        """Hold the project against the end: each trial recorded, each turn paid for so often."""
        sealed = len(self.list_sealed())
        assert sealed == scenarios, f"{sealed} recordings of {scenarios}"
        self.check_nothing_left()
        assert self.list_journals() == [], f"journals: {self.list_journals()}"
        if paid is not None:
            turns = self.server.count_turns()
            assert len(turns) == scenarios * TURNS, f"{len(turns)} turns were paid for"
            assert set(turns.values()) == {paid}, f"paid more than once: {turns}"

    def list_journals(self) -> list[str]:
        """List the journals of trials that did not end."""
        return [path.name for path in self.root.glob("results/live/*")]


def _is_sealed(path: Path) -> bool:
    try:
        open_sealed(Location(path.parent, int(path.name.partition(".")[0])))
    except MissingRecording:
        return False
    return True


def list_processes(temp: Path) -> list[str]:
    """List the processes of one lab, by their command lines."""
    lines = []
    for pid in find_pids(temp, ""):
        with suppress(OSError):
            lines.append(Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode())
    return lines


def find_pids(temp: Path, words: str) -> list[int]:
    """Find processes of one lab by words of their command lines.

    They are known by their environment, their working folder or their command line; a sandbox has
    none of these, and is known by its parent. A forked program has the environment of its server.
    """
    base = os.fsencode(temp.parent)
    lines: dict[int, str] = {}
    parents: dict[int, int] = {}
    ours: set[int] = set()
    for process in Path("/proc").iterdir():
        if not process.name.isdecimal():
            continue
        with suppress(OSError):
            pid = int(process.name)
            raw = (process / "cmdline").read_bytes()
            parents[pid] = int((process / "stat").read_text().rpartition(")")[2].split()[1])
            lines[pid] = raw.replace(b"\0", b" ").decode(errors="replace")
            folder = os.fsencode((process / "cwd").readlink())
            if base in raw or folder.startswith(base) or base in (process / "environ").read_bytes():
                ours.add(pid)

    def is_ours(pid: int) -> bool:
        while pid in parents and pid != os.getpid():
            if pid in ours:
                return True
            pid = parents[pid]
        return False

    return [pid for pid, line in lines.items() if line and words in line and is_ours(pid)]


@contextmanager
def open_lab(
    folder: Path | None = None,
    *,
    scenarios: int = 3,
    script: Callable[[dict[str, Any]], list[dict[str, Any]]] = answer,
    python: Sequence[str] = (sys.executable,),
    latency: float = 0.0,
    is_faulty: Callable[[str, int, int], bool] = lambda _name, _turn, _times: False,
    files: Mapping[str, str] | None = None,
) -> Iterator[Lab]:
    """Make a project in a folder that goes with the block."""
    base = Path(tempfile.mkdtemp(prefix="faults-"))
    base.chmod(0o755)  # root's agents are other users
    root, temp = folder or base / "project", base / "temp"
    temp.mkdir()
    root.mkdir(parents=True, exist_ok=True)
    make_project(root, scenarios)
    write(root, dict(files or {}))
    try:
        with serve_answers(script, latency=latency, is_faulty=is_faulty) as server:
            lab = Lab(root, temp, server, python)
            try:
                yield lab
            finally:
                for pid in find_pids(temp, ""):
                    with suppress(OSError):
                        os.kill(pid, signal.SIGKILL)
    finally:
        shutil.rmtree(base, ignore_errors=True)


def make_project(root: Path, scenarios: int, agents: int = 1) -> None:
    """Write a project whose every cell asks something of its own."""
    names = [f"helper/v{number}" for number in range(agents)] if agents > 1 else ["helper/base"]
    files = {
        "pyproject.toml": PYPROJECT,
        "evals/small/suite.yaml": SUITE.replace("helper/base", ", ".join(names)),
    }
    for name in names:
        files[f"agents/{name}.md"] = AGENT.replace("careful", f"careful {name.partition('/')[2]}")
    for number in range(scenarios):
        files[f"evals/small/s{number:03}.yaml"] = SCENARIO.replace("NUMBER", str(number))
        files[f"evals/small/files/s{number:03}/README.md"] = "# Hello\n"
    write(root, files)
