"""What vitest prints: a line a file, or a line a test, then details of failures and a summary."""

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
    r"^ *Test Files  (?P<files>[^\n]*)\n *Tests  (?P<tests>[^\n]*)\n"
    r"(?: +(?:Start at|Duration|Errors|Type Errors|Snapshots)[^\n]*\n?){0,6}",
    re.M,
)
_FILE = re.compile(
    r"^ ([✓❯↓×]) (?:\|[^|\n]+\| )?(\S+\.[cm]?[jt]sx?) \((\d+) tests?([^)\n]*)\)", re.M
)
_LINE = re.compile(
    r"^ ([✓↓×]) (?:\|[^|\n]+\| )?(\S+\.[cm]?[jt]sx?) > ([^\n]+?)(?: [\d.]+m?s)?$", re.M
)
_FAIL = re.compile(
    r"^ FAIL  (?:\|[^|\n]+\| )?(\S+\.[cm]?[jt]sx?)(?: > ([^\n]+)| \[[^\n]*\])?\n", re.M
)
_OUTCOMES: dict[str, Outcome] = {"✓": "passed", "↓": "skipped"}


def read_vitest(text: str) -> Iterator[PrintedRun]:
    """Read the runs in a text."""
    start = 0
    for summary in _SUMMARY.finditer(text):
        yield _read_run(text[start : summary.start()], summary)
        start = summary.end()


def _read_run(text: str, summary: re.Match[str]) -> PrintedRun:
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (\w+)", summary["tests"])}
    lines = [
        make_node(f"{line[2]}::{line[3]}", _OUTCOMES[line[1]])
        for line in _LINE.finditer(text)
        if line[1] in _OUTCOMES
    ]
    failures = list(_list_failures(text))
    return PrintedRun(
        runner="vitest",
        nodes=(*lines, *failures),
        passed=counts.get("passed", 0),
        failed=counts.get("failed", 0),
        errors=sum(node.phase == "collect" for node in failures),
        skipped=counts.get("skipped", 0) + counts.get("todo", 0),
        passed_files=frozenset(file[2] for file in _FILE.finditer(text) if file[1] == "✓"),
    )


def _list_failures(text: str) -> Iterator[TestNode]:
    seen: set[str] = set()
    for head, words in list_sections(_FAIL, text):
        error = read_error(words.partition("\n ❯ ")[0])
        id_ = f"{head[1]}::{head[2]}" if head[2] else head[1]
        if id_ not in seen:
            yield make_node(id_, "failed", error, phase="call" if head[2] else "collect")
        seen.add(id_)
