"""Paths as a person reads them."""

from __future__ import annotations

from pathlib import Path


def display_path(path: Path) -> str:
    """Write a path as seen from where the command was started, if it lies below."""
    try:
        return path.resolve().relative_to(Path.cwd().resolve()).as_posix()
    except ValueError:
        return str(path)
