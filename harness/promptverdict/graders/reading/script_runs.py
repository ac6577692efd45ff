"""A file that tests itself, `python3 test_x.py` or `node test.js`: one test, by how it ended."""

from __future__ import annotations

import ast
from functools import lru_cache

from promptverdict.graders.reading.python_source import list_statements, parse_module, read_source
from promptverdict.graders.reading.runners.javascript import read_error
from promptverdict.graders.reading.runners.printed import PrintedRun, make_node
from promptverdict.graders.reading.runners.unittest_text import read_python_error
from promptverdict.trials.tree import Tree


def read_script(path: str, text: str, exit_code: int, tree: Tree) -> PrintedRun | None:
    """Read how a script ended; None where its exit code does not say enough.

    0 says that its checks passed if it executes any; other codes need the error that was printed,
    because a command may also end with them before the script began.
    """
    content = read_source(tree, path)
    if content is None:
        return None
    if exit_code == 0:
        checks = executes_checks(content) if path.endswith(".py") else b"assert" in content
        node = make_node(path, "passed")
        return PrintedRun("script", (node,), 1, 0, source="exit code") if checks else None
    if "Traceback (most recent call last):" in text:
        error = read_python_error(text)
    elif "Node.js v" in text[-200:]:
        error = read_error(text)
    else:
        return None
    node = make_node(path, "failed", error)
    return PrintedRun("script", (node,), 0, 1, source="exit code")


@lru_cache(maxsize=256)
def executes_checks(content: bytes) -> bool:
    """Whether a Python file asserts or calls something when it is run, and not only defines it."""
    module = parse_module(content)
    if module is None:
        return False
    kinds = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)
    run = ast.Module([node for node in module.body if not isinstance(node, kinds)], [])
    return any(
        isinstance(node, ast.Assert)
        or (isinstance(node, ast.Expr) and isinstance(node.value, ast.Call))
        for node in list_statements(run)
    )
