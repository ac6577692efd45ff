"""Node's spec reporter, which `node --test` has for people: a tree of marks, then the counts."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptverdict.graders.reading.runners.javascript import read_error
from promptverdict.graders.reading.runners.printed import (
    Outcome,
    PrintedRun,
    list_sections,
    make_node,
)
from promptverdict.trials.tree import TestNode

_SUMMARY = re.compile(
    r"^ℹ tests (?P<tests>\d+)\n(?:ℹ suites \d+\n)?ℹ pass (?P<pass>\d+)\nℹ fail (?P<fail>\d+)\n"
    r"ℹ cancelled (?P<cancelled>\d+)\nℹ skipped (?P<skipped>\d+)\nℹ todo (?P<todo>\d+)\n"
    r"ℹ duration_ms [\d.]+(?P<details>\n\n✖ failing tests:\n)?",
    re.M,
)
_MARK = re.compile(r"^( *)([✔✖▶﹣⚠]) ([^\n]*?)(?: \([\d.]+ms\))?(?: # (?:SKIP|TODO)[^\n]*)?$", re.M)
_PLACE = re.compile(r"^test at ([^\n]+?):\d+:\d+\n✖ ([^\n]*?)(?: \([\d.]+ms\))?$", re.M)


def read_spec(text: str) -> Iterator[PrintedRun]:
    """Read the runs in a text."""
    start = 0
    for summary, details in list_sections(_SUMMARY, text):
        before = text[start : summary.start()]
        yield _read_run(before, details if summary["details"] else "", summary)
        start = summary.end()


def _read_run(text: str, details: str, summary: re.Match[str]) -> PrintedRun:
    counts = {name: int(value) for name, value in summary.groupdict().items() if name != "details"}
    titles: dict[str, str] = {}
    nodes = list(_list_marks(text, titles))
    failures = list(_list_failures(details, text, titles))
    broken = sum(node.phase == "collect" for node in failures)
    return PrintedRun(
        runner="node",
        nodes=(*nodes, *failures),
        passed=counts["pass"],
        failed=counts["fail"] + counts["cancelled"] - broken,
        errors=broken,
        skipped=counts["skipped"] + counts["todo"],
    )


def _list_marks(text: str, titles: dict[str, str]) -> Iterator[TestNode]:
    """List what passed or was skipped; titles: last part of a name -> the whole of it."""
    names: list[str] = []
    outcomes: dict[str, Outcome] = {"✔": "passed", "﹣": "skipped", "⚠": "skipped"}
    for mark in _MARK.finditer(text):
        depth, title = len(mark[1]) // 2, mark[3]
        is_suite = mark[2] != "▶" and names[depth : depth + 1] == [title]
        if mark[2] == "▶":
            names[depth:] = [title]
        elif not is_suite:
            whole = " > ".join([*names[:depth], title])
            titles.setdefault(title, whole)
            if mark[2] in outcomes:
                yield make_node(f"::{whole}", outcomes[mark[2]])


def _list_failures(details: str, text: str, titles: dict[str, str]) -> Iterator[TestNode]:
    for place, words in list_sections(_PLACE, details):
        file, title = place[1], place[2]
        if title.startswith("/"):
            yield make_node(title, "failed", read_error(text), phase="collect")
        else:
            yield make_node(f"{file}::{titles.get(title, title)}", "failed", read_error(words))
