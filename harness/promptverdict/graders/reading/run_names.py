"""The names of tests that passed where a runner only counts them.

Python's unittest prints dots, jest a line for a file, Go a line for a package. A test that was
named before, still stands in the tree and is not among what failed has passed, if the run had room
for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from promptverdict.graders.reading.runners.printed import make_node
from promptverdict.graders.reading.test_run import TestRun
from promptverdict.graders.reading.test_sources import (
    describe_test,
    get_short_id,
    is_skipped,
    list_tests,
    split_id,
)
from promptverdict.trials.tree import Tree


class NameBook:
    """The tests that were named so far, each with the size of the run that named it last."""

    def __init__(self) -> None:
        self._named: dict[str, dict[str, int]] = {}

    def complete(self, run: TestRun, tree: Tree) -> TestRun:
        """Name what passed in a run, as far as it follows, and remember what it names."""
        known = self._named.setdefault(run.runner, {})
        if run.source != "report" and not run.doubt:
            run = _add_names(run, tree, known)
        for node in run.nodes:
            known[node.id] = run.total
        return run


def _add_names(run: TestRun, tree: Tree, known: Mapping[str, int]) -> TestRun:
    named = {node.id for node in run.nodes}
    broken = {id_ for id_ in named if "::" not in id_}
    passing = [id_ for file in run.passed_files for id_ in list_tests(tree, file)]
    passing += [id_ for id_ in known if split_id(id_)[0] in run.passed_files and "::" in id_]
    if not run.passed_files and run.passed > _count_named(run):
        passing = _list_uncounted(run, tree, known)
    # A name of the source alone has fewer parts than the one that a runner gave.
    given = {get_short_id(id_) for id_ in (*known, *named) if "::" in id_}
    passing = [
        id_
        for id_ in dict.fromkeys(passing)
        if id_ not in named
        and (id_ in known or get_short_id(id_) not in given)
        and split_id(id_)[0] not in broken
        and describe_test(tree, id_) is not None
        and not is_skipped(tree, id_)
    ]
    if not run.passed_files and len(passing) > run.passed - _count_named(run):
        return run
    # Go counts nothing without -v: what the source holds is what passed.
    count = max(run.passed, _count_named(run) + len(passing)) if run.runner == "go" else run.passed
    return replace(
        run,
        nodes=(*run.nodes, *(make_node(id_, "passed") for id_ in passing)),
        passed=count,
        total=run.total + count - run.passed,
    )


def _list_uncounted(run: TestRun, tree: Tree, known: Mapping[str, int]) -> list[str]:
    """List the tests that may be among those that are only counted.

    A run with fewer tests than the one that named a test may be one without it.
    """
    ids: list[str] = []
    fitting = [id_ for id_, total in known.items() if run.total >= total]
    for id_ in sorted(fitting, key=lambda id_: "::" in id_):
        ids += [id_] if "::" in id_ else list_tests(tree, id_)
    return ids


def _count_named(run: TestRun) -> int:
    return sum(node.phase == "call" and node.outcome == "passed" for node in run.nodes)
