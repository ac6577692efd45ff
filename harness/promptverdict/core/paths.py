"""Paths as a person reads them."""

from __future__ import annotations

import os
from pathlib import Path


def display_path(path: Path) -> str:
    """Format a path as seen from the working folder if it lies below it, and else as it is.

    A link is named, and not what it leads to.
    """
    here = os.path.realpath(Path.cwd())
    # Links above it are resolved: the working folder may have been reached through one.
    parent = os.path.realpath(path.absolute().parent)
    for place in (Path(parent, path.name), Path(os.path.realpath(path))):
        if place.is_relative_to(here):
            return place.relative_to(here).as_posix()
    return str(path)
