"""The test runs of a trial, and which of them saw the code as the agent left it."""

from __future__ import annotations

import re
from dataclasses import dataclass

from promptverdict.guest.treehash import counts
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.grade import Point
from promptverdict.trials.transcript import Result
from promptverdict.trials.tree import TestReport, Tree, digest

_NO_CODE = re.compile(
    r"\.(?:md|rst|adoc|pyc|db|log)$|(?<!requirements)\.txt$|(?:^|/)(?:LICENSE|\.gitignore|\.coverage)$"
)


@dataclass(frozen=True)
class Run:
    """One process of pytest, counted."""

    event: int
    tree: str
    passed: int
    failed: int
    broken: int
    """Tests that did not get to run and files that could not be collected."""
    total: int
    exit_code: int
    known: bool
    """Whether it saw a tree that stood before or after a call, not one in between."""

    @property
    def green(self) -> bool:
        """Whether something passed and nothing else happened."""
        return self.passed > 0 and not (self.failed or self.broken)

    @property
    def words(self) -> str:
        """Tell it as pytest does."""
        broken = f", {self.broken} errors" if self.broken else ""
        return f"{self.passed} passed, {self.failed} failed{broken}"

    @property
    def point(self) -> Point:
        """Where it stands in the evidence."""
        return Point(event=self.event)


def is_code(path: str) -> bool:
    """Tell what tests may depend on from documents and from what a run leaves behind."""
    return counts(path) and not _NO_CODE.search(path)


class Runs:
    """All test runs of a trial, in order; `final` are those on the code as it was left.

    A run is final when the tree it saw held the same code as the last tree and stood at that time:
    a report of a tree that came later than the run proves nothing.
    """

    def __init__(self, evidence: Evidence) -> None:
        stood: dict[str, int] = {}
        code: dict[str, str] = {}
        last = ""
        for (number, tree), name in zip(evidence.trees(), evidence.digests(), strict=True):
            last = _code(tree)
            stood.setdefault(name, number)
            code[name] = last
        self.all: list[Run] = []
        self.last_change = -1
        number = 0
        for place, event in enumerate(evidence.events):
            if not isinstance(event, Result):
                continue
            number += 1
            if any(is_code(change.path) for change in event.changes):
                self.last_change = place
            for report in event.tests:
                known = stood.get(report.tree, number + 1) <= number
                self.all.append(_count(place, report, known))
        self.final = [run for run in self.all if run.known and code[run.tree] == last]


def _code(tree: Tree) -> str:
    return digest({path: node for path, node in tree.items() if is_code(path)})


def _count(event: int, report: TestReport, known: bool) -> Run:
    calls = [node.outcome for node in report.nodes if node.phase == "call"]
    broken = [n for n in report.nodes if n.phase != "call" and n.outcome == "failed"]
    early = [n for n in report.nodes if n.phase == "setup" and n.outcome != "passed"]
    return Run(
        event=event,
        tree=report.tree,
        passed=calls.count("passed"),
        failed=calls.count("failed"),
        broken=len(broken),
        total=len(calls) + len(early),
        exit_code=report.exit_code,
        known=known,
    )
