"""JUnit's XML, which many runners write into a file and some to the terminal."""

from __future__ import annotations

import re
from collections.abc import Iterator
from xml.etree import ElementTree as ET

from promptverdict.graders.reading.runners.javascript import read_error
from promptverdict.graders.reading.runners.printed import Outcome, PrintedRun, count, make_node
from promptverdict.graders.reading.runners.unittest_text import read_python_error
from promptverdict.trials.tree import TestNode

MAX_CHARACTERS = 5_000_000

_ROOT = re.compile(r"<testsuites?\b")
_DOCUMENT = re.compile(r"<(testsuites?)\b.*</\1>", re.S)


def looks_like_junit(text: str) -> bool:
    """Whether a text may be a report."""
    return _ROOT.search(text, 0, 1000) is not None


def read_junit(text: str) -> Iterator[PrintedRun]:
    """Read the report in a text, from its root's beginning to the last end of one."""
    # Entities could unpack without end, and no runner writes them.
    if "<testsuite" not in text or "<!" in text.replace("<!--", "").replace("<![CDATA[", ""):
        return
    document = _DOCUMENT.search(text[:MAX_CHARACTERS])
    if document is None:
        return
    try:
        root = ET.fromstring(document[0])  # noqa: S314  entities were refused above
    except ET.ParseError:
        return
    nodes = tuple(_read_case(case) for case in root.iter("testcase"))
    if nodes:
        yield PrintedRun(
            runner="junit",
            nodes=nodes,
            passed=count(nodes, "passed"),
            failed=count(nodes, "failed"),
            errors=sum(node.phase == "setup" for node in nodes),
            skipped=count(nodes, "skipped"),
        )


def _read_case(case: ET.Element) -> TestNode:
    file, name = case.get("file") or "", case.get("name") or ""
    group = case.get("classname") or ""
    if not file and re.fullmatch(r"[\w.]+", group) and "." in group:
        # pytest: `tests.test_a` or `tests.test_a.TestClass`
        parts = group.split(".")
        inner = [parts.pop()] if parts[-1][:1].isupper() else []
        file, name = f"{'/'.join(parts)}.py", "::".join([*inner, name])
    outcome: Outcome = "passed"
    error, phase = None, "call"
    for child in case:
        words = "\n".join(filter(None, [child.get("message"), child.text]))
        if child.tag in ("failure", "error"):
            outcome = "failed"
            error = read_python_error(words) if "Traceback" in words else read_error(words)
            phase = "call" if child.tag == "failure" else "setup"
        elif child.tag == "skipped" and outcome == "passed":
            outcome = "skipped"
    return make_node(f"{file}::{name}", outcome, error, phase=phase)
