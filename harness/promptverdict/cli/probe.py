"""`promptverdict probe`: run changed probes again on the stored trees; no model is asked."""

from __future__ import annotations

import argparse
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from promptverdict.cli.recorded_trials import list_recorded_trials, open_current, read_each
from promptverdict.core.errors import MissingRecording, StaleProbes
from promptverdict.core.text import format_count

if TYPE_CHECKING:
    from promptverdict.recording.files import Sealed
    from promptverdict.runner.cells import Trial


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser("probe", help="run changed probes again on recorded trees")
    parser.add_argument("paths", nargs="*", default=["evals"], help="suites or scenario files")
    parser.add_argument("--all", action="store_true", help="also run probes that did not change")
    parser.add_argument(
        "--model",
        help="probe the recordings of this model, as provider/name (default: each agent's own)",
    )
    parser.add_argument(
        "--sandbox", help="bubblewrap, docker, podman or none (default: the setting `sandbox`)"
    )


def run(asked: argparse.Namespace) -> int:
    """Run the probes of every recording whose stored reports are out of date, and print counts."""
    from promptverdict.runner.probe_runner import run_probes
    from promptverdict.runner.readback import read_events
    from promptverdict.runner.start_reports import StartReports
    from promptverdict.sandbox import open_sandbox
    from promptverdict.settings import resolve

    settings = resolve(Path.cwd(), {"sandbox": asked.sandbox, "model": asked.model})
    # Opened for the first probe that must run: checking alone needs no sandbox.
    sandbox = cache(lambda: open_sandbox(settings.sandbox, settings.sandbox_image))
    paths = [Path(path) for path in asked.paths]
    trials = list_recorded_trials(paths, settings, lambda loaded: bool(loaded.scenario.probes))

    def find(trial: Trial) -> tuple[Trial, Sealed] | None:
        sealed = _find_outdated(trial, every=asked.all)
        return (trial, sealed) if sealed else None

    outdated = read_each(trials, find)
    starts = StartReports()
    for trial, sealed in outdated:
        scenario, evidence = trial.cell.scenario, read_events(trial.cell, sealed)
        reports = run_probes(
            scenario, trial.location, sealed.seal, evidence, sandbox(), starts=starts
        )
        failed = sum(check.outcome == "fail" for report in reports for check in report.checks)
        faults = sum(report.fault is not None for report in reports)
        print(
            f"{trial.id}: {format_count(len(reports), 'report')},"
            f" {format_count(failed, 'failed check')}, {format_count(faults, 'fault')}"
        )
    print(f"{format_count(len(outdated), 'recording')} probed")
    return 0


def _find_outdated(trial: Trial, *, every: bool) -> Sealed | None:
    """Open a recording whose probes must run; None where they need not, or where there is none.

    A stale recording is reported and left alone. every: run them even if nothing changed.
    """
    from promptverdict.runner.probes import read_reports

    try:
        sealed = open_current(trial)
    except MissingRecording:
        return None
    if sealed is None or every:
        return sealed
    try:
        read_reports(trial.cell.scenario, trial.location, sealed.seal)
    except StaleProbes:
        return sealed
    return None
