"""Records of what was recorded, made without a request and without a run."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator

from promptverdict.core.errors import EvidenceError, StaleProbes
from promptverdict.recording.files import Sealed
from promptverdict.runner.cells import Cell, Trial
from promptverdict.runner.decisions import decide
from promptverdict.runner.trial import identity, no_trial, read_back, read_events
from promptverdict.settings import Settings
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.record import TrialRecord


def as_they_lie(here: Iterable[Cell], settings: Settings) -> Iterator[TrialRecord]:
    """Make the records of all trials of some cells from their recordings, without a request."""
    for cell in here:
        for number in range(settings.trials or cell.scenario.suite.suite.trials):
            one = decide(cell.trial(number), "none")
            if one.sealed:
                yield recall(one.trial, one.sealed)
            elif one.error:
                yield no_trial(one.trial, one.error)


def recall(trial: Trial, sealed: Sealed) -> TrialRecord:
    """Make the record of a recorded trial without a request: what replaying it would tell."""
    try:
        evidence, notices = asyncio.run(_evidence(trial.cell, sealed))
    except EvidenceError as error:
        return no_trial(trial, error)
    return TrialRecord(
        **identity(trial),
        provenance=sealed.head.provenance,
        compatible=sealed.head.compatible,
        replayed=True,
        seconds=0.0,
        evidence=evidence,
        grades=trial.cell.grade(evidence),
        notices=notices,
    )


async def _evidence(cell: Cell, sealed: Sealed) -> tuple[Evidence, tuple[str, ...]]:
    try:
        return await read_back(cell, sealed), ()
    except StaleProbes as error:
        # What needs no probe can be graded all the same.
        return await read_events(cell, sealed), (str(error),)
