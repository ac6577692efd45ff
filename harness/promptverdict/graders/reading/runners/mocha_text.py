"""What mocha prints with its spec reporter: a tree of marks, counts, and the failures by number."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptverdict.graders.reading.runners.javascript import read_error
from promptverdict.graders.reading.runners.printed import PrintedRun, list_sections, make_node
from promptverdict.trials.tree import TestNode

_SUMMARY = re.compile(
    r"^  (?P<passing>\d+) passing \([^)\n]+\)\n?(?:  (?P<pending>\d+) pending\n?)?"
    r"(?:  (?P<failing>\d+) failing\n?)?",
    re.M,
)
_MARK = re.compile(r"^( {2,})(?:([✔✓√-]) |(\d+)\) )([^\n]*?)(?: \(\d+ms\))?$")
_FAILURE = re.compile(r"^  \d+\) ", re.M)
_STOPPED = "Exception during run: "


def read_mocha(text: str) -> Iterator[PrintedRun]:
    """Read the runs in a text; one that could not load its files prints no counts."""
    start = 0
    for summary, details in list_sections(_SUMMARY, text):
        yield _read_run(text[start : summary.start()], details, summary)
        start = summary.end()
    if not start and _STOPPED in text:
        words = text.partition(_STOPPED)[2][:2000]
        file = re.search(r"^- (\S+)$|(/\S+\.[cm]?[jt]sx?):\d+", words, re.M)
        path = (file[1] or file[2]) if file else ""
        node = make_node(path or "::", "failed", read_error(words), phase="collect")
        yield PrintedRun("mocha", (node,), passed=0, failed=0, errors=1)


def _read_run(text: str, details: str, summary: re.Match[str]) -> PrintedRun:
    failing = int(summary["failing"] or 0)
    failures = list(_list_failures(details))[:failing]
    return PrintedRun(
        runner="mocha",
        nodes=(*_list_marks(text), *failures),
        passed=int(summary["passing"]),
        failed=failing,
        skipped=int(summary["pending"] or 0),
    )


def _list_marks(text: str) -> Iterator[TestNode]:
    names: list[str] = []
    for line in text.split("\n"):
        mark = _MARK.match(line)
        if mark is None:
            depth = (len(line) - len(line.lstrip())) // 2 - 1
            if line.strip() and depth >= 0:
                names[depth:] = [line.strip()]
        elif mark[2]:
            path = " > ".join([*names[: len(mark[1]) // 2 - 1], mark[4]])
            yield make_node(f"::{path}", "skipped" if mark[2] == "-" else "passed")


def _list_failures(details: str) -> Iterator[TestNode]:
    """List failures: the levels stand below each other, and the last one ends with a colon."""
    for block in _FAILURE.split(details)[1:]:
        head, _, words = block.partition(":\n")
        title = " > ".join(line.strip() for line in head.split("\n"))
        yield make_node(f"::{title}", "failed", read_error(words.partition("\n      at ")[0]))
