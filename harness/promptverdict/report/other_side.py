"""Records of the other side: of an older revision or an older run, as their comparison calls them.

Both sides are of one variant there, and a trial of one may have the key of one of the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from promptverdict.comparison.verdicts import Comparison
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.runs import list_runs
from promptverdict.trials.store import BASE, TRIALS
from promptverdict.trials.stored_records import read_record, read_records
from promptverdict.trials.summary import TrialSummary


def read_other_side(run: Path, comparisons: Sequence[Comparison]) -> Iterator[TrialRecord]:
    """Read what a run was compared with and lies below it or beside it.

    Raises InputError for a record that is none.
    """
    labels = {
        (comparison.baseline.revision, comparison.baseline.variant): comparison.baseline.label
        for comparison in comparisons
    }
    for record in read_records(run, BASE):
        if label := labels.get((record.revision, record.variant)):
            yield record.model_copy(update={"variant": label})
    compared = [comparison for comparison in comparisons if comparison.status == "compared"]
    # Runs of one results folder are named by their moments, so a name finds its run.
    for folder in list_runs(run.parent):
        with_folder = [
            comparison for comparison in compared if comparison.baseline.run == folder.name
        ]
        if with_folder:
            yield from _read_older_run(folder, with_folder)


def read_again(run: Path, trial: TrialSummary) -> TrialRecord:
    """Read the record of one trial of either side, as `read_other_side` and `read_records` do.

    run: the folder of the run that the report is of. Raises InputError where it is gone.
    """
    older, _, key = trial.key.rpartition("/")
    folder = run.parent / older if older else run
    record = read_record(folder / (BASE if trial.revision else TRIALS) / f"{key}.json")
    return record.model_copy(update={"variant": trial.variant, "key": trial.key})


def list_lost_runs(
    comparisons: Iterable[Comparison], trials: Iterable[TrialSummary]
) -> Iterator[str]:
    """List notes on older runs that were compared with and of which nothing is left to read."""
    variants = {trial.variant for trial in trials}
    for comparison in comparisons:
        baseline = comparison.baseline
        if baseline.run and comparison.status == "compared" and baseline.label not in variants:
            yield f"nothing is left of {baseline.label}: the records of that run are gone"


def _read_older_run(run: Path, comparisons: Iterable[Comparison]) -> Iterator[TrialRecord]:
    labels = {
        (suite, comparison.baseline.variant): comparison.baseline.label
        for comparison in comparisons
        for suite in _list_suites(comparison)
    }
    for record in read_records(run):
        if label := labels.get((record.suite, record.variant)):
            yield record.model_copy(update={"variant": label, "key": f"{run.name}/{record.key}"})


def _list_suites(comparison: Comparison) -> Iterator[str]:
    yield from (verdict.suite for verdict in comparison.behaviours)
    yield from (unpaired.suite for unpaired in comparison.unpaired)
