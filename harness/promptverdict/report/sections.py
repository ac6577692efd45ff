"""Each scenario with its trials, the two that stand beside each other first, and the commands."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from promptverdict.core.text import format_count
from promptverdict.report.evidence import describe_recordings
from promptverdict.report.places import name_scenario_section, name_trial
from promptverdict.report.table import Cell, Column, RowGroup, Table, build_row, build_table
from promptverdict.report.words import format_age, format_tokens
from promptverdict.trials.integrity import describe_integrity
from promptverdict.trials.metrics import count_turns, describe_ending, sum_usage
from promptverdict.trials.provenance import describe_origin
from promptverdict.trials.record import TrialRecord

Pairs = Sequence[tuple[str, str]]
"""Variants that were compared, baseline and candidate, as the report calls them."""
SIGNS = {"pass": "✓", "fail": "✗", "ungraded": "?"}
PROVENANCE_COLUMNS = (
    Column(title="trial", is_name=True),
    Column(title="evidence"),
    Column(title="integrity"),
    Column(title="model"),
    Column(title="recorded"),
    Column(title="age"),
    Column(title="environment"),
    Column(title="record"),
)


@dataclass(frozen=True)
class GradeMark:
    """One grade, in a word and a sign."""

    behaviour: str
    outcome: str

    @property
    def sign(self) -> str:
        """The outcome as a sign."""
        return SIGNS[self.outcome]


@dataclass(frozen=True)
class TrialRow:
    """One trial in a scenario's table."""

    key: str
    id: str
    """As commands and labels name it: `suite/scenario::agent/variant#0`."""
    label: str
    grades: tuple[GradeMark, ...]
    ended: str
    turns: int
    tokens: str
    evidence: str
    has_transcript: bool

    @property
    def place(self) -> str:
        """Id of its row on the page."""
        return name_trial(self.key)


@dataclass(frozen=True)
class ScenarioSection:
    """One scenario: its trials, and the two that are laid beside each other at first."""

    suite: str
    scenario: str
    summary: str
    task: str
    trials: tuple[TrialRow, ...]
    left: str
    """Key of the trial shown on the left; empty where there is no transcript."""
    right: str
    """Key of the other; empty where there is one variant alone."""
    command: str
    """Prints the left transcript."""

    @property
    def section(self) -> str:
        """Id of the section on the page."""
        return name_scenario_section(self.suite, self.scenario)


def build_sections(
    records: Sequence[TrialRecord], pairs: Pairs, run: str, now: datetime
) -> list[ScenarioSection]:
    """Gather the trials of each scenario.

    pairs: what is laid left and right; where none of it ran, the first two variants stand beside
    each other. run: name of the run whose records they are.
    """
    scenarios: dict[tuple[str, str], list[TrialRecord]] = {}
    for record in sorted(
        records,
        key=lambda record: (record.suite, record.scenario, record.variant, record.trial),
    ):
        scenarios.setdefault((record.suite, record.scenario), []).append(record)
    return [_build_section(trials, pairs, run, now) for trials in scenarios.values()]


def format_command(record: TrialRecord, run: str) -> str:
    """Write the command that prints a trial's whole transcript.

    run: that of the report; a trial of an older one has that one's name before its key.
    """
    older, _, key = record.key.rpartition("/")
    name = key if older or record.revision else record.id
    return shlex.join(["promptverdict", "show", name, "--whole", "--run", older or run])


def build_provenance_table(records: Iterable[TrialRecord], now: datetime) -> Table:
    """Build the table of where each trial's evidence comes from."""
    rows = []
    for record in sorted(records, key=lambda record: record.id):
        provenance = record.provenance
        versions = record.compatible | (provenance.versions if provenance else {})
        answered = (
            f", answered as {provenance.answered}" if provenance and provenance.answered else ""
        )
        rows.append(
            build_row(
                record.id,
                describe_origin(provenance),
                Cell(
                    text=record.integrity.state,
                    hint=describe_integrity(record.integrity),
                    style="regressed" if record.integrity.state == "tainted" else "",
                ),
                f"{provenance.model}{answered}" if provenance else "",
                provenance.recorded if provenance else "",
                format_age(provenance, now),
                ", ".join(f"{what} {value}" for what, value in versions.items()),
                record.key,
            )
        )
    group = RowGroup(rows=tuple(rows))
    return build_table("Provenance of each trial", PROVENANCE_COLUMNS, [group])


def _build_section(
    trials: Sequence[TrialRecord], pairs: Pairs, run: str, now: datetime
) -> ScenarioSection:
    left, right = _choose_sides([record for record in trials if record.evidence.events], pairs)
    variants = {record.variant for record in trials}
    return ScenarioSection(
        suite=trials[0].suite,
        scenario=trials[0].scenario,
        summary=f"{format_count(len(variants), 'variant')}, {format_count(len(trials), 'trial')}",
        task=trials[0].evidence.task.message,
        trials=tuple(_build_trial_row(record, now) for record in trials),
        left=left.key if left else "",
        right=right.key if right else "",
        command=format_command(left or trials[0], run),
    )


def _choose_sides(
    trials: Sequence[TrialRecord], pairs: Pairs
) -> tuple[TrialRecord | None, TrialRecord | None]:
    """Choose the two trials, one of each side, that differ most in their grades.

    Where one side is not there, the other stands alone: a third would pass for it.
    """
    variants = list(dict.fromkeys(record.variant for record in trials))
    compared = {name for pair in pairs for name in pair if name in variants}
    by_variant: dict[str, list[TrialRecord]] = {}
    for record in trials:
        by_variant.setdefault(record.variant, []).append(record)
    # Every pair of a left and a right trial: the two that differ most show most.
    candidates = [
        (left, right)
        for names in (pairs if compared else product(variants[:1], variants[1:2]))
        for left, right in product(*(by_variant.get(name, ()) for name in names))
    ]
    if candidates:
        return max(candidates, key=lambda both: _count_differing_grades(*both))
    alone = [record for record in trials if record.variant in compared] or trials
    return (alone[0] if alone else None), None


def _count_differing_grades(record: TrialRecord, other: TrialRecord) -> int:
    outcomes = {grade.behaviour: grade.finding.outcome for grade in record.grades}
    return sum(outcomes.get(grade.behaviour) != grade.finding.outcome for grade in other.grades)


def _build_trial_row(record: TrialRecord, now: datetime) -> TrialRow:
    events = record.evidence.events
    return TrialRow(
        key=record.key,
        id=record.id,
        label=f"{record.variant} #{record.trial}",
        grades=tuple(GradeMark(grade.behaviour, grade.finding.outcome) for grade in record.grades),
        ended=f"{record.fault.kind}: {record.fault.message}"
        if record.fault
        else describe_ending(record),
        turns=count_turns(events),
        tokens=format_tokens(sum_usage(events)),
        evidence=describe_recordings([record], now),
        has_transcript=bool(events),
    )
