"""Paths as a person reads them."""

from __future__ import annotations

import os
from functools import lru_cache
from pathlib import Path


def display_path(path: Path) -> str:
    """Format a path as seen from the working folder if it lies below it, and else as it is.

    A link is named, and not what it leads to.
    """
    return _display_path(str(path), os.getcwd())  # noqa: PTH109  this is asked for each file


# For each file of a suite several times: its parts are worked out once.
@lru_cache(maxsize=4096)
def _display_path(written: str, working_folder: str) -> str:
    here = _resolve_folder(working_folder)
    folder, name = os.path.split(os.path.join(working_folder, written))  # noqa: PTH118  see above
    below = os.path.join(here, "")  # noqa: PTH118
    if name not in ("", ".", "..") and f"{_resolve_folder(folder)}{os.sep}".startswith(below):
        whole = os.path.join(_resolve_folder(folder), name)  # noqa: PTH118
        return whole[len(below) :].replace(os.sep, "/")
    path = Path(written)
    # Links above it are resolved: the working folder may have been reached through one.
    parent = _resolve_folder(str(Path(working_folder, path).parent))
    place = Path(parent, path.name)
    if not place.is_relative_to(here):
        place = Path(os.path.realpath(path))
    return place.relative_to(here).as_posix() if place.is_relative_to(here) else str(path)


@lru_cache(maxsize=1024)
def _resolve_folder(folder: str) -> str:
    """Resolve the links in an absolute path; most paths that are shown lie in few folders."""
    return os.path.realpath(folder)
