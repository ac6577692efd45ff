"""What one variant showed and the other did not: scenario by scenario, with the reasons."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from promptverdict.comparison.verdicts import Comparison, ScenarioPair, TrialOutcome
from promptverdict.report.page.cells import anchor
from promptverdict.report.page.sections import command
from promptverdict.report.transcript.alignment import parting, turns_of
from promptverdict.trials.record import TrialRecord


@dataclass(frozen=True)
class Side:
    """What one of the two did."""

    role: str
    """baseline or candidate."""
    told: str
    """How often it was shown."""
    reason: str
    """Of the grade that tells it."""
    command: str
    """Prints the transcript; empty where the run has none."""


@dataclass(frozen=True)
class Flip:
    """One behaviour that one scenario shows otherwise than before."""

    suite: str
    scenario: str
    behaviour: str
    style: Literal["improved", "regressed"]
    sides: tuple[Side, ...]
    parting: str
    """Where the two transcripts part; empty where one is not there."""
    anchor: str

    @property
    def way(self) -> str:
        """What happened to the behaviour, in a word."""
        return {"improved": "gained", "regressed": "lost"}[self.style]

    @property
    def symbol(self) -> str:
        """The same as a sign."""
        return {"improved": "▲", "regressed": "▼"}[self.style]


def flips(comparison: Comparison, records: Mapping[str, TrialRecord], run: str) -> list[Flip]:
    """List what flipped, what was lost first; records: by their keys; run: name of the page's."""
    runs = (comparison.baseline.run or run, run)
    found = [
        _flip(pair, records, runs)
        for behaviour in comparison.behaviours
        for pair in behaviour.flipped
    ]
    return sorted(found, key=lambda one: one.style != "regressed")


def _flip(pair: ScenarioPair, records: Mapping[str, TrialRecord], runs: tuple[str, str]) -> Flip:
    lost = (pair.difference or 0.0) < 0
    sides = (
        ("baseline", pair.baseline, pair.baseline_trials, "pass" if lost else "fail"),
        ("candidate", pair.candidate, pair.candidate_trials, "fail" if lost else "pass"),
    )
    # The trial that shows the flip; there is one, or the two shares would not differ so.
    there = [
        records.get(trials[outcomes.index(told)] if told in outcomes else "")
        for _, outcomes, trials, told in sides
    ]
    return Flip(
        suite=pair.suite,
        scenario=pair.scenario,
        behaviour=pair.behaviour,
        style="regressed" if lost else "improved",
        sides=tuple(
            _side(role, outcomes, record, pair.behaviour, run)
            for (role, outcomes, _, _), record, run in zip(sides, there, runs, strict=True)
        ),
        parting=_parting(*there),
        anchor=anchor(pair.suite, pair.scenario),
    )


def _side(
    role: str,
    outcomes: Sequence[TrialOutcome],
    record: TrialRecord | None,
    behaviour: str,
    run: str,
) -> Side:
    graded = len([one for one in outcomes if one in ("pass", "fail")])
    grades = record.grades if record else ()
    reasons = [one.finding.reason for one in grades if one.behaviour == behaviour]
    return Side(
        role=role,
        told=f"{outcomes.count('pass')} of {graded} shown",
        reason=reasons[0] if reasons else f"Its trial is not among the records of run {run}.",
        command=command(record, run) if record else "",
    )


def _parting(left: TrialRecord | None, right: TrialRecord | None) -> str:
    if left is None or right is None:
        return ""
    one, other = turns_of(left.evidence.events), turns_of(right.evidence.events)
    alike = parting(one, other)
    did = [turns[alike].told if alike < len(turns) else "ended" for turns in (one, other)]
    if did[0] == did[1]:
        return ""
    return f"They part at step {alike + 1}. Baseline: {did[0]}; candidate: {did[1]}"
