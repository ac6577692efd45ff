"""Where a test stands in a tree, and what it says there, in whatever language it is written."""

from __future__ import annotations

import re

from promptverdict.graders.reading.brace_source import (
    find_test_block,
    is_braced,
    is_skipped_block,
    list_rust_tests,
    list_titles,
    map_blocks,
)
from promptverdict.graders.reading.file_kinds import is_test_file
from promptverdict.graders.reading.parametrized import has_new_case
from promptverdict.graders.reading.python_source import (
    describe_function,
    list_test_functions,
    read_source,
)
from promptverdict.graders.reading.wrappers import find_path
from promptverdict.trials.tree import Tree

_PARAMETERS = re.compile(r"\[.*\]$", re.S)


def split_id(id_: str) -> tuple[str, str]:
    """Split `path::title` into its two parts; a file has no title."""
    path, _, title = id_.partition("::")
    return path, title


def describe_test(tree: Tree, id_: str) -> str | None:
    """Describe what a test does, without its decorators; None when it is not there.

    For a test file as a whole (one that could not be loaded): what the file means.
    """
    path, title = split_id(id_)
    content = read_source(tree, path)
    if content is None:
        return None
    if path.endswith(".py"):
        return describe_function(content, title)
    if not title:
        return content.decode("utf-8", "replace")
    return find_test_block(content, get_last_title(path, title)) if is_braced(path) else None


def is_new(start: Tree, tree: Tree, id_: str) -> bool:
    """Whether a test, or the case of it, is not what it was at the start: the agent wrote it."""
    old = describe_test(start, id_)
    if old is None or old != describe_test(tree, id_):
        return True
    path, title = split_id(id_)
    if not path.endswith(".py"):
        return False
    before, after = read_source(start, path), read_source(tree, path)
    return before is not None and after is not None and has_new_case(before, after, title)


def is_gone(before: Tree, after: Tree, id_: str) -> bool:
    """Whether a test that stood in a tree does not stand in a later one.

    A test whose lines are not found in the first (inherited, made by a loop) goes with its file.
    """
    path = split_id(id_)[0]
    if not path or path not in before:
        return False
    if path not in after:
        return True
    return describe_test(after, id_) is None and describe_test(before, id_) is not None


def is_skipped(tree: Tree, id_: str) -> bool:
    """Whether the source of a test says that it is not to be run."""
    path, title = split_id(id_)
    if path.endswith(".py"):
        return get_function(title) not in list_test_functions(read_source(tree, path) or b"")
    block = describe_test(tree, id_)
    return block is not None and is_skipped_block(block)


def list_tests(tree: Tree, path: str) -> list[str]:
    """List the tests of a file, or of a package of Go, that are to run, by their source."""
    content = read_source(tree, path) or b""
    if path.endswith(".py"):
        return [f"{path}::{name}" for name in list_test_functions(content)]
    if path.endswith(".go") or path not in tree:
        return _list_go_tests(tree, path)
    titles = list_rust_tests(content) if path.endswith(".rs") else list_titles(content)
    return [f"{path}::{title}" for title in titles]


def get_last_title(path: str, title: str) -> str:
    """Return the name by which a test's own lines begin: the last part of its title."""
    if path.endswith(".go"):
        return title.partition("/")[0]
    return title.rpartition(" > ")[2].rpartition("::")[2]


def get_short_id(id_: str) -> tuple[str, str]:
    """Return the file of a test and the last part of its title: all that its source may show."""
    path, title = split_id(id_)
    return path, get_last_title(path, title)


def get_function(id_: str) -> str:
    """Return the id without the parameters that pytest adds."""
    return _PARAMETERS.sub("", id_)


def resolve_id(tree: Tree, id_: str) -> str:
    """Return the id with the path as it stands in the tree, found by the title where none is given.

    Where no file, or more than one, fits, the id stays without a path: `::title`.
    """
    path, title = split_id(id_)
    found = find_path(tree, path) if path else None
    if not found and path.endswith(".go"):
        package, _, name = path.rpartition("/")
        found = find_path(tree, f"{_find_go_folder(tree, package) or ''}/{name}".lstrip("/"))
    if found and (not title or _names_test(tree, found, title)):
        return f"{found}::{title}" if title else found
    if not title:
        return id_
    folder = _find_go_folder(tree, path) if path else None
    holders = [
        other
        for other in tree
        if (is_test_file(other) or other.endswith(".rs"))
        and (folder is None or other.rpartition("/")[0] == folder)
        and _names_test(tree, other, title)
    ]
    if len(holders) == 1:
        return f"{holders[0]}::{title}"
    return f"{found or ''}::{title}"


def _list_go_tests(tree: Tree, place: str) -> list[str]:
    """List the tests of a file of Go or of a package: without -v only failures are named."""
    folder = None if place in tree else _find_go_folder(tree, place)
    return [
        f"{path}::{name}"
        for path in tree
        if path.endswith("_test.go") and (path == place or path.rpartition("/")[0] == folder)
        for name in map_blocks(read_source(tree, path) or b"")
        if re.match(r"Test(?![a-z])", name)
    ]


def _names_test(tree: Tree, path: str, title: str) -> bool:
    if path.endswith(".py"):
        return True
    return describe_test(tree, f"{path}::{title}") is not None


def _find_go_folder(tree: Tree, package: str) -> str | None:
    """Find the folder of a package by the module's name in go.mod."""
    for path in tree:
        if path.rpartition("/")[2] == "go.mod":
            module = re.search(rb"^module\s+(\S+)", read_source(tree, path) or b"", re.M)
            name = module[1].decode("utf-8", "replace") if module else ""
            if name and (package == name or package.startswith(f"{name}/")):
                parts = (path.rpartition("/")[0], package.removeprefix(name).strip("/"))
                return "/".join(filter(None, parts))
    return None
