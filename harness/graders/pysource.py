"""Python sources of a tree as graders see them: what a file defines, imports, and what an edit did.

Comments, formatting and docstrings are nothing here, and a definition that only raises
NotImplementedError is not there yet.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from fnmatch import fnmatchcase
from functools import lru_cache
from typing import Literal

from harness.guest.treehash import counts
from harness.tree import Tree

_TEST = re.compile(r"(^|/)(tests?|docs?)/|(^|/)(test_[^/]*|conftest|[^/]*_test)\.py$")
_OTHER = re.compile(
    r"(^|/)(\.[^/]*|LICEN[CS]E|Makefile|Dockerfile|requirements[^/]*)($|/)"
    r"|\.(md|rst|txt|toml|cfg|ini|ya?ml|json|lock|pyc|db|sqlite3?|log)$"
)

_DYNAMIC = frozenset({"importlib", "subprocess", "runpy"})

Kind = Literal["cosmetic", "adds", "changes"]
Function = ast.FunctionDef | ast.AsyncFunctionDef


def is_production(path: str, patterns: tuple[str, ...]) -> bool:
    """Tell production files from tests, and without patterns from configuration and docs too."""
    if not counts(path) or _TEST.search(path):
        return False
    return any(fnmatchcase(path, one) for one in patterns) if patterns else not _OTHER.search(path)


def source(tree: Tree, path: str) -> bytes | None:
    """Give the bytes of a file, if it is one."""
    node = tree.get(path)
    return node.content if node and node.kind == "file" else None


@lru_cache(maxsize=2048)
def parsed(content: bytes) -> ast.Module | None:
    """Parse a module; nothing when it is no Python. Docstrings are taken out."""
    try:
        module = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    for node in ast.walk(module):
        if isinstance(node, ast.Module | ast.ClassDef | Function) and _is_text(node.body[:1]):
            node.body = node.body[1:]
    return module


def _is_text(body: list[ast.stmt]) -> bool:
    return any(
        isinstance(one, ast.Expr)
        and isinstance(one.value, ast.Constant)
        and isinstance(one.value.value, str)
        for one in body
    )


@lru_cache(maxsize=2048)
def definitions(content: bytes) -> dict[str, str]:
    """Map what a module defines to its meaning: functions, classes, methods, values that are made.

    A class alone is its bases and attributes; its methods have entries of their own.
    """
    module = parsed(content)
    return dict(_defined(module.body, "")) if module else {}


def _defined(body: list[ast.stmt], within: str) -> Iterator[tuple[str, str]]:
    for node in body:
        if isinstance(node, Function):
            if not is_stub(node):
                yield within + node.name, ast.dump(node)
        elif isinstance(node, ast.ClassDef):
            rest = [ast.dump(one) for one in node.body if not isinstance(one, Function)]
            head = [ast.dump(one) for one in (*node.bases, *node.keywords, *node.decorator_list)]
            yield within + node.name, repr((head, rest))
            yield from _defined(node.body, f"{within}{node.name}.")
        elif within or not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        elif not _is_plain(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((one.id, ast.dump(node)) for one in targets if isinstance(one, ast.Name))


def is_stub(node: Function) -> bool:
    """Tell a definition that does nothing but raise NotImplementedError."""
    if len(node.body) != 1 or not isinstance(node.body[0], ast.Raise) or not node.body[0].exc:
        return False
    raised = node.body[0].exc
    raised = raised.func if isinstance(raised, ast.Call) else raised
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def _is_plain(value: ast.expr | None) -> bool:
    """Tell a number, a text or nothing, which needs no test of its own."""
    if isinstance(value, ast.BinOp):
        return _is_plain(value.left) and _is_plain(value.right)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return value.func.id in {"Decimal", "Fraction"} and all(map(_is_plain, value.args))
    return value is None or isinstance(value, ast.Constant | ast.UnaryOp)


def is_public(name: str) -> bool:
    """Whether no part of a dotted name begins with an underscore."""
    return not any(part.startswith("_") for part in name.split("."))


def function_body(tree: Tree, node_id: str) -> str | None:
    """Give the meaning of a test's function without its decorators; nothing when it is not there.

    For a test file as a whole (what pytest could not collect): the meaning of the file.
    """
    path, *names = re.sub(r"\[.*", "", node_id, flags=re.DOTALL).split("::")
    module = parsed(source(tree, path) or b"") if source(tree, path) is not None else None
    body: list[ast.stmt] = module.body if module else []
    if module is None or not names:
        return ast.dump(module) if module else None
    for name in names:
        found = [n for n in body if isinstance(n, Function | ast.ClassDef) and n.name == name]
        if not found:
            return None
        body = found[-1].body
    return repr([ast.dump(one) for one in body])


@dataclass(frozen=True)
class Edit:
    """What one call did to the production files."""

    paths: tuple[str, ...]
    kind: Kind
    """Cosmetic: no meaning changed or stubs only; adds: something public that was not there."""
    names: frozenset[str]
    """Definitions that are new or mean something else."""
    restructures: bool
    """Code was moved: a definition is gone, or came while another one changed."""


def edit_between(before: Tree, after: Tree, patterns: tuple[str, ...]) -> Edit | None:
    """Compare the production files of two trees; nothing when they are the same."""
    paths = sorted(
        path
        for path in before.keys() | after.keys()
        if is_production(path, patterns)
        and before.get(path) != after.get(path)
        and source(before, path) != source(after, path)
    )
    if not paths:
        return None
    meaning = [path for path in paths if not _same_meaning(before, after, path)]
    old, new = _all_definitions(before, meaning), _all_definitions(after, meaning)
    come, gone = new.keys() - old.keys(), old.keys() - new.keys()
    changed = {name for name in new.keys() & old.keys() if new[name] != old[name]}
    kind: Kind = "changes" if meaning else "cosmetic"
    if any(is_public(name) for _, name in come):
        kind = "adds"
    names = frozenset(name for _, name in come | changed)
    return Edit(tuple(paths), kind, names, bool(gone) or bool(come and changed))


def _same_meaning(before: Tree, after: Tree, path: str) -> bool:
    """Whether a file means the same, stubs aside."""
    if not path.endswith(".py"):
        return False
    old, new = parsed(source(before, path) or b""), parsed(source(after, path) or b"")
    return bool(old and new) and _without_stubs(old) == _without_stubs(new)


def _without_stubs(module: ast.Module | None) -> list[str]:
    kept = []
    for node in module.body if module else []:
        if isinstance(node, ast.ClassDef):
            rest = [ast.dump(n) for n in node.body if not (isinstance(n, Function) and is_stub(n))]
            kept.append(repr((node.name, [ast.dump(one) for one in node.bases], rest)))
        elif not (isinstance(node, Function) and is_stub(node)):
            kept.append(ast.dump(node))
    return kept


def _all_definitions(tree: Tree, paths: Iterable[str]) -> dict[tuple[str, str], str]:
    return {
        (path, name): meaning
        for path in paths
        if path.endswith(".py")
        for name, meaning in definitions(source(tree, path) or b"").items()
    }


def modules(tree: Tree) -> dict[str, set[str]]:
    """Map the names by which a module may be imported, from any folder above it, to its path."""
    found: dict[str, set[str]] = {}
    for path in tree:
        if path.endswith(".py") and counts(path):
            parts = re.sub(r"(/__init__)?\.py$", "", path).split("/")
            for cut in range(len(parts)):
                found.setdefault(".".join(parts[cut:]), set()).add(path)
    return found


def reaches(tree: Tree, test: str, targets: Iterable[str]) -> bool:
    """Whether a test file can come to a production file by imports, or it cannot be told."""
    known, wanted = modules(tree), set(targets)
    if not all(path.endswith(".py") for path in wanted):
        return True
    todo = [test] + [path for path in tree if path.rpartition("/")[2] == "conftest.py"]
    seen: set[str] = set()
    while todo:
        path = todo.pop()
        module = parsed(source(tree, path) or b"")
        if path in seen or module is None:
            continue
        seen.add(path)
        names = set(_imported(module, path))
        whole = {p for n in names for p in known.get(n.removesuffix(".*"), ()) if n.endswith(".*")}
        folders = tuple(p.removesuffix("__init__.py") for p in whole if p.endswith("/__init__.py"))
        if names & _DYNAMIC or path in wanted or any(p.startswith(folders) for p in wanted):
            return True
        parents = {name.rpartition(".")[0] for name in names}
        todo += [one for name in names | parents for one in known.get(name, ())]
    return False


def _imported(module: ast.Module, path: str) -> Iterator[str]:
    """Name what a module imports; `package.*` where all of a package is at hand by its name."""
    for node in ast.walk(module):
        if isinstance(node, ast.Import):
            yield from (name for one in node.names for name in (one.name, f"{one.name}.*"))
        elif isinstance(node, ast.ImportFrom):
            above = path.split("/")[: -node.level] if node.level else []
            base = ".".join([*above, *([node.module] if node.module else [])])
            yield base
            yield from (f"{base}.{one.name}".lstrip(".") for one in node.names)
