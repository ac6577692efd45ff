"""A pytest plugin that reports what a test session did: one JSON text for each session.

PYTEST_DONT_REWRITE

It says what no exit code says (`pytest | tail` ends with 0) and what no --junitxml could (a
project's own would replace it). It prints nothing, and whatever goes wrong here is kept from the
tests. The report goes over a socket that the harness holds: it looks at this process before the
first conftest is loaded, and a file could be written by anybody.
"""

from __future__ import annotations

import json
import os
import socket
from collections.abc import Generator
from contextlib import suppress
from typing import Any

from .treehash import digest_of, entries_below

SOCKET = "/run/harness/reports"
"""Where reports go; without this socket nothing is reported."""

PATIENCE = 30.0
"""Seconds to wait for the harness, which looks several times a second."""

TREE = "/workspace"
"""The folder whose digest a report carries."""

MESSAGE_LIMIT = 500
"""Characters kept of an exception's message."""

_USAGE_ERROR = 4

_RANK = {"passed": 0, "skipped": 1, "failed": 2}

_Error = tuple[str | None, str | None]
"""Name of an exception's type, and its message."""


def pytest_addoption(pluginmanager: Any) -> None:
    """Join the session, from before its first conftest on."""
    tree = os.environ.get("SESSION_REPORT_TREE", TREE)
    stream = _connect(os.environ.get("SESSION_REPORT_SOCKET", SOCKET))
    if stream is not None:
        import pytest

        pytest.hookimpl(wrapper=True)(SessionReport.pytest_load_initial_conftests)
        pytest.hookimpl(trylast=True)(SessionReport.pytest_sessionfinish)
        pluginmanager.register(SessionReport(stream, tree))


def _connect(path: str) -> socket.socket | None:
    """Connect to the harness and wait until it has looked at this process."""
    try:
        stream = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    except (OSError, AttributeError):
        return None
    try:
        stream.settimeout(PATIENCE)
        stream.connect(path)
        if stream.recv(1):
            return stream
    except (OSError, ValueError):
        pass
    stream.close()
    return None


class SessionReport:
    """What one session did so far; its methods are pytest's hooks."""

    def __init__(self, stream: socket.socket, tree: str) -> None:
        self._stream = stream
        self._tree = tree
        self._root: str | None = None
        self._digest = ""
        self._process = os.getpid()
        self._reports: list[Any] = []
        self._raised: dict[tuple[str, str], _Error] = {}
        self._nodes: list[dict[str, str | None]] = []

    def pytest_load_initial_conftests(self, early_config: Any) -> Generator[None, Any, Any]:
        """Take the tree's digest; a conftest that cannot be loaded ends the session right here."""
        with suppress(Exception):
            self._digest = digest(self._tree)
            # Tests are named from here, which need not be where the workspace begins.
            self._root = os.path.relpath(early_config.rootpath, self._tree)
        try:
            return (yield)
        except Exception as error:
            path = getattr(error, "path", None)
            if path is not None:
                where = os.path.relpath(path, early_config.rootpath)
                self._nodes.append(_build_node(where, "collect", "failed", _describe(error)))
                self._send(_USAGE_ERROR)
            raise

    def pytest_collectreport(self, report: Any) -> None:
        """Keep what could not be collected."""
        if report.outcome == "failed":
            self._reports.append(report)

    def pytest_runtest_logreport(self, report: Any) -> None:
        """Keep how a test went, and a set-up or teardown that did not pass."""
        if report.when == "call" or report.outcome != "passed":
            self._reports.append(report)

    def pytest_exception_interact(self, call: Any, report: Any) -> None:
        """Keep the name and words of the exception behind a report, which itself has neither.

        The exception is let go: it would keep a test's objects alive that others wait to see die.
        """
        self._raised.setdefault(_get_key(report), _describe(call.excinfo.value, report))

    def pytest_internalerror(self, excinfo: Any) -> None:
        """Keep an error of pytest itself or of a plugin, which belongs to no test."""
        self._nodes.append(_build_node("", "collect", "failed", _describe(excinfo.value)))

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Send the report."""
        self._send(exitstatus)

    def _send(self, exit_code: int) -> None:
        # A test that forks without exec brings a second process to this point.
        if os.getpid() != self._process:
            return
        with suppress(Exception):
            nodes = [_read_report(r, self._raised) for r in _choose_worst(self._reports)]
            content = {
                "tree": self._digest,
                "exit_code": int(exit_code),
                "nodes": nodes + self._nodes,
                "root": self._root,
            }
            self._stream.sendall(json.dumps(content).encode("ascii"))
        with suppress(OSError):
            # Closed at once: a child that a test left behind holds the same socket.
            self._stream.shutdown(socket.SHUT_RDWR)
            self._stream.close()


def digest(root: str) -> str:
    """Name the tree below a folder; names that are not UTF-8 are escaped, as they are elsewhere."""
    return digest_of(
        (os.fsencode(path).decode("utf-8", "backslashreplace"), kind, content)
        for path, kind, content in entries_below(root)
    )


def _choose_worst(reports: list[Any]) -> list[Any]:
    """Keep one report of each phase: a test with subtests has more, and the worst one counts."""
    kept: dict[tuple[str, str], Any] = {}
    for report in reports:
        before = kept.get(_get_key(report))
        if before is None or _RANK[report.outcome] > _RANK[before.outcome]:
            kept[_get_key(report)] = report
    return list(kept.values())


def _read_report(report: Any, raised: dict[tuple[str, str], _Error]) -> dict[str, str | None]:
    name, phase = _get_key(report)
    error = raised.get((name, phase)) if report.outcome == "failed" else None
    return _build_node(name, phase, report.outcome, error or (None, _find_reason(report)))


def _find_reason(report: Any) -> str | None:
    """Find the words of a report that no exception stands behind: a skip, an expected failure."""
    if hasattr(report, "wasxfail"):
        return f"xfail: {report.wasxfail}"
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2])
    return None if report.outcome == "passed" else str(report.longrepr)


def _describe(error: BaseException, report: Any = None) -> _Error:
    """Return an exception's type and words, looking behind what pytest wraps around an import."""
    if type(error).__name__ in ("CollectError", "ConftestImportFailure"):
        error = error.__cause__ or error
    # A missing fixture is explained by the report alone.
    message = getattr(getattr(report, "longrepr", None), "errorstring", None)
    if message is None:
        message = "(its message cannot be shown)"
        with suppress(Exception):
            message = str(error)
    return type(error).__name__, message


def _build_node(name: str, phase: str, outcome: str, error: _Error) -> dict[str, str | None]:
    exception, message = error
    return {
        "id": _escape(name),
        "phase": phase,
        "outcome": outcome,
        "exception": exception,
        "message": None if message is None else _escape(message)[:MESSAGE_LIMIT],
    }


def _get_key(report: Any) -> tuple[str, str]:
    return str(report.nodeid), getattr(report, "when", None) or "collect"


def _escape(value: str) -> str:
    """Write lone surrogates, which no JSON reader takes, as escapes."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8")
