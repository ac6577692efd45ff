"""On which tree a test run ran: before or after what its own command did to the code."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from promptverdict.graders.reading.file_kinds import is_production, is_test_file
from promptverdict.graders.reading.test_run import TestRun
from promptverdict.trials.tree import Node, Tree, digest, list_differing

Place = Literal["before", "after", "unknown"]


@dataclass(frozen=True)
class Stage:
    """One call: the trees around it, and what of their difference counts."""

    before: Tree
    after: Tree
    digests: tuple[str, str]
    """Names the trees before and after."""
    production: tuple[str, ...]
    outputs: frozenset[str]
    """Changed files that its test runs wrote."""
    no_code: frozenset[str]
    """Files that are no code."""

    def place(self, run: TestRun) -> tuple[Place, Tree]:
        """Find the tree of a run, and on which side of the call's edit it stands."""
        if run.doubt:
            return "unknown", self.after
        if run.tree is None:
            return self._place_by_order(run)
        before, after = self.digests
        if run.tree == after:
            return "after", self.after
        if run.tree == before:
            return "before", self.before
        for place, tree in self._list_between():
            if run.tree == digest(tree):
                return place, tree
        return "unknown", self.after

    def _place_by_order(self, run: TestRun) -> tuple[Place, Tree]:
        changed = [path for path in self._list_changed() if path not in self.no_code]
        if not changed or run.order == "last":
            return "after", self.after
        if run.order == "first":
            return "before", self.before
        # Tests may write snapshots; whatever else a run itself changes came while it ran.
        if run.order == "alone" and all(map(is_test_file, changed)):
            return "after", self.after
        return "unknown", self.after

    def _list_changed(self) -> Iterator[str]:
        for path in list_differing(self.before, self.after):
            if self.before.get(path) != self.after.get(path):
                yield path

    def _list_between(self) -> Iterator[tuple[Place, Tree]]:
        """List the trees that may have stood for a moment while the command ran."""
        kept = {p: n for p, n in self.before.items() if is_production(p, self.production)}
        more = {p: n for p, n in self.after.items() if not is_production(p, self.production)}
        tests_only = kept | more
        yield "before", tests_only
        # A shell makes a file for output, empty, before the tests begin.
        bases: tuple[tuple[Place, Tree], ...] = (
            ("after", self.after), ("before", self.before), ("before", tests_only)
        )  # fmt: skip
        for place, tree in bases if self.outputs else ():
            without = {path: node for path, node in tree.items() if path not in self.outputs}
            old = {path: self.before[path] for path in self.outputs if path in self.before}
            empty = {path: Node("file", b"", 0o644) for path in self.outputs if path in self.after}
            yield place, without
            yield place, without | old
            yield place, without | empty
            yield place, without | old | {p: n for p, n in empty.items() if p not in old}
