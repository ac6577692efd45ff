"""Python sources as graders see them: what a file defines, and what its definitions mean.

Comments, formatting and docstrings are nothing here, and a definition that only raises
NotImplementedError is not there yet. What is remembered is a function of a file's content alone, so
that the many trees and trials that share a file read it once.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator
from fnmatch import fnmatchcase
from functools import lru_cache

from promptverdict.guest.treehash import counts
from promptverdict.trials.tree import Tree

_TEST = re.compile(r"(^|/)(tests?|docs?)/|(^|/)(test_[^/]*|conftest|[^/]*_test)\.py$")
_OTHER = re.compile(
    r"(^|/)(\.[^/]*|LICEN[CS]E|Makefile|Dockerfile|requirements[^/]*)($|/)"
    r"|\.(md|rst|txt|toml|cfg|ini|ya?ml|json|lock|pyc|db|sqlite3?|log)$"
)

Function = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


@lru_cache(maxsize=4096)
def is_production(path: str, patterns: tuple[str, ...]) -> bool:
    """Tell production files from tests, and without patterns from configuration and docs too."""
    if not counts(path) or _TEST.search(path):
        return False
    return any(fnmatchcase(path, one) for one in patterns) if patterns else not _OTHER.search(path)


def source(tree: Tree, path: str) -> bytes | None:
    """Give the bytes of a file, if it is one."""
    node = tree.get(path)
    return node.content if node and node.kind == "file" else None


@lru_cache(maxsize=256)
def parsed(content: bytes) -> ast.Module | None:
    """Parse a module; nothing when it is no Python. Docstrings are taken out."""
    try:
        module = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    _take_docstring(module)
    for node in statements(module):
        if isinstance(node, (ast.ClassDef, *_FUNCTION)):
            _take_docstring(node)
    return module


def statements(module: ast.Module) -> Iterator[ast.stmt]:
    """Give every statement, those inside others too. No expression holds one."""
    todo: list[ast.AST] = [*module.body]
    while todo:
        node = todo.pop()
        if isinstance(node, ast.stmt):
            yield node
        for field in ("body", "orelse", "handlers", "finalbody", "cases"):
            inner = getattr(node, field, None)
            if inner:
                todo += inner


def _take_docstring(node: ast.Module | ast.ClassDef | Function) -> None:
    match node.body[:1]:
        case [ast.Expr(value=ast.Constant(value=str()))]:
            node.body = node.body[1:]


@lru_cache(maxsize=2048)
def defined_names(content: bytes) -> tuple[str, ...]:
    """Name what a module defines: functions, classes, methods with their class, values made."""
    module = parsed(content)
    return tuple(dict(_defined(module.body, ""))) if module else ()


@lru_cache(maxsize=512)
def definitions(content: bytes) -> dict[str, str]:
    """Map what a module defines to its meaning.

    A class alone is its bases and attributes; its methods have entries of their own.
    """
    module = parsed(content)
    found = dict(_defined(module.body, "")) if module else {}
    return {name: _meaning(node) for name, node in found.items()}


def _defined(body: list[ast.stmt], within: str) -> Iterator[tuple[str, ast.stmt]]:
    for node in body:
        if isinstance(node, _FUNCTION):
            if not is_stub(node):
                yield within + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield within + node.name, node
            yield from _defined(node.body, f"{within}{node.name}.")
        elif within or not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        elif not _is_plain(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((one.id, node) for one in targets if isinstance(one, ast.Name))


def _meaning(node: ast.stmt) -> str:
    if not isinstance(node, ast.ClassDef):
        return ast.dump(node)
    rest = [ast.dump(one) for one in node.body if not isinstance(one, _FUNCTION)]
    head = [ast.dump(one) for one in (*node.bases, *node.keywords, *node.decorator_list)]
    return repr((head, rest))


@lru_cache(maxsize=512)
def meaning_without_stubs(content: bytes) -> tuple[str, ...] | None:
    """Give what a module means, stubs aside; nothing when it is no Python."""
    module = parsed(content)
    kept = []
    for node in module.body if module else []:
        if isinstance(node, ast.ClassDef):
            rest = [ast.dump(n) for n in node.body if not (isinstance(n, _FUNCTION) and is_stub(n))]
            kept.append(repr((node.name, [ast.dump(one) for one in node.bases], rest)))
        elif not (isinstance(node, _FUNCTION) and is_stub(node)):
            kept.append(ast.dump(node))
    return tuple(kept) if module else None


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
    path, *names = node_id.partition("[")[0].split("::")
    content = source(tree, path)
    return None if content is None else _body(content, tuple(names))


@lru_cache(maxsize=1024)
def _body(content: bytes, names: tuple[str, ...]) -> str | None:
    module = parsed(content)
    if module is None or not names:
        return ast.dump(module) if module else None
    body: list[ast.stmt] = module.body
    for name in names:
        found = [n for n in body if isinstance(n, (ast.ClassDef, *_FUNCTION)) and n.name == name]
        if not found:
            return None
        body = found[-1].body
    return repr([ast.dump(one) for one in body])
