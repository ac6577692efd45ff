"""A pytest plugin that keeps what a test session did: one JSON file for each process.

PYTEST_DONT_REWRITE

It says what no exit code says (`pytest | tail` ends with 0) and what no --junitxml could (a
project's own would replace it). It prints nothing, and whatever goes wrong here is kept from the
tests.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Generator
from contextlib import suppress
from pathlib import Path
from typing import Any

from .treehash import digest_of, entries_below

FOLDER = "/run/reports"
"""Where reports go; without this folder nothing is written."""

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
    folder = Path(os.environ.get("SESSION_REPORT_FOLDER", FOLDER))
    tree = os.environ.get("SESSION_REPORT_TREE", TREE)
    if folder.is_dir():
        import pytest

        pytest.hookimpl(wrapper=True)(SessionReport.pytest_load_initial_conftests)
        pytest.hookimpl(trylast=True)(SessionReport.pytest_sessionfinish)
        pluginmanager.register(SessionReport(folder, tree))


class SessionReport:
    """What one session did so far; its methods are pytest's hooks."""

    def __init__(self, folder: Path, tree: str) -> None:
        self._folder = folder
        self._tree = tree
        self._digest = ""
        self._process = os.getpid()
        self._reports: list[Any] = []
        self._raised: dict[tuple[str, str], _Error] = {}
        self._nodes: list[dict[str, str | None]] = []

    def pytest_load_initial_conftests(self, early_config: Any) -> Generator[None, Any, Any]:
        """Take the tree's digest; a conftest that cannot be loaded ends the session right here."""
        with suppress(Exception):
            self._digest = digest(self._tree)
        try:
            return (yield)
        except Exception as error:
            path = getattr(error, "path", None)
            if path is not None:
                where = os.path.relpath(path, early_config.rootpath)
                self._nodes.append(_node(where, "collect", "failed", _told(error)))
                self._write(_USAGE_ERROR)
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
        self._raised.setdefault(_key(report), _told(call.excinfo.value, report))

    def pytest_internalerror(self, excinfo: Any) -> None:
        """Keep an error of pytest itself or of a plugin, which belongs to no test."""
        self._nodes.append(_node("", "collect", "failed", _told(excinfo.value)))

    def pytest_sessionfinish(self, exitstatus: int) -> None:
        """Write the report."""
        self._write(exitstatus)

    def _write(self, exit_code: int) -> None:
        # A test that forks without exec brings a second process to this point.
        if os.getpid() != self._process:
            return
        with suppress(Exception):
            nodes = [_of_report(report, self._raised) for report in _worst(self._reports)]
            content = {
                "tree": self._digest,
                "exit_code": int(exit_code),
                "nodes": nodes + self._nodes,
            }
            name = f"{time.time_ns():020}-{os.getpid()}-{os.urandom(4).hex()}"
            part = self._folder / f"{name}.part"
            part.write_text(json.dumps(content), encoding="ascii")
            part.rename(part.with_suffix(".json"))


def digest(root: str) -> str:
    """Name the tree below a folder; names that are not UTF-8 are escaped, as they are elsewhere."""
    return digest_of(
        (os.fsencode(path).decode("utf-8", "backslashreplace"), kind, content)
        for path, kind, content in entries_below(root)
    )


def _worst(reports: list[Any]) -> list[Any]:
    """Keep one report of each phase: a test with subtests has more, and the worst one counts."""
    kept: dict[tuple[str, str], Any] = {}
    for report in reports:
        before = kept.get(_key(report))
        if before is None or _RANK[report.outcome] > _RANK[before.outcome]:
            kept[_key(report)] = report
    return list(kept.values())


def _of_report(report: Any, raised: dict[tuple[str, str], _Error]) -> dict[str, str | None]:
    name, phase = _key(report)
    error = raised.get((name, phase)) if report.outcome == "failed" else None
    return _node(name, phase, report.outcome, error or (None, _reason(report)))


def _reason(report: Any) -> str | None:
    """Find the words of a report that no exception stands behind: a skip, an expected failure."""
    if hasattr(report, "wasxfail"):
        return f"xfail: {report.wasxfail}"
    if isinstance(report.longrepr, tuple):
        return str(report.longrepr[2])
    return None if report.outcome == "passed" else str(report.longrepr)


def _told(error: BaseException, report: Any = None) -> _Error:
    """Give an exception's type and words, looking behind what pytest wraps around an import."""
    if type(error).__name__ in ("CollectError", "ConftestImportFailure"):
        error = error.__cause__ or error
    # A missing fixture is explained by the report alone.
    message = getattr(getattr(report, "longrepr", None), "errorstring", None)
    if message is None:
        message = "(its message cannot be shown)"
        with suppress(Exception):
            message = str(error)
    return type(error).__name__, message


def _node(name: str, phase: str, outcome: str, error: _Error) -> dict[str, str | None]:
    exception, message = error
    return {
        "id": _text(name),
        "phase": phase,
        "outcome": outcome,
        "exception": exception,
        "message": None if message is None else _text(message)[:MESSAGE_LIMIT],
    }


def _key(report: Any) -> tuple[str, str]:
    return str(report.nodeid), getattr(report, "when", None) or "collect"


def _text(value: str) -> str:
    """Write lone surrogates, which no JSON reader takes, as escapes."""
    return value.encode("utf-8", "backslashreplace").decode("utf-8")
