"""Imports a suite's checks.py: its own graders, which run on this machine as the user's code."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Callable
from pathlib import Path

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import LFS_POINTER
from promptverdict.core.paths import display_path
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.grade import Finding

CHECKS_FILE = "checks.py"


def load_functions(path: Path) -> dict[str, Callable[[Evidence], Finding]]:
    """Import a checks.py and return its public functions by name. Raises InputError.

    What it imports from elsewhere is none of them.
    """
    if not path.is_file():
        found, cure = "it is no regular file", "write the suite's own graders in it, or remove it"
        raise InputError([Problem(display_path(path), found, cure)])
    with path.open("rb") as file:
        if file.read(len(LFS_POINTER)) == LFS_POINTER:
            cure = "fetch its content: git lfs pull"
            raise InputError([Problem(display_path(path), "a Git LFS pointer", cure)])
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
