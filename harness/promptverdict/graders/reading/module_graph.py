"""Which modules a tree holds, and whether one file can come to another by importing."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from functools import lru_cache

from promptverdict.graders.reading.python_source import list_statements, parse_module, read_source
from promptverdict.guest.treehash import counts
from promptverdict.trials.tree import Tree

_DYNAMIC = frozenset({"importlib", "subprocess", "runpy"})


def map_modules(tree: Tree) -> dict[str, set[str]]:
    """Map the names by which a module may be imported, from any folder above it, to its path."""
    paths: dict[str, set[str]] = {}
    for path in tree:
        for name in list_module_names(path):
            paths.setdefault(name, set()).add(path)
    return paths


@lru_cache(maxsize=4096)
def list_module_names(path: str) -> tuple[str, ...]:
    """List the names by which a file may be imported, longest first; none for other files."""
    if not path.endswith(".py") or not counts(path):
        return ()
    parts = re.sub(r"(/__init__)?\.py$", "", path).split("/")
    return tuple(".".join(parts[cut:]) for cut in range(len(parts)))


def can_reach(tree: Tree, test: str, targets: Iterable[str]) -> bool:
    """Whether a test file can come to a production file by imports, or that is unknown."""
    known, wanted = map_modules(tree), set(targets)
    if not all(path.endswith(".py") for path in wanted):
        return True
    todo = [test] + [path for path in tree if path.rpartition("/")[2] == "conftest.py"]
    seen: set[str] = set()
    while todo:
        path = todo.pop()
        names = _read_imports(read_source(tree, path) or b"", path)
        if path in seen or names is None:
            continue
        seen.add(path)
        whole = {p for n in names for p in known.get(n.removesuffix(".*"), ()) if n.endswith(".*")}
        folders = tuple(p.removesuffix("__init__.py") for p in whole if p.endswith("/__init__.py"))
        if names & _DYNAMIC or path in wanted or any(p.startswith(folders) for p in wanted):
            return True
        parents = {name.rpartition(".")[0] for name in names}
        todo += [module for name in names | parents for module in known.get(name, ())]
    return False


@lru_cache(maxsize=2048)
def _read_imports(content: bytes, path: str) -> frozenset[str] | None:
    """List what a module imports; None when it is no Python."""
    module = parse_module(content)
    return None if module is None else frozenset(_list_imports(module, path))


def _list_imports(module: ast.Module, path: str) -> Iterator[str]:
    """List what a module imports; `package.*` where all of a package is at hand by its name."""
    for node in list_statements(module):
        if isinstance(node, ast.Import):
            for alias in node.names:
                yield from (alias.name, f"{alias.name}.*")
        elif isinstance(node, ast.ImportFrom):
            above = path.split("/")[: -node.level] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{alias.name}".lstrip(".") for alias in node.names)
