"""`promptverdict regrade`: grade an old run again, from its records alone."""

from __future__ import annotations

import argparse
from pathlib import Path

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.paths import display_path
from promptverdict.core.text import format_count
from promptverdict.scenarios.loading import load_scenarios
from promptverdict.trials.record import TrialRecord


def add_parser(verbs: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    """Add the verb."""
    parser = verbs.add_parser("regrade", help="grade an old run again, from its records alone")
    parser.add_argument(
        "run", nargs="?", default="latest", help="name of the run (default: latest)"
    )
    parser.add_argument("--evals", default="evals", help="folder of the suites to grade with")


def run(asked: argparse.Namespace) -> int:
    """Write a new run with the same evidence and today's grades, and print what changed."""
    from promptverdict.graders.grading import grade_all
    from promptverdict.settings import resolve
    from promptverdict.trials.runs import find_run
    from promptverdict.trials.store import Run, read_manifest
    from promptverdict.trials.stored_records import read_records

    settings = resolve(Path.cwd(), {})
    old = find_run(Path(settings.results), asked.run)
    records = list(read_records(old))
    if not records:
        cure = "run the suites first: pytest evals/"
        raise InputError([Problem(display_path(old), "there are no records here", cure)])
    loaded = load_scenarios([Path(asked.evals)])
    scenarios = {(scenario.suite.id, scenario.id): scenario for scenario in loaded}
    planned = read_manifest(old).planned
    new = Run.create(Path(settings.results), settings, planned)
    changed = copied = 0
    for record in records:
        scenario = scenarios.get((record.suite, record.scenario))
        # What broke off has no whole evidence, and a deleted scenario no graders.
        if scenario is None or record.fault:
            new.save(record)
            copied += 1
            continue
        checks = scenario.suite.checks
        grades = grade_all(scenario.scenario.grades, checks, record.evidence)
        update = {"grades": grades, "behaviours": tuple(scenario.scenario.grades)}
        changed += _print_changes(record, record.model_copy(update=update))
        new.save(record.model_copy(update=update))
    new.finish(whole=True)
    unchanged = f", {copied} copied unchanged" if copied else ""
    graded = format_count(len(records) - copied, "record")
    changes = format_count(changed, "grade")
    print(f"{graded} graded, {changes} changed{unchanged}: {display_path(new.folder)}")
    return 0


def _print_changes(old: TrialRecord, new: TrialRecord) -> int:
    before = {grade.behaviour: grade.finding.outcome for grade in old.grades}
    after = {grade.behaviour: grade.finding.outcome for grade in new.grades}
    changed = [name for name in {**before, **after} if before.get(name) != after.get(name)]
    for name in changed:
        print(f"{new.id}: {name}: {before.get(name, 'none')} -> {after.get(name, 'none')}")
    return len(changed)
