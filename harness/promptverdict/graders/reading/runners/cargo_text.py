"""What `cargo test` prints: for each binary its tests and a result, or the compiler's errors."""

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

_RESULT = re.compile(
    r"^test result: (?:ok|FAILED)\. (\d+) passed; (\d+) failed; (\d+) ignored;", re.M
)
_TOKEN = re.compile(
    r"^ +Running (?:unittests )?(?P<binary>\S+\.rs) \(|^ +(?P<docs>Doc-tests) "
    r"|^test (?P<test>\S+)(?: - should panic)? \.\.\. (?P<outcome>ok|FAILED|ignored)\b",
    re.M,
)
_DETAILS = re.compile(r"^---- (\S+) stdout ----$", re.M)
_NOT_COMPILED = re.compile(r"^error: could not compile ", re.M)
_ERROR = re.compile(r"^error(?:\[(E\d+)\])?: ([^\n]*)\n +--> ([^\n:]+):\d+:\d+$", re.M)
_NAME = re.compile(r"`([^`]+)`")
_MISSING = {"E0425", "E0432", "E0433", "E0405", "E0412", "E0422", "E0531", "E0599", "E0583"}
"""The compiler's numbers for a name, a module, a type or a method that is not there."""
_OUTCOMES: dict[str, Outcome] = {"ok": "passed", "FAILED": "failed", "ignored": "skipped"}


def read_cargo(text: str) -> Iterator[PrintedRun]:
    """Read the run in a text: all binaries are taken for one run."""
    # Each binary has a result of its own, and the one of the documentation's tests comes last.
    results = [tuple(map(int, found)) for found in _RESULT.findall(text)]
    failures = _read_details(text)
    nodes = [*_list_tests(text, failures)]
    named = {node.id.partition("::")[2] for node in nodes}
    nodes += [
        make_node(f"::{name}", "failed", e) for name, e in failures.items() if name not in named
    ]
    unbuilt = list(_list_errors(text)) if _NOT_COMPILED.search(text) else []
    if results or unbuilt:
        yield PrintedRun(
            runner="cargo",
            nodes=(*nodes, *unbuilt),
            passed=sum(passed for passed, _, _ in results),
            failed=sum(failed for _, failed, _ in results),
            errors=len(unbuilt),
            skipped=sum(ignored for _, _, ignored in results),
        )


def _list_tests(text: str, failures: dict[str, tuple[str, str]]) -> Iterator[TestNode]:
    binary = ""
    for token in _TOKEN.finditer(text):
        if token["test"]:
            outcome = _OUTCOMES[token["outcome"]]
            yield make_node(f"{binary}::{token['test']}", outcome, failures.get(token["test"]))
        else:
            binary = token["binary"] or ""


def _read_details(text: str) -> dict[str, tuple[str, str]]:
    errors: dict[str, tuple[str, str]] = {}
    for head, body in list_sections(_DETAILS, text):
        words = body.partition("stack backtrace:")[0].partition("\nfailures:")[0]
        message = words.partition("panicked at ")[2]
        kind = "Panic"
        if re.search(r"\bnot (?:yet )?implemented\b", message):
            kind = "NotImplementedError"
        elif "assertion" in message or "test did not panic as expected" in words:
            kind = "AssertionError"
        errors[head[1]] = kind, message.strip()[:200] or words.strip()[:200]
    return errors


def _list_errors(text: str) -> Iterator[TestNode]:
    """List the files that did not compile, each with its first error."""
    errors: dict[str, tuple[str, str]] = {}
    for error in _ERROR.finditer(text):
        name = _NAME.search(error[2])
        kind = "MissingName" if error[1] in _MISSING and name else "SyntaxError"
        words = name[1].rpartition("::")[2] if kind == "MissingName" and name else error[2]
        errors.setdefault(error[3], (kind, words))
    for path, first in (errors or {"::": ("SyntaxError", "")}).items():
        yield make_node(path, "failed", first, phase="collect")
