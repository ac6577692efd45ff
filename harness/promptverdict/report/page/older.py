"""Records of the other side: of an older revision or an older run, as their comparison calls them.

Both sides are of one variant there, and a trial of one may have the key of one of the other.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path

from promptverdict.comparison.verdicts import Comparison
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.store import BASE, list_runs, read_records


def older(run: Path, comparisons: Sequence[Comparison]) -> Iterator[TrialRecord]:
    """Read what a run was compared with and lies below it or beside it.

    Raises InputError for a record that is none.
    """
    labels = {
        (one.baseline.revision, one.baseline.variant): one.baseline.label for one in comparisons
    }
    for record in read_records(run, BASE):
        if label := labels.get((record.revision, record.variant)):
            yield record.model_copy(update={"variant": label})
    compared = [one for one in comparisons if one.status == "compared"]
    for folder in list_runs(run.parent):
        if of_run := [one for one in compared if one.baseline.run == folder.name]:
            yield from _of_run(folder, of_run)


def _of_run(run: Path, comparisons: Iterable[Comparison]) -> Iterator[TrialRecord]:
    labels = {
        (suite, one.baseline.variant): one.baseline.label
        for one in comparisons
        for suite in (*(of.suite for of in one.behaviours), *(of.suite for of in one.unpaired))
    }
    for record in read_records(run):
        if label := labels.get((record.suite, record.variant)):
            yield record.model_copy(update={"variant": label, "key": f"{run.name}/{record.key}"})


def gone(comparisons: Iterable[Comparison], found: Iterable[TrialRecord]) -> Iterator[str]:
    """Tell of older runs that were compared with and of which nothing is left to read."""
    there = {record.variant for record in found}
    for one in comparisons:
        if one.baseline.run and one.status == "compared" and one.baseline.label not in there:
            yield f"nothing is left of {one.baseline.label}: the records of that run are gone"
