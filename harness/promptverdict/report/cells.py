"""One scenario with one variant: what its trials showed, and what that rests on."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from promptverdict.report.evidence import describe_recordings
from promptverdict.report.transcript.lines import shorten_reason
from promptverdict.trials.metrics import sum_usage
from promptverdict.trials.record import TrialRecord

Shown = Literal["all", "some", "none", "unknown", "absent"]
SIGNS: dict[Shown, str] = {"all": "✓", "some": "◐", "none": "✗", "unknown": "?", "absent": "·"}


@dataclass(frozen=True)
class HeatCell:
    """A cell of a grid, coloured by how much was shown."""

    variant: str
    shown: Shown
    """all (of whole evidence), some, none, unknown or absent."""
    summary: str
    """In words: `3 of 4 shown`."""
    evidence: str
    """How the trials came about and how old they are."""
    trials: int
    key: str = ""
    """Of the trial to read first: one that fell short, if any did; empty where none was played."""
    outcomes: tuple[tuple[str, str], ...] = ()
    """Behaviour and outcome of every grade, sorted."""
    has_gaps: bool = False
    """Whether a trial broke off, is missing or has a grade that says nothing."""
    tokens: int = 0
    """Of all trials; those that are unknown left out, since this only orders rows."""
    words: str = ""
    """Outcomes and the reasons of what did not pass, to be searched."""

    @property
    def sign(self) -> str:
        """The same as a sign, for those who do not tell colours apart."""
        return SIGNS[self.shown]


def build_absent_cell(variant: str) -> HeatCell:
    """Build the cell of a variant that the run has nothing to do with."""
    return HeatCell(variant, "absent", "not part of this run", "no evidence", 0)


def build_cell(
    variant: str, records: Sequence[TrialRecord], planned: int, now: datetime
) -> HeatCell:
    """Build a cell of its records; planned: the trials that must be there."""
    if not records:
        return HeatCell(
            variant, "absent", "planned, left no record", "no evidence", 0, has_gaps=True
        )
    grades = sorted(
        (grade.behaviour, grade.finding.outcome) for record in records for grade in record.grades
    )
    outcomes = [outcome for _, outcome in grades]
    passed, ungraded = outcomes.count("pass"), outcomes.count("ungraded")
    graded = len(outcomes) - ungraded
    parts = [f"{passed} of {graded} shown"] if graded else []
    if ungraded:
        parts.append(f"{ungraded} ungraded")
    faults = [record.fault.kind for record in records if record.fault]
    parts += [f"{kind} ({faults.count(kind)})" for kind in dict.fromkeys(faults)]
    if (lost := planned - len(records)) > 0:
        parts.append(f"{lost} left no record")
    has_gaps = bool(ungraded or faults or lost > 0)
    if graded:
        # One trial that passed among three that broke off is not "all shown".
        is_whole = passed == graded and not has_gaps
        shown: Shown = "all" if is_whole else "some" if passed else "none"
    else:
        shown = "unknown" if outcomes else "absent"
    return HeatCell(
        variant,
        shown,
        ", ".join(parts) or "nothing is graded here",
        describe_recordings(records, now),
        len(records),
        _choose_trial(records),
        tuple(grades),
        has_gaps,
        sum(_count_tokens(record) for record in records),
        " ".join(_list_words(records)),
    )


def _choose_trial(records: Sequence[TrialRecord]) -> str:
    """Choose the trial with the most grades that did not pass, of those that were played."""
    played = [record for record in records if record.evidence.events]
    if not played:
        return ""
    return max(
        played, key=lambda record: sum(grade.finding.outcome != "pass" for grade in record.grades)
    ).key


def _count_tokens(record: TrialRecord) -> int:
    used = sum_usage(record.evidence.events)
    return (used.input or 0) + (used.output or 0)


def _list_words(records: Sequence[TrialRecord]) -> Iterator[str]:
    for record in records:
        for grade in record.grades:
            yield f"{grade.behaviour} {grade.finding.outcome}"
            if grade.finding.outcome != "pass":
                yield shorten_reason(grade.finding.reason)
        if record.fault:
            yield f"{record.fault.kind} {shorten_reason(record.fault.message)}"
