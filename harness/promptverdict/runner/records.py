"""The parts of a trial's record that are known before and without its evidence."""

from __future__ import annotations

from typing import Any

from promptverdict.core.errors import HarnessError
from promptverdict.runner.cells import Trial
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.record import Fault, TrialRecord


def record_absence(trial: Trial, error: HarnessError) -> TrialRecord:
    """Record that a trial did not take place, and why: none goes missing in silence."""
    return TrialRecord(
        **identify_trial(trial),
        provenance=None,
        replayed=False,
        seconds=0.0,
        evidence=Evidence(task=trial.cell.task, events=(), outcome=None),
        fault=Fault.of(error),
    )


def identify_trial(trial: Trial) -> dict[str, Any]:
    """Give the fields of a record that say which trial it is of."""
    task = trial.cell.task
    return {
        "key": trial.key,
        "suite": task.suite,
        "scenario": task.scenario,
        "variant": task.variant,
        "trial": trial.number,
        "digest": trial.cell.digest,
        "behaviours": tuple(trial.cell.scenario.scenario.grades),
        "required": trial.cell.required,
    }
