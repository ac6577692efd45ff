"""Each scenario with its trials, the two that stand beside each other first, and the commands."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from promptverdict.core.text import format_count
from promptverdict.report.evidence import describe_recordings
from promptverdict.report.places import name_scenario_section, name_trial
from promptverdict.report.selection import (
    EVERYTHING,
    Pairs,
    Selection,
    choose_sides,
)
from promptverdict.report.table import Cell, Column, RowGroup, Table, build_row, build_table
from promptverdict.report.words import format_age, format_tokens
from promptverdict.trials.integrity import describe_integrity
from promptverdict.trials.provenance import describe_origin
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.summary import TrialSummary, group_by_scenario

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
    trials: tuple[TrialRow, ...]
    left_out: int
    """Trials of it that the page has no place for."""
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
    trials: Iterable[TrialSummary],
    pairs: Pairs,
    run: str,
    now: datetime,
    selection: Selection = EVERYTHING,
) -> list[ScenarioSection]:
    """Gather the trials of each scenario.

    pairs: what is laid left and right; where none of it ran, the first two variants stand beside
    each other. run: name of the run whose trials they are. selection: what the page has.
    """
    return [
        _build_section(own, pairs, run, now, selection)
        for place, own in group_by_scenario(trials).items()
        if selection.has_scenario(*place)
    ]


def format_command(record: TrialRecord | TrialSummary, run: str) -> str:
    """Write the command that prints a trial's whole transcript.

    run: that of the report; a trial of an older one has that one's name before its key.
    """
    older, _, key = record.key.rpartition("/")
    name = key if older or record.revision else record.id
    return shlex.join(["promptverdict", "show", name, "--whole", "--run", older or run])


def build_provenance_table(trials: Iterable[TrialSummary], now: datetime) -> Table:
    """Build the table of where each trial's evidence comes from."""
    rows = []
    for trial in sorted(trials, key=lambda trial: trial.id):
        provenance = trial.provenance
        versions = {**trial.compatible, **(provenance.versions if provenance else {})}
        answered = (
            f", answered as {provenance.answered}" if provenance and provenance.answered else ""
        )
        rows.append(
            build_row(
                trial.id,
                describe_origin(provenance),
                Cell(
                    text=trial.integrity.state,
                    hint=describe_integrity(trial.integrity),
                    style="regressed" if trial.integrity.state == "tainted" else "",
                ),
                f"{provenance.model}{answered}" if provenance else "",
                provenance.recorded if provenance else "",
                format_age(provenance, now),
                ", ".join(f"{what} {value}" for what, value in versions.items()),
                trial.key,
            )
        )
    group = RowGroup(rows=tuple(rows))
    return build_table("Provenance of each trial", PROVENANCE_COLUMNS, [group])


def _build_section(
    trials: Sequence[TrialSummary], pairs: Pairs, run: str, now: datetime, selection: Selection
) -> ScenarioSection:
    on_page = [trial for trial in trials if selection.has_trial(trial)]
    left, right = choose_sides(on_page, pairs)
    variants = {trial.variant for trial in trials}
    left_out = len(trials) - len(on_page)
    part = f", {len(on_page)} of them here" if left_out else ""
    return ScenarioSection(
        suite=trials[0].suite,
        scenario=trials[0].scenario,
        summary=f"{format_count(len(variants), 'variant')}, {format_count(len(trials), 'trial')}"
        f"{part}",
        trials=tuple(_build_trial_row(trial, now) for trial in on_page),
        left_out=left_out,
        left=left.key if left else "",
        right=right.key if right else "",
        command=format_command(left or trials[0], run),
    )


def _build_trial_row(trial: TrialSummary, now: datetime) -> TrialRow:
    return TrialRow(
        key=trial.key,
        id=trial.id,
        label=f"{trial.variant} #{trial.trial}",
        grades=tuple(GradeMark(*outcome) for outcome in trial.outcomes),
        ended=f"{trial.fault.kind}: {trial.fault.message}" if trial.fault else trial.ending,
        turns=trial.turns,
        tokens=format_tokens(trial.used),
        evidence=describe_recordings([trial], now),
        has_transcript=trial.has_transcript,
    )
