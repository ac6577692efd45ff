"""What the evidence of an older revision lacks, in words, and what it takes to record it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from promptverdict.comparison.base_revision import BaseRevision
from promptverdict.comparison.samples import Sample
from promptverdict.core.errors import BrokenRecording, MissingRecording, StaleRecording
from promptverdict.core.text import format_count
from promptverdict.runner.cells import Cell
from promptverdict.runner.estimate import estimate
from promptverdict.runner.invocation import Invocation
from promptverdict.trials.record import TrialRecord

UNRECORDED = frozenset({MissingRecording.__name__, StaleRecording.__name__})
"""Faults of trials that can be recorded."""

_UNUSABLE = UNRECORDED | {BrokenRecording.__name__}
"""Faults of trials whose evidence was once there, or never was."""


def explain_unusable(recorded: Sequence[Sample], ref: str) -> str:
    """Explain why a scenario's recordings of the older revision cannot be used, if so."""
    if not recorded:
        return f"nothing is recorded of it at {ref}"
    stale = [sample.fault for sample in recorded if sample.fault and sample.is_stale]
    return stale[0].message if len(stale) == len(recorded) else ""


def list_lost(
    base: BaseRevision, here: Sequence[Cell], there: Sequence[Cell], samples: Iterable[Sample]
) -> list[str]:
    """List the cells of which the older revision has trials that cannot be used any more here.

    A trial that neither has was never recorded, as with fewer trials than the suite asks for.
    """
    broken = {
        (sample.cell, sample.trial): sample.fault
        for sample in samples
        if sample.fault and sample.fault.kind in _UNUSABLE
    }
    cells = {cell for cell, _ in broken}
    lost: dict[str, str] = {}
    for cell, older in zip(here, there, strict=True):
        for sample in base.samples(older) if cell.id in cells else ():
            fault = broken.get((cell.id, sample.trial))
            if fault and not sample.fault:
                lost.setdefault(cell.id, fault.message.partition("\n")[0])
    return [f"{cell}: {message}" for cell, message in lost.items()]


def note_lost(noun: str, broken: Sequence[TrialRecord], label: str) -> Iterator[str]:
    """Note trials of the older side that were to be recorded and broke; noun: what they are."""
    faults = [record.fault.message for record in broken if record.fault]
    yield from note_faults(noun, faults, label, "could not be recorded")


def note_faults(noun: str, faults: Sequence[str], label: str, what: str) -> Iterator[str]:
    """Note how many trials something happened to, and the first fault; what: what happened."""
    if faults:
        first = faults[0].partition("\n")[0]
        yield f"{format_count(len(faults), noun)} of {label} {what}; the first: {first}"


def note_played_twice(
    base: BaseRevision, older: Iterable[Sample], newer: Sequence[Sample]
) -> Iterator[str]:
    """Note how many trials are one piece of evidence: nothing that they were asked has changed."""
    known = {sample.key: sample.provenance for sample in older if sample.provenance}
    played = [sample for sample in newer if sample.provenance]
    if twice := sum(known.get(base.key(sample.key)) == sample.provenance for sample in played):
        yield f"{twice} of {len(newer)} trials play the same recording on both sides"


def format_command(
    here: Sequence[Cell], there: Sequence[Cell], base: BaseRevision, invocation: Invocation
) -> str:
    """Write the command that records both sides together, and what that takes."""
    trials = [
        cell.get_trial(number)
        for cell in (*here, *there)
        for number in range(base.settings.trials or cell.scenario.suite.suite.trials)
    ]
    command = invocation.format_command("both")
    return f"{command} ({estimate(trials, base.settings.prices)})"


def list_prices(
    here: Sequence[Cell],
    wanted: Sequence[Sample],
    lacking: Iterable[Cell],
    base: BaseRevision,
    invocation: Invocation,
) -> tuple[str, str]:
    """Write what the evidence that is not there would take, and how to get it.

    wanted: samples of this side without evidence. lacking: cells of the older side without any.
    """
    known = {(cell.scenario.suite.id, cell.scenario.id): cell for cell in here}
    trials = [known[sample.suite, sample.scenario].get_trial(sample.trial) for sample in wanted]
    for cell in lacking:
        number = base.settings.trials or cell.scenario.suite.suite.trials
        trials += map(cell.get_trial, range(number))
    # `once` leaves what is stale under a prompt that did not change.
    command = invocation.format_command(
        "stale" if any(sample.is_stale for sample in wanted) else "once"
    )
    return str(estimate(trials, base.settings.prices)), f"record both sides: {command}"
