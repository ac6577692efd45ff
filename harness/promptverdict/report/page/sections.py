"""Each scenario of a page with its trials, and where each trial's evidence comes from."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import product

from promptverdict.core.text import format_count
from promptverdict.report.page.cells import Place, anchor, where_from
from promptverdict.report.page.packed import packed
from promptverdict.report.words import age, tokens
from promptverdict.trials.metrics import count_turns, describe_ending, sum_usage
from promptverdict.trials.provenance import describe_origin
from promptverdict.trials.record import TrialRecord

Sides = Sequence[tuple[str, str]]
"""Variants that were compared, baseline and candidate, as a page calls them."""
SYMBOLS = {"pass": "✓", "fail": "✗", "ungraded": "?"}


@dataclass(frozen=True)
class Graded:
    """One grade, in a word."""

    behaviour: str
    outcome: str

    @property
    def symbol(self) -> str:
        """The outcome as a sign."""
        return SYMBOLS[self.outcome]


@dataclass(frozen=True)
class Trial:
    """One trial in a scenario's table."""

    key: str
    label: str
    grades: tuple[Graded, ...]
    ended: str
    turns: int
    tokens: str
    evidence: str
    played: bool
    """Whether it has a transcript."""


@dataclass(frozen=True)
class Scenario:
    """One scenario: its trials, and the two that are laid beside each other at first."""

    suite: str
    scenario: str
    told: str
    task: str
    trials: tuple[Trial, ...]
    left: str
    """Key of the trial shown on the left."""
    right: str
    """Key of the other; empty where there is one variant alone."""
    pack: str
    """The transcripts; empty where they would not fit into the page, or there are none."""
    why_not: str
    command: str
    """Prints the left transcript."""

    @property
    def anchor(self) -> str:
        """Name of its section."""
        return anchor(self.suite, self.scenario)


@dataclass(frozen=True)
class Source:
    """Where the evidence of one trial comes from."""

    trial: str
    evidence: str
    model: str
    recorded: str
    age: str
    environment: str
    key: str


def scenarios(
    records: Sequence[TrialRecord], sides: Sides, run: str, now: datetime
) -> list[Scenario]:
    """Gather the trials of each scenario.

    sides: what is laid left and right; where none of it ran, the first two variants stand beside
    each other. run: name of the run whose records they are.
    """
    places: dict[Place, list[TrialRecord]] = {}
    for record in sorted(
        records, key=lambda one: (one.suite, one.scenario, one.variant, one.trial)
    ):
        places.setdefault((record.suite, record.scenario), []).append(record)
    with_events = {
        place: [record for record in trials if record.evidence.events]
        for place, trials in places.items()
    }
    packs = packed({place: trials for place, trials in with_events.items() if trials})
    return [
        Scenario(
            suite=place[0],
            scenario=place[1],
            told=_told(trials),
            task=trials[0].evidence.task.message,
            trials=tuple(_trial(record, now) for record in trials),
            left=left.key if left else "",
            right=right.key if right else "",
            pack=packs.get(place, ""),
            why_not="The transcripts are left out: the page would be too large."
            if left
            else "There is no transcript: nothing was played.",
            command=command(left or trials[0], run),
        )
        for place, trials in places.items()
        for left, right in [_beside(with_events[place], sides)]
    ]


def _told(trials: Sequence[TrialRecord]) -> str:
    variants = {record.variant for record in trials}
    return f"{format_count(len(variants), 'variant')}, {format_count(len(trials), 'trial')}"


def _beside(
    trials: Sequence[TrialRecord], sides: Sides
) -> tuple[TrialRecord | None, TrialRecord | None]:
    """Choose the two trials, one of each side, that differ most in their grades.

    Where one side is not there, the other stands alone: a third would pass for it.
    """
    variants = list(dict.fromkeys(record.variant for record in trials))
    compared = {name for pair in sides for name in pair if name in variants}
    pairs = [
        (left, right)
        for pair in (sides if compared else product(variants[:1], variants[1:2]))
        for left, right in product(trials, trials)
        if (left.variant, right.variant) == pair
    ]
    if pairs:
        return max(pairs, key=lambda pair: _apart(*pair))
    alone = [record for record in trials if record.variant in compared] or trials
    return (alone[0] if alone else None), None


def _apart(one: TrialRecord, other: TrialRecord) -> int:
    outcomes = {grade.behaviour: grade.finding.outcome for grade in one.grades}
    return sum(outcomes.get(grade.behaviour) != grade.finding.outcome for grade in other.grades)


def _trial(record: TrialRecord, now: datetime) -> Trial:
    events = record.evidence.events
    return Trial(
        key=record.key,
        label=f"{record.variant} #{record.trial}",
        grades=tuple(Graded(one.behaviour, one.finding.outcome) for one in record.grades),
        ended=f"{record.fault.kind}: {record.fault.message}"
        if record.fault
        else describe_ending(record),
        turns=count_turns(events),
        tokens=tokens(sum_usage(events)),
        evidence=where_from([record], now),
        played=bool(events),
    )


def command(record: TrialRecord, run: str) -> str:
    """Give the command that prints a trial's whole transcript.

    run: that of the page; a trial of an older one has that one's name before its key.
    """
    older, _, key = record.key.rpartition("/")
    named = key if older or record.revision else record.id
    return shlex.join(["promptverdict", "show", named, "--whole", "--run", older or run])


def sources(records: Iterable[TrialRecord], now: datetime) -> list[Source]:
    """Tell of every trial where its evidence comes from."""
    return [_source(record, now) for record in sorted(records, key=lambda record: record.id)]


def _source(record: TrialRecord, now: datetime) -> Source:
    told = record.provenance
    versions = {**record.compatible, **(told.versions if told else {})}
    answered = f", answered as {told.answered}" if told and told.answered else ""
    return Source(
        trial=record.id,
        evidence=describe_origin(told),
        model=f"{told.model}{answered}" if told else "",
        recorded=told.recorded if told else "",
        age=age(told, now),
        environment=", ".join(f"{what} {value}" for what, value in versions.items()),
        key=record.key,
    )
