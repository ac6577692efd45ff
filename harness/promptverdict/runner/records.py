"""The parts of a trial's record that are known before and without its evidence."""

from __future__ import annotations

from typing import Any

from promptverdict.core.errors import HarnessError
from promptverdict.runner.cells import Trial
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.record import Fault, TrialRecord


def record_absence(trial: Trial, error: HarnessError) -> TrialRecord:
    """Return the record of a trial that did not take place, with the reason."""
    return TrialRecord(
        **identify_trial(trial),
        provenance=None,
        replayed=False,
        seconds=0.0,
        evidence=Evidence(task=trial.cell.task, events=(), outcome=None),
        fault=Fault.of(error),
    )


def identify_trial(trial: Trial) -> dict[str, Any]:
    """Return the fields of a record that identify its trial."""
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
