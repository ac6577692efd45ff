"""Why a test failed: for the behaviour that is missing, or for something else.

A right reason is an assertion, a stub, or something of the workspace that is not there yet. A
fixture, a syntax error or another module that cannot be imported prove nothing about the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from harness.graders.pysource import definitions, function_body, modules, source
from harness.tree import TestNode, Tree

Reason = Literal["right", "unclear", "wrong"]

_MISSING_NAME = re.compile(r"cannot import name '(?P<name>[^']+)' from '(?P<module>[^']+)'")
_MISSING_MODULE = re.compile(r"No module named '([^']+)'")
_MISSING_ATTRIBUTE = re.compile(
    r"(?:(?:type object )?'(?P<owner>\w+)'(?: object)?|module '(?P<module>[^']+)')"
    r" has no attribute '(?P<name>\w+)'"
)
_CALLED = re.compile(r"(?:\w+\.)*(\w+)\(\)")


@dataclass(frozen=True)
class Failure:
    """One test, or file of tests, that did not pass."""

    id: str
    reason: Reason
    new: bool
    """Whether the agent wrote or changed it."""
    missing_target: bool
    """Whether it failed because something of the workspace was not there."""
    words: str

    def is_same_as(self, passed: str) -> bool:
        """Whether a test that passed is this one, or was in the file that could not be read."""
        return passed == self.id or ("::" not in self.id and passed.startswith(f"{self.id}::"))


@dataclass(frozen=True)
class Known:
    """Names by which an error may speak of the workspace."""

    modules: frozenset[str]
    names: frozenset[str]

    @classmethod
    def of(cls, trees: Iterable[Tree]) -> Known:
        """Collect what any of the trees defines."""
        paths: set[str] = set()
        names: set[str] = set()
        for tree in trees:
            known = modules(tree)
            paths.update(known)
            for path in set().union(*known.values()):
                for name in definitions(source(tree, path) or b""):
                    names.update(name.split("."))
        return cls(frozenset(paths), frozenset(names))


def failure(node: TestNode, tree: Tree, start: Tree, ever: Known) -> Failure:
    """Judge one node that failed on a tree. ever: what any tree of the trial defines."""
    reason, missing = _reason(node, Known.of([tree]), ever)
    said = " ".join(filter(None, [node.exception, (node.message or "").split("\n")[0][:80]]))
    body = function_body(tree, node.id)
    new = body is None or body != function_body(start, node.id)
    return Failure(node.id, reason, new, missing, f"{node.phase}: {said}")


def _reason(node: TestNode, now: Known, ever: Known) -> tuple[Reason, bool]:
    exception, message = node.exception or "", node.message or ""
    if exception in ("SyntaxError", "IndentationError", "TabError"):
        return "wrong", False
    if _names_target(exception, message, now, ever, in_fixture=node.phase == "setup"):
        return "right", True
    if node.phase != "call" or exception in ("ImportError", "ModuleNotFoundError"):
        return "wrong", False
    if exception in ("AssertionError", "Failed", "NotImplementedError"):
        return "right", exception == "NotImplementedError"
    return "unclear", False


def _names_target(
    exception: str, message: str, now: Known, ever: Known, *, in_fixture: bool
) -> bool:
    """Whether an error says that something of the workspace is missing.

    In a fixture only what came later counts, since a fixture may be broken by itself.
    """
    if exception == "ModuleNotFoundError":
        found = _MISSING_MODULE.search(message)
        return not in_fixture and found is not None and found[1] in ever.modules - now.modules
    if exception == "TypeError":
        found = _CALLED.match(message)
        return not in_fixture and found is not None and found[1] in now.names
    if exception == "ImportError":
        found = _MISSING_NAME.search(message)
        there = found is not None and found["module"] in now.modules
    elif exception == "AttributeError":
        found = _MISSING_ATTRIBUTE.search(message)
        there = found is not None and (
            found["owner"] in now.names or found["module"] in now.modules
        )
    else:
        return False
    if found is None or not there:
        return False
    comes = found["name"] in ever.names or f"{found['module']}.{found['name']}" in ever.modules
    return comes or not in_fixture
