"""Reads the files of a folder as a tree: an agent's workspace, a suite's probes."""

from __future__ import annotations

import os
import stat
from pathlib import Path

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import describe_read_error, read_regular_file
from promptverdict.core.paths import display_path
from promptverdict.trials.tree import Node

MAX_FILE_BYTES = 64 * 2**20
"""Of one file: what sandbox/limits.py lets a command write."""

MAX_TREE_BYTES = 128 * 2**20
"""Of all files together: what sandbox/limits.py lets a command hold."""

_IGNORED = {"__pycache__", ".pytest_cache", ".DS_Store"}
"""What tools leave behind beside files that somebody wrote."""


def read_tree(folder: Path) -> dict[str, Node]:
    """Read the files below a folder, by their paths in it; empty where there is no such folder.

    Links stay links. Raises InputError with all that is neither a file nor a link, or too large.
    """
    tree: dict[str, Node] = {}
    problems: list[Problem] = []
    size = 0
    for base, folders, files in os.walk(folder, onerror=_raise_unreadable):
        # os.walk counts links to folders among the folders.
        links = [name for name in folders if Path(base, name).is_symlink()]
        folders[:] = sorted(name for name in folders if name not in {*_IGNORED, *links})
        for name in sorted({*files, *links} - _IGNORED):
            path = Path(base, name)
            try:
                tree[path.relative_to(folder).as_posix()] = node = _read_node(path)
            except InputError as error:
                problems += error.problems
                continue
            size += len(node.content)
            if size > MAX_TREE_BYTES:
                raise _build_too_large(folder)
    if problems:
        raise InputError(problems)
    return tree


def _read_node(path: Path) -> Node:
    try:
        status = path.lstat()
        if stat.S_ISLNK(status.st_mode):
            return Node("link", os.fsencode(path.readlink()), 0o777)
        if not stat.S_ISREG(status.st_mode):
            found = "this is neither a file nor a link, and cannot be given to an agent"
            raise InputError([Problem(display_path(path), found, "remove it")])
        # As git does: of a file's mode only the owner's right to execute counts.
        mode = 0o755 if status.st_mode & 0o100 else 0o644
        content = read_regular_file(path, MAX_FILE_BYTES)
    except OSError as error:
        raise _build_unreadable(path, error) from error
    if len(content) > MAX_FILE_BYTES:
        found = f"larger than {MAX_FILE_BYTES // 2**20} MB, the most that an agent may write"
        raise InputError([Problem(display_path(path), found, "leave it out, or make it smaller")])
    return Node("file", content, mode)


def _raise_unreadable(error: OSError) -> None:
    # There may be no such folder: then there are no files.
    if not isinstance(error, FileNotFoundError):
        raise _build_unreadable(Path(error.filename), error)


def _build_too_large(folder: Path) -> InputError:
    found = (
        f"its files have more than {MAX_TREE_BYTES // 2**20} MB, the most that an agent may hold"
    )
    return InputError([Problem(display_path(folder), found, "leave some of them out")])


def _build_unreadable(path: Path, error: OSError) -> InputError:
    found = f"cannot be read: {describe_read_error(error)}"
    return InputError([Problem(display_path(path), found, "check the path and its permissions")])
