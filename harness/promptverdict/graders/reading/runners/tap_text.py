"""The Test Anything Protocol, which `node --test` prints into a pipe, and others on wish.

Node nests: `# Subtest: name` opens a level, four blanks deeper, and its own line follows its parts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

from promptverdict.graders.reading.runners.javascript import read_error
from promptverdict.graders.reading.runners.printed import PrintedRun, count, make_node
from promptverdict.trials.tree import TestNode

_RESULT = re.compile(r"^( *)(not )?ok (\d+)(?: -)? ?([^\n]*)$")
_SUBTEST = re.compile(r"^( *)# Subtest: ([^\n]*)$")
_SUMMARY = re.compile(r"^# (tests|pass|fail|cancelled|skipped|todo) (\d+)$")
_PLAN = re.compile(r"^1\.\.(\d+)$")
_DIRECTIVE = re.compile(r" # (SKIP|TODO)\b[^\n]*$", re.I)
_ERROR = re.compile(r"^( *)error: (?:'([^\n]*)'|\|-\n((?:\1  [^\n]*\n|\n)*))", re.M)
_LOCATION = re.compile(r"^\s*location: '([^']+?):\d+:\d+'", re.M)
_NOT_A_TEST = re.compile(r"^\s*(?:type: 'suite'|failureType: 'subtestsFailed')", re.M)


def read_tap(text: str) -> Iterator[PrintedRun]:
    """Read the runs in a text; one ends at its summary, or at its plan where nothing else comes."""
    run = _Run()
    for line in text.split("\n"):
        if run.is_over_before(line):
            yield from run.finish()
            run = _Run()
        run.take(line)
    yield from run.finish()


@dataclass
class _Run:
    lines: list[str] = field(default_factory=list)
    """Since the last result: comments before one, details after it."""
    names: list[str] = field(default_factory=list)
    """Open levels, outermost first."""
    results: list[tuple[int, str, re.Match[str], list[str]]] = field(default_factory=list)
    """Depth, title with the levels above it, the line itself, and the comments before it."""
    details: list[list[str]] = field(default_factory=list)
    summary: dict[str, int] = field(default_factory=dict)
    plan: int | None = None

    def is_over_before(self, line: str) -> bool:
        """Whether a line can only belong to another run."""
        if not (self.summary or self.plan is not None):
            return False
        result = _RESULT.match(line)
        counted = _SUMMARY.match(line)
        return bool(
            line.startswith("TAP version")
            or (result and (self.summary or result[3] == "1") and not result[1])
            or (counted and counted[1] in self.summary)
        )

    def take(self, line: str) -> None:
        """Take in the next line."""
        if subtest := _SUBTEST.match(line):
            self.names[len(subtest[1]) // 4 :] = [subtest[2]]
        elif result := _RESULT.match(line):
            depth = len(result[1]) // 4
            title = _DIRECTIVE.sub("", result[4]).strip()
            path = [*self.names[:depth], title]
            self.results.append((depth, " > ".join(path), result, self.lines))
            self.lines = []
            self.details.append(self.lines)
        elif counted := _SUMMARY.match(line):
            self.summary[counted[1]] = int(counted[2])
        elif plan := _PLAN.match(line):
            self.plan = int(plan[1])
        else:
            self.lines.append(line)

    def finish(self) -> Iterator[PrintedRun]:
        """Return the run, if it was one."""
        complete = {"pass", "fail"} <= self.summary.keys()
        top = sum(depth == 0 for depth, *_ in self.results)
        if not complete and (self.plan is None or self.plan != top or not top):
            return
        nodes = tuple(self._list_nodes())
        broken = sum(node.phase == "collect" for node in nodes)
        failed = self.summary.get("fail", 0) + self.summary.get("cancelled", 0)
        yield PrintedRun(
            runner="node" if "duration_ms" in "".join(self.lines[-3:]) else "tap",
            nodes=nodes,
            passed=self.summary.get("pass", count(nodes, "passed")),
            failed=failed - broken if complete else count(nodes, "failed"),
            errors=broken,
            skipped=self.summary.get("skipped", count(nodes, "skipped"))
            + self.summary.get("todo", 0),
        )

    def _list_nodes(self) -> Iterator[TestNode]:
        for number, (depth, title, result, before) in enumerate(self.results):
            # A level's own line follows its parts, which lie deeper.
            holds_others = number > 0 and self.results[number - 1][0] > depth
            details = "\n".join(self.details[number])
            if holds_others or _NOT_A_TEST.search(details):
                continue
            if directive := _DIRECTIVE.search(result[4]):
                # TAP: a test that is still to do may fail without harm.
                skipped = directive[1].upper() == "SKIP" or bool(result[2])
                yield make_node(f"::{title}", "skipped" if skipped else "passed")
            elif not result[2]:
                yield make_node(f"::{title}", "passed")
            else:
                yield _read_failure(title, details, before)


def _read_failure(title: str, details: str, before: list[str]) -> TestNode:
    place = _LOCATION.search(details)
    file = place[1] if place else ""
    if title.startswith("/") or title == file:
        # The file itself failed: its own words were printed as comments, before its line.
        words = "\n".join(line.removeprefix("# ") for line in before)
        return make_node(title, "failed", read_error(words), phase="collect")
    kind, _ = read_error(details)
    error = _ERROR.search(details)
    message = (error[2] or error[3] or "").strip() if error else details.strip()
    if kind in ("MissingName", "MissingModule"):
        return make_node(f"{file}::{title}", "failed", read_error(details))
    return make_node(f"{file}::{title}", "failed", (kind, message[:200]))
