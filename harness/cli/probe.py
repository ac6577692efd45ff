"""`promptverdict probe`: run changed probes again on the stored trees; no model is asked."""

from __future__ import annotations

import argparse
import asyncio
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

from harness.collecting import SUITE_FILE
from harness.errors import InputError, MissingRecording, Problem, StaleProbes

if TYPE_CHECKING:
    from harness.plan import Trial


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser("probe", help="run changed probes again on recorded trees")
    parser.add_argument("paths", nargs="*", default=["evals"], help="suites or scenario files")
    parser.add_argument("--all", action="store_true", help="also those that did not change")


def run(asked: argparse.Namespace) -> int:
    """Run what is probe-stale, and say what was done."""
    from harness.plan import changed_parts
    from harness.probes import stored_reports
    from harness.probing import run_probes
    from harness.recording.files import open_sealed
    from harness.sandbox import open_sandbox
    from harness.trial import read_events

    done, sandbox = 0, None
    for trial in _trials([Path(path) for path in asked.paths]):
        scenario = trial.cell.scenario
        try:
            sealed = open_sealed(trial.location)
            if parts := changed_parts(sealed.head.digest, trial.cell.digest):
                print(f"{trial.id}: stale ({', '.join(parts)}), left alone")
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


def _trials(paths: list[Path]) -> Iterator[Trial]:
    """List the recorded trials of the scenarios below some paths."""
    from harness.loading import load_agents
    from harness.loading.suites import load_scenario, load_suite
    from harness.plan import cells
    from harness.settings import resolve

    settings = resolve(Path.cwd(), {})
    agents = load_agents(Path(settings.agents))
    for path in _scenario_files(paths):
        scenario = load_scenario(path, load_suite(path.with_name(SUITE_FILE)))
        if not scenario.scenario.probes:
            continue
        for cell in cells(scenario, agents, settings, by_hand=False):
            for file in sorted(cell.trial(0).location.folder.glob("*.http.yaml")):
                yield cell.trial(int(file.name.partition(".")[0]))


def _scenario_files(paths: list[Path]) -> Iterator[Path]:
    for path in paths:
        if path.is_file():
            yield path.resolve()
            continue
        suites = sorted(path.resolve().glob(f"**/{SUITE_FILE}"))
        if not suites:
            raise InputError([Problem(str(path), "there is no suite below it", "name the folder")])
        for suite in suites:
            yield from sorted(file for file in suite.parent.glob("*.yaml") if file != suite)
