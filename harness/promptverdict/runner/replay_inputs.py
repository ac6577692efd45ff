"""All that the record of a replay depends on, as one hash: what is in doubt has none.

Contents are hashed, never times or sizes. Whatever may decide a replay and is not hashed here would
let an old record stand for a new one, so more is hashed than is needed.
"""

from __future__ import annotations

import ast
import hashlib
import os
import stat
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import promptverdict
from promptverdict.core.files import read_regular_file
from promptverdict.graders import Custom
from promptverdict.recording.digest import hash_part
from promptverdict.recording.files import Location
from promptverdict.recording.yaml_format import MAX_BYTES
from promptverdict.runner.cells import Cell, Trial
from promptverdict.scenarios.checks_file import CHECKS_FILE
from promptverdict.scenarios.scenario import Scenario
from promptverdict.settings import Settings
from promptverdict.version import __version__

_PURE = frozenset(
    {
        *("__future__", "ast", "bisect", "collections", "dataclasses", "decimal", "difflib"),
        *("enum", "fractions", "functools", "heapq", "html", "itertools", "json", "math"),
        *("operator", "promptverdict", "re", "statistics", "string", "textwrap", "typing"),
        "unicodedata",
    }
)
"""What a checks.py may import to be a function of the evidence, as far as anybody can see."""
_IMPURE = frozenset({"eval", "exec", "getattr", "globals", "input", "open", "vars"})
_LEFT_OUT = frozenset({"__pycache__", ".pytest_cache"})


class ReplayInputs:
    """Hashes the inputs of one session's replays; what trials share is read once."""

    def __init__(self, settings: Settings) -> None:
        self._shared = hash_part(
            [
                __version__,
                sys.version,
                _hash_package(),
                _list_installed(),
                settings.model_dump_json(),
            ]
        )
        self._suites: dict[Path, str | None] = {}
        self._is_pure = cache(_is_pure)
        self._variants: dict[str, str] = {}
        self._last_scenario: tuple[Scenario, str] | None = None
        self._last: tuple[Cell, str | None] | None = None

    def hash_trial(self, trial: Trial) -> str | None:
        """Return the hash of all that a trial's record depends on; None where that is in doubt."""
        # The trials of one cell come one after another.
        if self._last is None or self._last[0] is not trial.cell:
            self._last = trial.cell, self._hash_cell(trial.cell)
        shared, recording = self._last[1], _hash_recording(trial.location)
        if shared is None or recording is None:
            return None
        return hashlib.sha256(f"{shared} {trial.id} {trial.key} {recording}".encode()).hexdigest()

    def _hash_cell(self, cell: Cell) -> str | None:
        folder = cell.scenario.suite.folder
        if folder not in self._suites:
            self._suites[folder] = self._hash_suite(folder)
        suite = self._suites[folder]
        if suite is None or (_has_custom(cell) and not self._is_pure(folder / CHECKS_FILE)):
            return None
        variant = self._variants.get(cell.variant.id) or _hash_text(cell.variant.model_dump_json())
        self._variants[cell.variant.id] = variant
        parts = [cell.model, dict(cell.parameters), cell.user_model, cell.promise, cell.judge]
        # What was read of a scenario, too: its file may have been edited since.
        scenario = self._hash_scenario(cell.scenario.scenario)
        return hash_part([self._shared, suite, variant, scenario, cell.place, *parts])

    def _hash_scenario(self, scenario: Scenario) -> str:
        # The cells of one scenario come one after another, too.
        if self._last_scenario is None or self._last_scenario[0] is not scenario:
            self._last_scenario = scenario, _hash_text(scenario.model_dump_json())
        return self._last_scenario[1]

    def _hash_suite(self, folder: Path) -> str | None:
        """Hash the files of a suite but for its recordings, and every conftest.py above it."""
        total = hashlib.sha256()
        above = [parent / "conftest.py" for parent in (folder, *folder.parents)]
        for path in (*above, *_walk(folder)):
            content = _read(path)
            if content is None:
                return None
            kind = f"{path}\0{_read_mode(path)}\0".encode("utf-8", "surrogateescape")
            total.update(hashlib.sha256(kind + content).digest())
        return total.hexdigest()


def _hash_recording(location: Location) -> str | None:
    """Hash all files of a recording that a record depends on; None where one cannot be read."""
    total = hashlib.sha256()
    for path in location.list_inputs():
        try:
            content = b"+" + read_regular_file(path, MAX_BYTES)
        except FileNotFoundError:
            content = b""
        except OSError:
            return None
        total.update(hashlib.sha256(content).digest())
    return total.hexdigest()


def _hash_text(text: str) -> str:
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def _walk(folder: Path) -> Iterator[Path]:
    for base, folders, files in os.walk(folder):
        if Path(base) == folder:
            folders[:] = [name for name in folders if name != "cassettes"]
        folders[:] = sorted(name for name in folders if name not in _LEFT_OUT)
        links = [name for name in folders if Path(base, name).is_symlink()]
        yield from (Path(base, name) for name in sorted([*files, *links]))


def _read(path: Path) -> bytes | None:
    """Return what a file or a link holds, and nothing for none; None for anything else."""
    try:
        link = b"-> " + os.fsencode(path.readlink()) if path.is_symlink() else b""
        if link and path.is_dir():
            return link
        if not stat.S_ISREG(path.stat().st_mode):
            return None
        return link + b"+" + path.read_bytes()
    except FileNotFoundError:
        return b""
    except OSError:
        return None


def _read_mode(path: Path) -> int:
    try:
        return path.lstat().st_mode & 0o111
    except OSError:
        return 0


@cache
def _hash_package() -> str:
    """Hash the source of promptverdict: a version says nothing of one that is being worked on."""
    total = hashlib.sha256()
    folder = Path(promptverdict.__file__).parent
    for base, folders, files in os.walk(folder):
        folders[:] = sorted(name for name in folders if name != "__pycache__")
        for name in sorted(name for name in files if name.endswith(".py")):
            path = Path(base, name)
            total.update(f"{path.relative_to(folder)}\0".encode() + path.read_bytes())
    return total.hexdigest()


@cache
def _list_installed() -> list[str]:
    """List what is installed, with versions: graders read with libraries."""
    folders = [Path(place) for place in sys.path if Path(place).is_dir()]
    return sorted(path.name for folder in folders for path in folder.glob("*-info"))


def _has_custom(cell: Cell) -> bool:
    # Inside of other graders they are never called.
    return any(isinstance(grader, Custom) for grader in cell.scenario.scenario.grades.values())


def _is_pure(checks: Path) -> bool:
    """Return whether nothing but the evidence can decide what a checks.py answers."""
    try:
        nodes = list(ast.walk(ast.parse(checks.read_bytes())))
    except (OSError, SyntaxError, ValueError):
        return False
    for node in nodes:
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            names = ["." if node.level else str(node.module)]
        elif isinstance(node, ast.Name):
            if node.id in _IMPURE or node.id.startswith("__"):
                return False
            continue
        elif isinstance(node, ast.Global):
            return False
        else:
            continue
        if any(name.partition(".")[0] not in _PURE for name in names):
            return False
    return True
