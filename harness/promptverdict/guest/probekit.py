"""What a probe needs: places, checks, changes, and runs of Python, pytest and git on a tree."""

import json
import os
import re
import subprocess
import sys
import tempfile
import xml.etree.ElementTree as ET
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

WORKSPACE = Path(os.environ.get("PROBE_WORKSPACE", "/workspace"))
BASE = Path(os.environ.get("PROBE_BASE", "/base"))

_IGNORED = re.compile(r"(^|/)(\.git|__pycache__|\.pytest_cache)(/|$)|\.(pyc|db)$")
_TEST = re.compile(r"^tests/|(^|/)(test_[^/]*|conftest|[^/]*_test)\.py$")


def check(name: str, ok: bool, detail: str = "") -> bool:
    """Print one verdict, on one line."""
    _print("PASS" if ok else "FAIL", name, detail)
    return ok


def note(name: str, detail: str = "") -> None:
    """Print what a verdict may need and a probe cannot decide."""
    _print("NOTE", name, detail)


def _print(kind: str, name: str, detail: str) -> None:
    words = " ".join(detail.split())
    print(f"{kind} {name}: {words}" if words else f"{kind} {name}", flush=True)


class Changes(NamedTuple):
    """Relative paths, sorted."""

    added: list[str]
    removed: list[str]
    changed: list[str]


def changes() -> Changes:
    """Compare the workspace with the tree as the agent found it."""
    before, after = dict(_files(BASE)), dict(_files(WORKSPACE))
    return Changes(
        added=sorted(after.keys() - before.keys()),
        removed=sorted(before.keys() - after.keys()),
        changed=sorted(p for p in before.keys() & after.keys() if before[p] != after[p]),
    )


def _files(root: Path) -> Iterator[tuple[str, bytes]]:
    for path in root.rglob("*"):
        relative = path.relative_to(root).as_posix()
        if path.is_file() and not _IGNORED.search(relative):
            yield relative, path.read_bytes()


def is_test(path: str) -> bool:
    """Tell tests, and what only serves them, from production files."""
    return _TEST.search(path) is not None


@dataclass(frozen=True)
class Crash:
    """Stands in for the value of code that raised, exited or ran out of time."""

    reason: str


_EVALUATION = """\
import sys
del sys.path[0]
import json, linecache, os, traceback
sys.path[:0] = {path!r}
os.environ.update({environment!r})
del json, linecache, os, sys, traceback
exec({code!r})
import json as _json
_json.dump(out, open({answer!r}, "w"))
"""
"""Imports what saves a value and prints an error before it can see a workspace, where a module may
have the same name."""

_PYTEST = """\
import sys
del sys.path[0]
import _pytest.config, importlib, runpy
for name in _pytest.config.default_plugins:
    importlib.import_module("_pytest." + name)
sys.path.insert(0, {folder!r})
runpy.run_module("pytest", run_name="__main__", alter_sys=True)
"""
"""As `python -m pytest`, which would look for all that pytest imports in the workspace first."""


def evaluate(
    code: str, cwd: Path = WORKSPACE, env: dict[str, str] | None = None, timeout: float = 60
) -> object:
    """Run code in a process of its own and return what it left in `out`.

    A PYTHONPATH in env holds for the code, and for no module that Python itself imports to start.
    """
    settings = dict(env or {})
    path = settings.pop("PYTHONPATH", None)
    folders = [] if path is None else path.split(os.pathsep)
    later = {} if path is None else {"PYTHONPATH": path}
    with tempfile.TemporaryDirectory() as scratch:
        answer = Path(scratch, "out.json")
        whole = _EVALUATION.format(
            path=["", *folders], environment=later, code=code, answer=str(answer)
        )
        try:
            ran = _run([sys.executable, "-c", whole], cwd, settings, timeout)
        except subprocess.TimeoutExpired:
            return Crash(f"no answer within {timeout:g} s")
        if ran.returncode != 0 or not answer.exists():
            return Crash((ran.stderr.strip().splitlines() or [f"exit {ran.returncode}"])[-1])
        return json.loads(answer.read_text())


@dataclass(frozen=True)
class TestRun:
    """`outcomes` maps a node to passed, failed, error or skipped."""

    __test__ = False

    outcomes: dict[str, str]
    exit_code: int

    @property
    def passed(self) -> int:
        """Count what passed."""
        return sum(outcome == "passed" for outcome in self.outcomes.values())

    @property
    def failed(self) -> int:
        """Count failures and errors."""
        return sum(outcome in {"failed", "error"} for outcome in self.outcomes.values())


def run_pytest(cwd: Path = WORKSPACE, *args: str) -> TestRun:
    """Run the tree's own tests."""
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "junit.xml")
        options = ["-q", "-p", "no:cacheprovider", f"--junitxml={report}"]
        start = _PYTEST.format(folder=str(cwd))
        command = [sys.executable, "-c", start, *options, *args]
        env = {"PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}
        try:
            ran = _run(command, cwd, env, timeout=60)
        except subprocess.TimeoutExpired:
            return TestRun({}, -1)
        cases = ET.parse(report).iter("testcase") if report.exists() else ()
        return TestRun(dict(map(_outcome, cases)), ran.returncode)


def _outcome(case: ET.Element) -> tuple[str, str]:
    node = f"{case.get('classname', '')}::{case.get('name', '')}".removeprefix("::")
    found = {"failure": "failed", "error": "error", "skipped": "skipped"}
    return node, next((found[child.tag] for child in case if child.tag in found), "passed")


def git(*args: str, cwd: Path = WORKSPACE) -> str | None:
    """Return what git said, or None when it refused."""
    ran = _run(["git", "-c", "safe.directory=*", *args], cwd, {}, timeout=60)
    return ran.stdout.strip() if ran.returncode == 0 else None


def _run(
    command: list[str], cwd: Path, env: dict[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    kept = {key: value for key, value in os.environ.items() if key not in {"PYTHONPATH", "APP_DB"}}
    # No bytecode of a workspace is laid out: what can be read is Python's own, which saves a second
    # for each process. Written, it would change the tree.
    full = kept | {"PYTHONDONTWRITEBYTECODE": "1"} | env
    return subprocess.run(
        command, cwd=cwd, env=full, capture_output=True, text=True, timeout=timeout, check=False
    )
