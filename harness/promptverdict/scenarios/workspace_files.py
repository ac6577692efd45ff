"""Reads the files of a folder as a tree: an agent's workspace, a suite's probes."""

from __future__ import annotations

import os
from pathlib import Path

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.paths import display_path
from promptverdict.trials.tree import Node

_IGNORED = {"__pycache__", ".pytest_cache", ".DS_Store"}
"""What tools leave behind beside files that somebody wrote."""


def read_tree(folder: Path) -> dict[str, Node]:
    """Read the files below a folder, by their paths in it; empty where there is no such folder.

    Links stay links. Raises InputError for anything that is neither a file nor a link.
    """
    tree: dict[str, Node] = {}
    for base, folders, files in os.walk(folder, onerror=_raise_unreadable):
        # os.walk counts links to folders among the folders.
        links = [name for name in folders if Path(base, name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in {*_IGNORED, *links})
        for name in sorted({*files, *links} - _IGNORED):
            path = Path(base, name)
            tree[path.relative_to(folder).as_posix()] = _read_node(path)
    return tree


def _read_node(path: Path) -> Node:
    if path.is_symlink():
        return Node("link", os.fsencode(path.readlink()), 0o777)
    if not path.is_file():
        found = "this is neither a file nor a link, and cannot be given to an agent"
        raise InputError([Problem(display_path(path), found, "remove it")])
    # As git does: of a file's mode only the owner's right to execute counts.
    mode = 0o755 if path.stat().st_mode & 0o100 else 0o644
    try:
        return Node("file", path.read_bytes(), mode)
    except OSError as error:
        raise _build_unreadable(path, error) from error


def _raise_unreadable(error: OSError) -> None:
    # There may be no such folder: then there are no files.
    if not isinstance(error, FileNotFoundError):
        raise _build_unreadable(Path(error.filename), error)


def _build_unreadable(path: Path, error: OSError) -> InputError:
    words = (error.strerror or str(error)).lower()
    problem = Problem(display_path(path), f"cannot be read: {words}", "check its permissions")
    return InputError([problem])
