"""The test runs of a trial against its code: which saw it as it was left, and what they came to."""

from __future__ import annotations

from dataclasses import dataclass

from promptverdict.graders.reading.code_view import find_no_code
from promptverdict.graders.reading.file_kinds import is_document
from promptverdict.graders.reading.left_out import LeftOut, find_left_out
from promptverdict.graders.reading.placing import Stage
from promptverdict.graders.reading.test_run import TestRun
from promptverdict.graders.reading.test_runs import list_result_runs
from promptverdict.graders.reading.test_sources import split_id
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.transcript import Result, pair_calls
from promptverdict.trials.tree import Tree, digest


@dataclass(frozen=True)
class Unread:
    """A command that may have run tests and left nothing which can be read."""

    call: int
    """Its event."""
    event: int
    """Of its result."""
    ended_well: bool

    @property
    def words(self) -> str:
        """Why nothing rests on it."""
        return f"the run at event {self.call} left no report"


class CodeRuns:
    """All test runs of a trial, in order; `final` are those on the code as it was left.

    A run is final when the tree it saw held the same code as the last tree and stood at that time:
    a report of a tree that came later than the run proves nothing. Runs of which it is not known
    what they ran on are `doubtful`.
    """

    def __init__(self, evidence: Evidence) -> None:
        self.all: list[TestRun] = []
        self.doubtful: list[TestRun] = []
        self.final: list[TestRun] = []
        self.unread: list[Unread] = []
        self.last_change = -1
        """Event of the last result that changed code."""
        self._trees = [tree for _, tree in evidence.trees()]
        self._names = evidence.digests()
        self._no_code = find_no_code(evidence)
        self._stood: dict[str, int] = {}
        for number, name in enumerate(self._names):
            self._stood.setdefault(name, number)
        self._code: dict[int, str] = {}
        self._read(evidence)

    def find_left_out(self, final: list[TestRun]) -> LeftOut:
        """Find the tests of any run that these, the last ones, left out."""
        return find_left_out(self.all, final, self._trees)

    def find_unread(self, before: int, after: int = -1) -> Unread | None:
        """Find the last command between two events that left nothing to read."""
        return next((one for one in reversed(self.unread) if after <= one.event < before), None)

    def _read(self, evidence: Evidence) -> None:
        calls, number = pair_calls(evidence.events), 0
        last = self._name_code(self._trees[-1])
        shown = list_result_runs(evidence)
        for event, result in enumerate(evidence.events):
            if not isinstance(result, Result):
                continue
            number += 1
            if any(self._is_code(change.path) for change in result.changes):
                self.last_change = event
            seen = shown[number - 1]
            around = (self._names[number - 1], self._names[number])
            stage = Stage(
                self._trees[number - 1],
                self._trees[number],
                around,
                (),
                seen.outputs,
                self._no_code,
            )
            for run in seen.runs:
                self.all.append(run)
                tree = self._find_tree(run, stage)
                if tree is None:
                    self.doubtful.append(run)
                elif self._name_code(tree) == last:
                    self.final.append(run)
            if seen.unread:
                self.unread.append(Unread(calls.get(event, event), event, seen.ended_well))

    def _find_tree(self, run: TestRun, stage: Stage) -> Tree | None:
        """Find the tree that a run saw; None where that is not known."""
        if run.tree and not run.doubt and self._stood.get(run.tree, run.number + 1) <= run.number:
            return self._trees[self._stood[run.tree]]
        place, tree = stage.place(run)
        return None if place == "unknown" else tree

    def _is_code(self, path: str) -> bool:
        return not is_document(path) and path not in self._no_code

    def _name_code(self, tree: Tree) -> str:
        if id(tree) not in self._code:
            code = {path: node for path, node in tree.items() if self._is_code(path)}
            self._code[id(tree)] = digest(code)
        return self._code[id(tree)]


def find_broken(runs: list[TestRun]) -> TestRun | None:
    """Find the last run with a failure that no later one of these lifted."""
    broken: dict[str, TestRun] = {}
    unnamed: dict[str, TestRun] = {}
    for run in runs:
        passing = {node.id for node in run.nodes if node.outcome == "passed"}
        failing = {node.id for node in run.nodes if node.outcome == "failed"}
        files = {split_id(name)[0] for name in passing}
        for name in [n for n in broken if n in passing or ("::" not in n and n in files)]:
            del broken[name]
        broken |= dict.fromkeys(failing, run)
        if len(failing) < run.failed + run.errors:
            unnamed[run.runner] = run
        elif run.runner in unnamed and run.total >= unnamed[run.runner].total:
            del unnamed[run.runner]
    left = [*broken.values(), *unnamed.values()]
    return max(left, key=lambda run: run.event, default=None)
