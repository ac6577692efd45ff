"""Why a test failed: for the behaviour that is missing, or for something else.

A right reason is an assertion, a stub, or something of the workspace that is not there yet. A
fixture, a syntax error or another module that cannot be imported prove nothing about the code.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from functools import cached_property, lru_cache
from typing import Literal

from promptverdict.graders.reading.file_kinds import is_source, is_test_file
from promptverdict.graders.reading.module_graph import list_module_names
from promptverdict.graders.reading.python_source import list_defined_names, read_source
from promptverdict.graders.reading.test_sources import is_new
from promptverdict.trials.tree import TestNode, Tree

Reason = Literal["right", "unclear", "wrong"]

_MISSING_NAME = re.compile(r"cannot import name '(?P<name>[^']+)' from '(?P<module>[^']+)'")
_MISSING_MODULE = re.compile(r"No module named '([^']+)'")
_MISSING_ATTRIBUTE = re.compile(
    r"(?:(?:type object )?'(?P<owner>\w+)'(?: object)?|module '(?P<module>[^']+)')"
    r" has no attribute '(?P<name>\w+)'"
)
_TESTS_FILE = re.compile(r"'[^']*(?:^|/|')tests?/[^']*'")
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
    """Names by which an error may speak of the workspace; files are parsed when asked for."""

    trees: tuple[Tree, ...]

    @classmethod
    def of(cls, trees: Iterable[Tree]) -> Known:
        """Collect what any of the trees defines."""
        return cls(tuple({id(tree): tree for tree in trees}.values()))

    @cached_property
    def files(self) -> frozenset[tuple[str, bytes]]:
        """Path and content of every Python module."""
        return frozenset(
            (path, read_source(tree, path) or b"")
            for tree in self.trees
            for path in tree
            if list_module_names(path)
        )

    @cached_property
    def modules(self) -> frozenset[str]:
        """Every name by which one of the modules may be imported."""
        return frozenset(name for path, _ in self.files for name in list_module_names(path))

    @cached_property
    def stems(self) -> frozenset[str]:
        """The names of all source files without their endings, and of the folders they lie in."""
        paths = {path for tree in self.trees for path in tree if is_source(path)}
        parts = {part for path in paths for part in path.split("/")}
        return frozenset(part.partition(".")[0] for part in parts)

    def names(self, word: str) -> bool:
        """Whether some production file, in whatever language, holds a word."""
        rule = re.compile(rf"(?<![\w$]){re.escape(word)}(?![\w$])".encode("utf-8", "surrogatepass"))
        sources = {
            node.content
            for tree in self.trees
            for path, node in tree.items()
            if node.kind == "file" and is_source(path) and not is_test_file(path)
        }
        return any(rule.search(content) for content in sources)

    def defines(self, name: str) -> bool:
        """Whether a name is part of the name of something that one of the modules defines."""
        word = name.encode("utf-8", "surrogatepass")
        # Python normalises names, so only a file in ASCII spells them as they are.
        return any(
            name in _split_names(content)
            for _, content in self.files
            if word in content or not content.isascii()
        )


@lru_cache(maxsize=2048)
def _split_names(content: bytes) -> frozenset[str]:
    """Split the dotted names that a module defines: an error names a method without its class."""
    return frozenset(part for name in list_defined_names(content) for part in name.split("."))


def judge_failure(node: TestNode, tree: Tree, start: Tree, now: Known, ever: Known) -> Failure:
    """Judge one node that failed on a tree.

    now: what that tree defines; ever: what any tree of the trial defines.
    """
    reason, missing = _judge_reason(node, now, ever)
    words = " ".join(filter(None, [node.exception, (node.message or "").split("\n")[0][:80]]))
    new = is_new(start, tree, node.id)
    return Failure(node.id, reason, new, missing, f"{node.phase}: {words}")


def _judge_reason(node: TestNode, now: Known, ever: Known) -> tuple[Reason, bool]:
    exception, message = node.exception or "", node.message or ""
    if exception in ("SyntaxError", "IndentationError", "TabError"):
        return "wrong", False
    if exception in ("MissingName", "MissingModule"):
        return _judge_missing(exception, message, now, ever)
    if _is_about_target(exception, message, now, ever, in_fixture=node.phase == "setup"):
        return "right", True
    # A test that asked for data of its own, and had none, says nothing about the code.
    lacks_data = exception == "FileNotFoundError" and _TESTS_FILE.search(message) is not None
    if node.phase != "call" or exception in ("ImportError", "ModuleNotFoundError") or lacks_data:
        return "wrong", False
    if exception in ("AssertionError", "Failed", "NotImplementedError"):
        return "right", exception == "NotImplementedError"
    return "unclear", False


def _judge_missing(exception: str, name: str, now: Known, ever: Known) -> tuple[Reason, bool]:
    """Judge what a runner of another language names as missing, which is all that it says."""
    if exception == "MissingName":
        return ("right", True) if ever.names(name) else ("unclear", False)
    stem = name.rstrip("/").rpartition("/")[2].partition(".")[0]
    return ("right", True) if stem in ever.stems - now.stems else ("wrong", False)


def _is_about_target(
    exception: str, message: str, now: Known, ever: Known, *, in_fixture: bool
) -> bool:
    """Whether an error says that something of the workspace is missing.

    In a fixture only what came later counts, since a fixture may be broken by itself.
    """
    if exception == "ModuleNotFoundError":
        match = _MISSING_MODULE.search(message)
        return not in_fixture and match is not None and match[1] in ever.modules - now.modules
    if exception == "TypeError":
        match = _CALLED.match(message)
        return not in_fixture and match is not None and now.defines(match[1])
    if exception == "ImportError":
        match = _MISSING_NAME.search(message)
        there = match is not None and match["module"] in now.modules
    elif exception == "AttributeError":
        match = _MISSING_ATTRIBUTE.search(message)
        there = match is not None and (
            now.defines(match["owner"]) if match["owner"] else match["module"] in now.modules
        )
    else:
        return False
    if match is None or not there:
        return False
    if not in_fixture or f"{match['module']}.{match['name']}" in ever.modules:
        return True
    return ever.defines(match["name"])
