"""What Python's unittest prints: a summary, headings of failures, and with -v a line a test."""

from __future__ import annotations

import re
from collections.abc import Iterator

from promptverdict.graders.reading.runners.printed import (
    Outcome,
    PrintedRun,
    list_sections,
    make_node,
)
from promptverdict.trials.tree import TestNode

_SUMMARY = re.compile(
    r"^Ran (\d+) tests? in [\d.]+s\n\n(?:OK|FAILED|NO TESTS RAN)(?: \(([^()\n]{0,300})\))?$", re.M
)
_HEAD = re.compile(r"^={70}\n(ERROR|FAIL|UNEXPECTED SUCCESS): ([^\n]+)\n", re.M)
_LINE = re.compile(
    r"^(\w+) \(([\w.]+)\)(?:\n[^\n]*)? \.\.\. (?:ok|(skipped|expected failure))\b", re.M
)
_NAME = re.compile(r"(\w+) \(([\w.]+)\)")
_NOT_LOADED = re.compile(r"\(unittest\.loader\.(?:_FailedTest|ModuleImportFailure)\.?([\w.]*)\)")
_LAST_ERROR = re.compile(r"^([A-Za-z_][\w.]*)(?:: (.*))?$", re.M)


def read_unittest(text: str) -> Iterator[PrintedRun]:
    """Read the runs in a text."""
    start = 0
    for summary in _SUMMARY.finditer(text):
        yield _read_run(text[start : summary.start()], summary)
        start = summary.end()


def read_python_error(text: str) -> tuple[str, str]:
    """Return the type and the message of the last traceback in a text."""
    traceback = text.rpartition("Traceback (most recent call last):\n")[2]
    # Behind the frames, which are indented, stands the error; its message may go on for lines.
    frames = re.match(r"(?:[ \t][^\n]*\n|\n)*", traceback)
    error = _LAST_ERROR.match(traceback, frames.end() if frames else 0)
    if error is None:
        return "Error", ""
    return error[1].rpartition(".")[2], error[2] or ""


def _read_run(text: str, summary: re.Match[str]) -> PrintedRun:
    counts = {
        name.strip(): int(number)
        for name, number in re.findall(r"([a-z ]+)=(\d+)", summary[2] or "")
    }
    nodes = [*_list_failures(text), *_list_lines(text)]
    # A test with several broken parts has as many headings, and is one test.
    broken = {(node.id, node.phase): node for node in nodes if node.outcome == "failed"}
    in_call = sum(phase == "call" for _, phase in broken)
    # A file that did not load is counted as a test; a class whose set-up broke is not.
    unloaded = sum(phase == "collect" for _, phase in broken)
    headed = sum(node.exception == "UnexpectedSuccess" for node in broken.values())
    surprises = counts.get("unexpected successes", 0)
    if not broken:
        # The headings were cut off: what is left are the counts.
        in_call = counts.get("failures", 0) + counts.get("errors", 0)
    failed = in_call + surprises - headed
    skipped = counts.get("skipped", 0) + counts.get("expected failures", 0)
    others = [node for node in nodes if node.outcome != "failed"]
    return PrintedRun(
        runner="unittest",
        nodes=(*broken.values(), *others),
        passed=max(0, int(summary[1]) - failed - unloaded - skipped),
        failed=failed,
        errors=sum(phase != "call" for _, phase in broken),
        skipped=skipped,
    )


def _list_failures(text: str) -> Iterator[TestNode]:
    for head, body in list_sections(_HEAD, text):
        name, error = head[2], read_python_error(body)
        if head[1] == "UNEXPECTED SUCCESS":
            error = "UnexpectedSuccess", ""
        if unloaded := _NOT_LOADED.search(name):
            module = unloaded[1] or name.partition(" ")[0]
            yield make_node(f"{module.replace('.', '/')}.py", "failed", error, phase="collect")
        elif named := _NAME.match(name):
            in_setup = named[1] in ("setUpClass", "tearDownClass", "setUpModule", "tearDownModule")
            yield make_node(
                _format_id(*named.groups()), "failed", error, phase="setup" if in_setup else "call"
            )


def _list_lines(text: str) -> Iterator[TestNode]:
    for line in _LINE.finditer(text):
        outcome: Outcome = "skipped" if line[3] else "passed"
        yield make_node(_format_id(line[1], line[2]), outcome)


def _format_id(name: str, place: str) -> str:
    """Format `test_a (tests.test_x.Case.test_a)` as pytest would; before 3.11 the name is left out.

    A set-up is named after its class or module alone.
    """
    parts = place.split(".")
    if parts[-1] == name:
        parts.pop()
    if name.endswith("Module") or len(parts) < 2:
        return f"{'/'.join(parts)}.py"
    owner = f"{'/'.join(parts[:-1])}.py::{parts[-1]}"
    return owner if name in ("setUpClass", "tearDownClass") else f"{owner}::{name}"
