"""Imports a suite's checks.py: its own graders, which run on this machine as the user's code."""

from __future__ import annotations

import importlib.util
import os
import sys
from collections.abc import Callable
from pathlib import Path

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import LFS_POINTER, describe_read_error, read_regular_file
from promptverdict.core.paths import display_path
from promptverdict.scenarios.discovery import is_data
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.grade import Finding

CHECKS_FILE = "checks.py"
MAX_BYTES = 2_000_000
"""Size of the largest checks.py that is imported."""


def load_functions(path: Path) -> dict[str, Callable[[Evidence], Finding]]:
    """Import a checks.py and return its public functions by name. Raises InputError.

    What it imports from elsewhere is none of them.
    """
    if problem := _find_problem(path):
        raise InputError([Problem(display_path(path), *problem)])
    # Loaded by its path: all suites' files have one name, and their folders are no packages.
    spec = importlib.util.spec_from_file_location(f"_checks_of_{path.parent.name}", path)
    if spec is None or spec.loader is None:
        raise InputError([Problem(display_path(path), "cannot be imported", "name it checks.py")])
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module  # dataclasses look their module up
    try:
        spec.loader.exec_module(module)
    except (Exception, SystemExit) as error:  # the file is no program that may end this one
        # Code may raise anything: of a text of many lines the first says what it is.
        words = str(error).strip().partition("\n")[0]
        found = f"{type(error).__name__}: {words:.200}"
        raise InputError([Problem(display_path(path), found, "correct the file")]) from error
    return {
        name: value
        for name, value in vars(module).items()
        if not name.startswith("_")
        and callable(value)
        and getattr(value, "__module__", "") == module.__name__
    }


def _find_problem(path: Path) -> tuple[str, str] | None:
    """Find what keeps a file from being imported, and the cure."""
    if is_data(Path(os.path.realpath(path))):
        return "a link into a suite's data, which is never run", "put the file itself here"
    try:
        content = read_regular_file(path, MAX_BYTES)
    except OSError as error:
        words = describe_read_error(error)
        if "permission" in words:
            return f"cannot be read: {words}", "check the path and its permissions"
        return "it is no regular file", "write the suite's own graders in it, or remove it"
    if content.startswith(LFS_POINTER):
        return "a Git LFS pointer", "fetch its content: git lfs pull"
    if len(content) > MAX_BYTES:
        return f"larger than {MAX_BYTES // 1_000_000} MB", "keep graders alone in it"
    return None
