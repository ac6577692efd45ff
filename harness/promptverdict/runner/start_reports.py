"""What probes found on the trees that scenarios begin with: found once, for all trials of a run."""

from __future__ import annotations

import threading
from collections.abc import Callable

from promptverdict.trials.evidence import ProbeReport


class StartReports:
    """Reports on starting trees, which no agent has touched. Safe to ask from several threads."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._held: dict[tuple[str, ...], threading.Lock] = {}
        self._reports: dict[tuple[str, ...], ProbeReport] = {}

    def share_report(
        self, looked_at: tuple[str, ...], run: Callable[[], ProbeReport]
    ) -> ProbeReport:
        """Return what a probe found on a starting tree, by running it where nobody has yet.

        looked_at: all that decides what is found. Whoever asks meanwhile waits. A report with a
        fault is not shared, so that the next trial tries again. Raises what run raises.
        """
        with self._lock:
            held = self._held.setdefault(looked_at, threading.Lock())
        with held:
            if (known := self._reports.get(looked_at)) is not None:
                return known
            report = run()
            if report.fault is None and report.killed is None:
                self._reports[looked_at] = report
            return report
