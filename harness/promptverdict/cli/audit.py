"""`promptverdict audit`: graders against attempts whose right grade is known, without a model."""

from __future__ import annotations

import argparse
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.core.text import escape_text, format_count
from promptverdict.settings import resolve

if TYPE_CHECKING:
    from promptverdict.runner.audit.auditor import Audit


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser(
        "audit",
        help="hold graders against solutions, edited trials and saboteurs; no model is asked",
        description="Grade every solution, every edited trial and, in every scenario, somebody who"
        " does nothing, refuses, contradicts, only says so, does another task, or whose results"
        " are gone. Print which graders are as they must be, and end with 1 where one is not, or"
        " where there is nothing to audit.",
    )
    parser.add_argument("paths", nargs="*", default=["evals"], help="suites or scenario files")
    parser.add_argument("--html", metavar="FILE", help="also write the tables as a page")
    parser.add_argument(
        "--sandbox", help="bubblewrap (default), docker, podman, or none, which protects nothing"
    )


def run(asked: argparse.Namespace) -> int:
    """Audit and print; return 1 where a grader is wrong, or where something proves nothing.

    Raises InputError and SandboxError.
    """
    from promptverdict.report.audit_table import build_matrix, format_miss
    from promptverdict.report.terminal.console import detect_terminal, render_lines
    from promptverdict.report.terminal.tables import render_table

    audit = _audit([Path(path) for path in asked.paths], asked.sandbox)
    misses = audit.list_misses()
    terminal = detect_terminal()
    if audit.graded:
        print(render_lines(render_table(build_matrix(audit), terminal), terminal))
    for miss in misses:
        print(f"MISSED {escape_text(format_miss(miss))}")
    for line in audit.broken:
        print(f"BROKEN {escape_text(line)}")
    headline = _build_headline(audit)
    print(headline)
    if asked.html:
        _write_page(Path(asked.html), headline, audit)
    return 1 if misses or audit.broken or not audit.held else 0


def _audit(paths: list[Path], sandbox: str | None) -> Audit:
    from promptverdict.runner.audit.auditor import Audit, audit_suite
    from promptverdict.sandbox import open_sandbox
    from promptverdict.scenarios.loading import load_scenarios

    settings = resolve(Path.cwd(), {"sandbox": sandbox})
    audit = Audit()
    scenarios = sorted(load_scenarios(paths), key=lambda each: each.suite.folder)
    for _, group in groupby(scenarios, key=lambda each: each.suite.folder):
        opened = cache(lambda: open_sandbox(settings.sandbox, settings.sandbox_image))
        audit_suite(list(group), opened, audit)
    return audit


def _build_headline(audit: Audit) -> str:
    misses = audit.list_misses()
    if not (audit.held or audit.broken):
        return "nothing to audit: no behaviour here is graded by code"
    if not (misses or audit.broken):
        return "all graded as they must be"
    broken = format_count(len(audit.broken), "attempt")
    parts = [f"{format_count(len(misses), 'grade')} wrong"] * bool(misses)
    parts += [f"{broken} that prove nothing"] * bool(audit.broken)
    return ", ".join(parts)


def _write_page(path: Path, headline: str, audit: Audit) -> None:
    from promptverdict.core.files import write_file
    from promptverdict.report.audit_table import build_matrix, build_miss_table
    from promptverdict.report.page.audit_page import render_audit_page

    misses = audit.list_misses()
    table = build_miss_table(misses) if misses else None
    write_file(path, render_audit_page(headline, build_matrix(audit), table, audit.broken))
    print(f"page: {path}")
