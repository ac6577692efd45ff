"""What `go test` prints, as text and with -json: a line a package, with -v a line a test."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from promptverdict.graders.reading.runners.printed import Outcome, PrintedRun, count, make_node
from promptverdict.trials.tree import TestNode

_PACKAGE = re.compile(r"^(ok  |FAIL)\t(\S+)\t?([^\n]*)$|^FAIL\t(\S+) (\[[^\n]*\])$")
_TEST = re.compile(r"^( *)--- (PASS|FAIL|SKIP): (\S+) \([\d.]+s\)$")
_BUILD = re.compile(r"^# (\S+)(?: \[[^\]\n]+\])?$")
_MISSING = re.compile(
    r"undefined: (?:\w+\.)?(\w+)|\.(\w+) undefined\b|undefined \(type .* no field or method (\w+)\)"
)
_MISSING_PACKAGE = re.compile(
    r"(?:package|module) (\S+) is not in|no required module provides package (\S+)"
    r"|cannot find (?:package|module) \"?(\S+)"
)
_OUTCOMES: dict[str, Outcome] = {"PASS": "passed", "FAIL": "failed", "SKIP": "skipped"}


def read_go(text: str) -> Iterator[PrintedRun]:
    """Read the run in a text: whatever packages it names are taken for one run."""
    lines = _unpack_json(text).split("\n")
    reader = _Reader()
    for line in lines:
        reader.take(line)
    if reader.packages:
        nodes = tuple(reader.nodes)
        yield PrintedRun(
            runner="go",
            nodes=nodes,
            passed=count(nodes, "passed"),
            failed=count(nodes, "failed"),
            errors=sum(node.phase == "collect" for node in nodes),
            skipped=count(nodes, "skipped"),
            passed_files=frozenset(reader.passed),
        )


class _Reader:
    """Takes in lines; tests are told before the line of their package."""

    def __init__(self) -> None:
        self.packages: list[str] = []
        self.passed: set[str] = set()
        self.nodes: list[TestNode] = []
        self._tests: list[tuple[str, Outcome]] = []
        self._words: dict[str, list[str]] = {}
        self._test = ""
        self._build = ""

    def take(self, line: str) -> None:
        """Take in the next line."""
        # The line of a package follows those of its tests, and names what they belong to.
        if test := _TEST.match(line):
            self._test = test[3]
            self._words.setdefault(self._test, [])
            # A part of a test counts with the test that holds it.
            if "/" not in test[3]:
                self._tests.append((test[3], _OUTCOMES[test[2]]))
        elif line.startswith("=== RUN"):
            self._test = line.rsplit(maxsplit=1)[-1]
            self._words.setdefault(self._test, [])
        elif build := _BUILD.match(line):
            self._build = build[1]
            self._words[self._build] = []
        elif package := _PACKAGE.match(line):
            self._end_package(package[2] or package[4], package)
        else:
            self._words.setdefault(self._build or self._test, []).append(line)

    def _end_package(self, name: str, line: re.Match[str]) -> None:
        self.packages.append(name)
        failed = line[0].startswith("FAIL")
        if failed and not any(outcome == "failed" for _, outcome in self._tests):
            words = self._words.get(name) or self._words.get("") or []
            file = re.search(r"^(?:\./|\S*/)?([^/\s:]+_test\.go):\d+", "\n".join(words), re.M)
            place = f"{name}/{file[1]}" if file else name
            self.nodes.append(make_node(place, "failed", _read_error(words), phase="collect"))
        for test, outcome in self._tests:
            error: tuple[str, str] | None = None
            if outcome == "failed":
                parts = [w for t, w in self._words.items() if t == test or t.startswith(f"{test}/")]
                error = _read_error([word for words in parts for word in words])
            self.nodes.append(make_node(f"{name}::{test}", outcome, error))
        if not failed and not self._tests and "[no test" not in line[0]:
            self.passed.add(name)
        self._tests, self._words, self._test, self._build = [], {}, "", ""


def _read_error(lines: list[str]) -> tuple[str, str]:
    words = "\n".join(lines).strip()
    if missing := _MISSING.search(words):
        return "MissingName", missing[1] or missing[2] or missing[3]
    if package := _MISSING_PACKAGE.search(words):
        return "MissingModule", next(filter(None, package.groups()))
    if re.search(r"\bnot (?:yet )?implemented\b|\bTODO\b", words, re.I):
        return "NotImplementedError", words[:200]
    if re.search(r"^panic: |^\S+\.go:\d+:\d+: ", words, re.M):
        kind = "Panic" if "panic: " in words else "SyntaxError"
        return kind, words[:200]
    return "AssertionError", words[:200]


def _unpack_json(text: str) -> str:
    """Return what -json wraps as the text that it is made of, package by package."""
    if '"Action":' not in text:
        return text
    plain: list[str] = []
    packages: dict[str, list[str]] = {}
    for line in text.split("\n"):
        try:
            event = json.loads(line) if line.startswith("{") else None
        except ValueError:
            event = None
        if not isinstance(event, dict) or "Action" not in event:
            plain.append(line)
            continue
        output = event.get("Output")
        if isinstance(output, str):
            name = str(event.get("Package") or event.get("ImportPath") or "")
            packages.setdefault(name, []).append(output)
    return "\n".join([*plain, *("".join(outputs) for outputs in packages.values())])
