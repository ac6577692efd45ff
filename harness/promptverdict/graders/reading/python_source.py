"""Python sources as graders see them: what a file defines, and what its definitions mean.

Comments, formatting and docstrings are nothing here, and a definition that only raises
NotImplementedError is not there yet. What is remembered is a function of a file's content alone, so
that the many trees and trials that share a file read it once.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator
from functools import cache, lru_cache
from typing import Any

from promptverdict.trials.tree import Tree

Function = ast.FunctionDef | ast.AsyncFunctionDef
_FUNCTION = (ast.FunctionDef, ast.AsyncFunctionDef)


def read_source(tree: Tree, path: str) -> bytes | None:
    """Read the bytes of a path; None when it is no file."""
    node = tree.get(path)
    return node.content if node and node.kind == "file" else None


@lru_cache(maxsize=256)
def parse_module(content: bytes) -> ast.Module | None:
    """Parse a module without its docstrings; None when it is no Python."""
    try:
        module = ast.parse(content)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None
    _take_docstring(module)
    for node in list_statements(module):
        if isinstance(node, (ast.ClassDef, *_FUNCTION)):
            _take_docstring(node)
    return module


def list_statements(module: ast.Module) -> Iterator[ast.stmt]:
    """List every statement, nested ones too. No expression holds a statement."""
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
def list_defined_names(content: bytes) -> tuple[str, ...]:
    """List what a module defines: functions, classes, methods with their class, computed values."""
    module = parse_module(content)
    return tuple(dict(_list_defined(module.body, ""))) if module else ()


@lru_cache(maxsize=512)
def map_definitions(content: bytes) -> dict[str, str]:
    """Map what a module defines to its meaning.

    A class alone is its bases and attributes; its methods have entries of their own.
    """
    module = parse_module(content)
    defined = dict(_list_defined(module.body, "")) if module else {}
    return {name: _describe_meaning(node) for name, node in defined.items()}


def map_bodies(content: bytes) -> dict[str, list[str]]:
    """Map each function of a module to the lines of its body, without indentation."""
    module = parse_module(content)
    defined = dict(_list_defined(module.body, "")) if module else {}
    return {
        name: [line.strip() for part in node.body for line in ast.unparse(part).splitlines()]
        for name, node in defined.items()
        if isinstance(node, _FUNCTION)
    }


def _list_defined(body: list[ast.stmt], within: str) -> Iterator[tuple[str, ast.stmt]]:
    for node in body:
        if isinstance(node, _FUNCTION):
            if not is_stub(node):
                yield within + node.name, node
        elif isinstance(node, ast.ClassDef):
            yield within + node.name, node
            yield from _list_defined(node.body, f"{within}{node.name}.")
        elif within or not isinstance(node, ast.Assign | ast.AnnAssign):
            continue
        elif not _is_plain(node.value):
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            yield from ((target.id, node) for target in targets if isinstance(target, ast.Name))


def _describe_meaning(node: ast.stmt) -> str:
    if not isinstance(node, ast.ClassDef):
        return _describe(node)
    rest = [_describe(member) for member in node.body if not isinstance(member, _FUNCTION)]
    head = [_describe(part) for part in (*node.bases, *node.keywords, *node.decorator_list)]
    return repr((head, rest))


@lru_cache(maxsize=2048)
def _describe(node: ast.AST) -> str:
    """Describe a part of a module; several descriptions of one module hold the same parts."""
    return _format_node(node)


def _format_node(node: Any) -> str:
    """Format a node so that two give one text where ast.dump gives one, in half of its time.

    Whether a name is read or written follows from its place and is left out.
    """
    kind: Any = type(node)
    if kind is ast.Name:
        return f"Name({node.id})"
    if kind is list:
        return f"[{','.join([_format_node(part) for part in node])}]"
    names = _list_fields(kind)
    if names is None:
        return repr(node)
    return f"{kind.__name__}({','.join([_format_node(getattr(node, name)) for name in names])})"


@cache
def _list_fields(kind: type[Any]) -> tuple[str, ...] | None:
    if not issubclass(kind, ast.AST):
        return None
    return tuple(name for name in kind._fields if name not in ("ctx", "type_comment"))


@lru_cache(maxsize=512)
def describe_without_stubs(content: bytes) -> tuple[str, ...] | None:
    """Describe what a module means, stubs aside; None when it is no Python."""
    module = parse_module(content)
    kept = []
    for node in module.body if module else []:
        if isinstance(node, ast.ClassDef):
            rest = [
                _describe(n) for n in node.body if not (isinstance(n, _FUNCTION) and is_stub(n))
            ]
            kept.append(repr((node.name, [_describe(base) for base in node.bases], rest)))
        elif not (isinstance(node, _FUNCTION) and is_stub(node)):
            kept.append(_describe(node))
    return tuple(kept) if module else None


def is_stub(node: Function) -> bool:
    """Whether a definition does nothing but raise NotImplementedError."""
    if len(node.body) != 1 or not isinstance(node.body[0], ast.Raise) or not node.body[0].exc:
        return False
    raised = node.body[0].exc
    raised = raised.func if isinstance(raised, ast.Call) else raised
    return isinstance(raised, ast.Name) and raised.id == "NotImplementedError"


def _is_plain(value: ast.expr | None) -> bool:
    """Whether a value is a number, a text or None, which need no test of their own."""
    if isinstance(value, ast.BinOp):
        return _is_plain(value.left) and _is_plain(value.right)
    if isinstance(value, ast.Call) and isinstance(value.func, ast.Name):
        return value.func.id in {"Decimal", "Fraction"} and all(map(_is_plain, value.args))
    return value is None or isinstance(value, ast.Constant | ast.UnaryOp)


def is_public(name: str) -> bool:
    """Whether no part of a dotted name begins with an underscore."""
    return not any(part.startswith("_") for part in name.split("."))


def describe_function(content: bytes, title: str) -> str | None:
    """Describe a function of a module without its decorators; None when it is not there.

    title: names joined by `::`, with or without pytest's parameters. Without one: the module.
    """
    return _describe_body(content, title.partition("[")[0])


@lru_cache(maxsize=1024)
def list_test_functions(content: bytes) -> tuple[str, ...]:
    """List the tests of a module that are to run: `test_a`, `TestB::test_c`; none skipped."""
    module = parse_module(content)
    return tuple(_list_tests(module.body, "")) if module else ()


def _list_tests(body: list[ast.stmt], within: str) -> Iterator[str]:
    for node in body:
        if not isinstance(node, (ast.ClassDef, *_FUNCTION)) or is_skipped_test(node):
            continue
        if isinstance(node, ast.ClassDef):
            yield from _list_tests(node.body, f"{within}{node.name}::")
        elif node.name.startswith("test"):
            yield within + node.name


def is_skipped_test(node: ast.ClassDef | Function) -> bool:
    """Whether a decorator, or a call in the body, says that a test is not to run or to fail."""
    marks = [ast.dump(decorator) for decorator in node.decorator_list]
    if isinstance(node, _FUNCTION):
        calls = (
            statement.value
            for statement in node.body
            if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call)
        )
        marks += [ast.dump(call.func) for call in calls]
    return any(
        "skip" in mark.lower() or "xfail" in mark or "expectedFail" in mark for mark in marks
    )


def find_definitions(content: bytes, title: str) -> list[ast.ClassDef | Function]:
    """Find a test and the classes around it, outermost first; nothing where one is not there.

    title: names joined by `::`.
    """
    module = parse_module(content)
    found: list[ast.ClassDef | Function] = []
    body: list[ast.stmt] = module.body if module else []
    for name in filter(None, title.split("::")):
        named = [n for n in body if isinstance(n, (ast.ClassDef, *_FUNCTION)) and n.name == name]
        if not named:
            return []
        # The last definition of a name is the one that Python keeps.
        found.append(named[-1])
        body = named[-1].body
    return found


@lru_cache(maxsize=1024)
def _describe_body(content: bytes, title: str) -> str | None:
    module = parse_module(content)
    if module is None or not title:
        return _format_node(module) if module else None
    found = find_definitions(content, title)
    return repr([_describe(statement) for statement in found[-1].body]) if found else None
