"""What jest prints: a line a file, with one file or --verbose a line a test, details, a summary."""

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
    r"^Test Suites: (?P<suites>[^\n]*)\nTests: +(?P<tests>[^\n]*)\n"
    r"(?P<rest>(?:(?:Snapshots|Time|Ran all|Seed|Force)\b[^\n]*\n?){0,6})",
    re.M,
)
_FILE = re.compile(r"^(PASS|FAIL) (?:\S+ )??(\S+\.[cm]?[jt]sx?)(?: \([\d.]+ m?s\))?$", re.M)
_MARK = re.compile(r"^( +)([✓✕○✎√×]) ([^\n]*?)(?: \([\d.]+ m?s\))?$")
_BULLET = re.compile(r"^  ● ([^\n]+)$", re.M)
_OUTCOMES: dict[str, Outcome] = {"✓": "passed", "√": "passed", "○": "skipped", "✎": "skipped"}


def read_jest(text: str) -> Iterator[PrintedRun]:
    """Read the runs in a text."""
    start = 0
    for summary in _SUMMARY.finditer(text):
        yield _read_run(text[start : summary.start()], summary)
        start = summary.end()


def _read_run(text: str, summary: re.Match[str]) -> PrintedRun:
    counts = {word: int(n) for n, word in re.findall(r"(\d+) (\w+)", summary["tests"])}
    nodes: list[TestNode] = []
    passed_files: set[str] = set()
    for file, section in list_sections(_FILE, text):
        marks = list(_list_marks(file[2], section))
        nodes += [*marks, *_list_failures(file[2], section)]
        if file[1] == "PASS" and not marks:
            passed_files.add(file[2])
    # With -t the tests that do not match are skipped, without a word which they are.
    if "with tests matching" in summary["rest"]:
        passed_files.clear()
    broken = sum(node.phase == "collect" for node in nodes)
    return PrintedRun(
        runner="jest",
        nodes=tuple(nodes),
        passed=counts.get("passed", 0),
        failed=counts.get("failed", 0),
        errors=broken,
        skipped=counts.get("skipped", 0) + counts.get("todo", 0),
        passed_files=frozenset(passed_files),
    )


def _list_marks(file: str, section: str) -> Iterator[TestNode]:
    """List the tests that passed or were skipped; failures have their details."""
    names: list[str] = []
    for line in section.partition("\n  ● ")[0].split("\n"):
        mark = _MARK.match(line)
        if mark is None:
            depth = (len(line) - len(line.lstrip())) // 2 - 1
            if line.strip() and depth >= 0:
                names[depth:] = [line.strip()]
        elif mark[2] in _OUTCOMES:
            title = mark[3].removeprefix("skipped ").removeprefix("todo ")
            path = [*names[: len(mark[1]) // 2 - 1], title]
            yield make_node(f"{file}::{' > '.join(path)}", _OUTCOMES[mark[2]])


def _list_failures(file: str, section: str) -> Iterator[TestNode]:
    for bullet, words in list_sections(_BULLET, section):
        if bullet[1] == "Test suite failed to run":
            yield make_node(file, "failed", read_error(words), phase="collect")
        else:
            # The message stands before the first empty line that a code frame or a trace follows.
            message = re.split(r"\n\s+(?:>? ?\d+ \||at )", words)[0]
            yield make_node(
                f"{file}::{bullet[1].replace(' › ', ' > ')}", "failed", read_error(message)
            )
