"""Test runs that pytest's report plugin reported: what ran, on which tree, below which folder."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from promptverdict.graders.reading.shell_commands import count_in_workspace
from promptverdict.graders.reading.test_run import TestRun
from promptverdict.trials.tree import TestNode, TestReport

_AT_WORKSPACE = (None, "", ".")
"""Roots of reports whose nodes are named from the workspace on."""


def read_reports(
    event: int, number: int, reports: tuple[TestReport, ...], command: str
) -> Iterator[TestRun]:
    """Read the reports of one result, in order."""
    if not reports:
        return
    # Older recordings do not say below which folder pytest ran: their commands have to.
    in_workspace = count_in_workspace(command, len(reports))
    seen: dict[tuple[str, str], str] = {}
    for place, report in enumerate(reports):
        nodes = report.nodes
        if report.root not in _AT_WORKSPACE:
            nodes = tuple(_move_node(node, report.root) for node in nodes)
        doubt = report.unproven
        if len(reports) > 1:
            outcomes = {(report.tree, n.id): n.outcome for n in nodes if n.phase == "call"}
            if any(seen.get(key, outcome) != outcome for key, outcome in outcomes.items()):
                doubt = doubt or "the same tests ended in two ways on one tree"
            seen = outcomes | seen
        outside = any(node.id.startswith("../") for node in nodes)
        if (report.root is None and place >= in_workspace) or outside:
            doubt = doubt or "they ran outside the workspace"
        yield _count(event, number, report, nodes, doubt)


def _move_node(node: TestNode, root: str | None) -> TestNode:
    """Name a test from the workspace on; pytest names it from the folder of its configuration."""
    if not node.id:
        return node
    path, mark, title = node.id.partition("::")
    moved = posixpath.normpath(posixpath.join(root or "", path))
    return node.model_copy(update={"id": moved + mark + title})


def _count(
    event: int, number: int, report: TestReport, nodes: tuple[TestNode, ...], doubt: str | None
) -> TestRun:
    calls = [node.outcome for node in nodes if node.phase == "call"]
    early = [node.outcome for node in nodes if node.phase == "setup" and node.outcome != "passed"]
    return TestRun(
        event=event,
        number=number,
        runner="pytest",
        source="report",
        nodes=nodes,
        passed=calls.count("passed"),
        failed=calls.count("failed"),
        errors=sum(node.phase != "call" and node.outcome == "failed" for node in nodes),
        skipped=calls.count("skipped") + early.count("skipped"),
        total=len(calls) + len(early),
        tree=report.tree,
        doubt=doubt,
    )
