"""What pytest says about cells: their statuses, and the summary at the end of the run."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import pytest

from promptverdict.core.text import escape_text
from promptverdict.pytest_plugin.evals import PytestEvals
from promptverdict.pytest_plugin.item_base import MEASURED, NEVER_RAN, REASON, STATUS
from promptverdict.trials.stored_records import read_records
from promptverdict.trials.summary import summarise_trial

if TYPE_CHECKING:
    from promptverdict.report.terminal.console import Terminal
    from promptverdict.report.terminal.summary import Shortcoming


class RunReport:
    """The hooks of one pytest session that count and show how its cells ended."""

    def __init__(self, config: pytest.Config, evals: PytestEvals) -> None:
        self._config, self._evals = config, evals
        self._counts: Counter[str] = Counter()
        evals.cell_counts = self._counts
        self._shortcomings: list[Shortcoming] = []

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Count how cells ended, and note those that fell short, save those without evidence."""
        properties = dict(report.user_properties)
        if STATUS in properties and (report.when == "call" or report.failed):
            ended = str(properties[STATUS]).lower()
            if report.skipped:
                ended = "xfailed"
            elif report.failed and ended != "error":
                # An unexpected pass has the status of a pass, but pytest reports a failure.
                ended = "failed"
            self._counts[ended] += 1
        if report.failed and properties.get(REASON):
            from promptverdict.report.terminal.summary import Shortcoming

            status, reason = str(properties[STATUS]), str(properties[REASON])
            has_trial = NEVER_RAN not in properties
            self._shortcomings.append(Shortcoming(report.nodeid, status, reason, has_trial))

    def pytest_report_teststatus(self, report: Any) -> tuple[str, str, str] | None:
        """Report a cell of which nothing is required as measured: it cannot pass."""
        if getattr(report, "when", None) != "call" or not report.passed:
            return None
        if (STATUS, MEASURED) in report.user_properties:
            return MEASURED, "m", MEASURED.upper()
        return None

    def pytest_terminal_summary(self, terminalreporter: Any) -> None:
        """Write how often behaviours were shown, the comparison, and what the evidence is."""
        folder, session = self._evals.folder, self._evals.session
        if folder is None or self._evals.is_refused:
            return
        from promptverdict.pytest_plugin.invoked import describe_invocation
        from promptverdict.report.terminal.absent import render_unrecorded
        from promptverdict.report.terminal.summary import render_evidence, render_summary

        # The controller of pytest-xdist sees the records alone, and reads one at a time.
        trials = session.trials if session else list(map(summarise_trial, read_records(folder)))
        invocation = describe_invocation(self._config, self._evals.nodes)
        comparison = self._render_comparison()
        summary = render_summary(
            trials,
            run=folder,
            invocation=invocation,
            shortcomings=self._shortcomings,
            baselines=session.baselines if session and not comparison else None,
            older=session.older_trials if session else (),
            terminal=self._describe_terminal(),
        )
        terminalreporter.section("evaluations")
        terminalreporter.write(summary)
        terminalreporter.write(comparison)
        if session:
            terminalreporter.write(render_unrecorded(session.list_unrecorded(), invocation))
        terminalreporter.write(render_evidence(trials))
        terminalreporter.write(self._repeat_answers())
        terminalreporter.write(self._evals.why_not_whole)

    def _render_comparison(self) -> str:
        if self._evals.comparisons is None:
            return self._evals.why_not_compared
        from promptverdict.report.terminal.comparison import render_comparisons

        return render_comparisons(self._evals.comparisons, terminal=self._describe_terminal())

    def _repeat_answers(self) -> str:
        """Repeat each answer in a line: tables stand between where it was and the end."""
        if self._evals.comparisons is None:
            return ""
        # Imported late: scipy comes with it, and a plain replay compares nothing.
        from promptverdict.comparison.wording import format_comparison

        comparisons = self._evals.comparisons.comparisons
        compared = [each for each in comparisons if each.status != "unchanged"]
        return "".join(f"{escape_text(format_comparison(each))}\n" for each in compared)

    def _describe_terminal(self) -> Terminal:
        """Describe the terminal as pytest sees it: it knows NO_COLOR and --color."""
        from promptverdict.report.terminal.console import Terminal

        writer = self._config.get_terminal_writer()
        has_details = self._config.option.verbose > 0
        return Terminal(max(writer.fullwidth, 80), writer.hasmarkup, has_details)
