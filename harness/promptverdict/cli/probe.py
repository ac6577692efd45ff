"""`promptverdict probe`: run changed probes again on the stored trees; no model is asked."""

from __future__ import annotations

import argparse
import asyncio
from pathlib import Path

from promptverdict.cli.recorded_trials import recorded_trials
from promptverdict.core.errors import MissingRecording, StaleProbes


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser("probe", help="run changed probes again on recorded trees")
    parser.add_argument("paths", nargs="*", default=["evals"], help="suites or scenario files")
    parser.add_argument("--all", action="store_true", help="also those that did not change")


def run(asked: argparse.Namespace) -> int:
    """Run what is probe-stale, and say what was done."""
    from promptverdict.recording.digest import changed_parts, describe_parts
    from promptverdict.recording.files import open_sealed
    from promptverdict.runner.probe_runner import run_probes
    from promptverdict.runner.probes import stored_reports
    from promptverdict.runner.readback import read_events
    from promptverdict.sandbox import open_sandbox
    from promptverdict.settings import resolve

    done, sandbox = 0, None
    paths = [Path(path) for path in asked.paths]
    settings = resolve(Path.cwd(), {})
    for trial in recorded_trials(paths, settings, lambda one: bool(one.scenario.probes)):
        scenario = trial.cell.scenario
        try:
            sealed = open_sealed(trial.location)
            if parts := changed_parts(sealed.head.digest, trial.cell.digest):
                print(f"{trial.id}: stale ({describe_parts(parts)} changed), left alone")
                continue
            if not asked.all:
                stored_reports(scenario, trial.location, sealed.seal)
                continue
        except StaleProbes:
            pass
        except MissingRecording:
            continue
        sandbox = sandbox or open_sandbox("bubblewrap")
        evidence = asyncio.run(read_events(trial.cell, sealed))
        reports = run_probes(scenario, trial.location, sealed.seal, evidence, sandbox)
        failed = sum(check.outcome == "fail" for report in reports for check in report.checks)
        faults = sum(report.fault is not None for report in reports)
        print(f"{trial.id}: {len(reports)} reports, {failed} failed checks, {faults} faults")
        done += 1
    print(f"{done} recordings probed")
    return 0
