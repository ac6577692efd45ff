"""What two trials of a flip say: the passages and reasons of both sides, and where they part."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Literal

from promptverdict.comparison.verdicts import Comparison
from promptverdict.report.flips import Flip
from promptverdict.report.places import name_scenario_section, name_trial
from promptverdict.report.sections import format_command
from promptverdict.report.transcript.alignment import count_shared_turns, split_turns
from promptverdict.trials.grade import Finding
from promptverdict.trials.record import TrialRecord

LONGEST_QUOTE = 300
"""Characters of a passage that are shown beside a verdict."""


@dataclass(frozen=True)
class FlipSide:
    """What one of the two sides did."""

    role: Literal["baseline", "candidate"]
    share: str
    """How often it was shown: `2 of 3`."""
    reason: str
    """Of the grade that tells it."""
    quote: str
    """The passage that the grade rests on; empty where it rests on none."""
    place: str
    """Id of the trial on the page; empty where the run has no such trial."""
    event: int | None
    """The event that the grade rests on."""
    command: str
    """Prints the transcript; empty where the run has none."""


@dataclass(frozen=True)
class FlipEvidence:
    """One flip with both of its sides."""

    flip: Flip
    sides: tuple[FlipSide, FlipSide]
    parting: str
    """Where the two transcripts part; empty where one is not there, or they do not."""

    @property
    def section(self) -> str:
        """Id of its scenario on the page."""
        return name_scenario_section(self.flip.suite, self.flip.scenario)


def gather_evidence(
    flips: Iterable[Flip],
    comparison: Comparison,
    read: Callable[[str], TrialRecord | None],
    run: str,
) -> Iterator[FlipEvidence]:
    """Find what shows each flip.

    read: reads the record of a trial by its key; None where the report's run has none. run: name
    of the report's.
    """
    older = comparison.baseline.run or run
    for flip in flips:
        before, after = (read(key) for key in (flip.baseline_trial, flip.candidate_trial))
        yield FlipEvidence(
            flip,
            (
                _build_side("baseline", flip.baseline, before, flip.behaviour, older),
                _build_side("candidate", flip.candidate, after, flip.behaviour, run),
            ),
            _describe_parting(before, after),
        )


def _build_side(
    role: Literal["baseline", "candidate"],
    share: str,
    record: TrialRecord | None,
    behaviour: str,
    run: str,
) -> FlipSide:
    if record is None:
        reason = f"Its trial is not among the records of run {run}."
        return FlipSide(role, share, reason, "", "", None, "")
    findings = [grade.finding for grade in record.grades if grade.behaviour == behaviour]
    if not findings:
        reason = f"Its record in run {run} has no grade of it."
        return FlipSide(role, share, reason, "", name_trial(record.key), None, "")
    event, quote = _find_quote(record, findings[0])
    return FlipSide(
        role,
        share,
        findings[0].reason,
        quote,
        name_trial(record.key),
        event,
        format_command(record, run),
    )


def _find_quote(record: TrialRecord, finding: Finding) -> tuple[int | None, str]:
    """Find the first passage that a grade rests on, and its event; else the event alone."""
    for point in finding.points:
        text = getattr(record.evidence.events[point.event], "text", "")
        if (point.start, point.end) != (None, None):
            passage = " ".join(text[point.start : point.end].split())
            if passage:
                return point.event, _shorten_quote(passage)
    return (finding.points[0].event if finding.points else None), ""


def _shorten_quote(passage: str) -> str:
    if len(passage) <= LONGEST_QUOTE:
        return passage
    return f"{passage[: LONGEST_QUOTE - 1].rstrip()}…"


def _describe_parting(left: TrialRecord | None, right: TrialRecord | None) -> str:
    if left is None or right is None:
        return ""
    sides = [split_turns(record.evidence.events) for record in (left, right)]
    shared = count_shared_turns(*sides)
    steps = [
        turns[shared].summary.rstrip(".") if shared < len(turns) else "ended" for turns in sides
    ]
    if steps[0] == steps[1]:
        return ""
    return f"They part at step {shared + 1}. Baseline: {steps[0]}; candidate: {steps[1]}"
