"""One scenario with one variant: what its trials showed, and what that rests on."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from promptverdict.report.evidence import describe_recordings
from promptverdict.trials.summary import TrialSummary

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

    @property
    def sign(self) -> str:
        """The same as a sign, for those who do not tell colours apart."""
        return SIGNS[self.shown]


def build_absent_cell(variant: str) -> HeatCell:
    """Build the cell of a variant that the run has nothing to do with."""
    return HeatCell(variant, "absent", "not part of this run", "no evidence", 0)


def build_cell(
    variant: str,
    trials: Sequence[TrialSummary],
    planned: int,
    now: datetime,
    is_on_page: Callable[[TrialSummary], bool] = lambda _: True,
) -> HeatCell:
    """Build a cell of its trials; planned: how many must be there.

    is_on_page: whether the page has a trial, so that the cell can lead to it.
    """
    if not trials:
        return HeatCell(
            variant, "absent", "planned, left no record", "no evidence", 0, has_gaps=True
        )
    grades = sorted(outcome for trial in trials for outcome in trial.outcomes)
    outcomes = [outcome for _, outcome in grades]
    passed, ungraded = outcomes.count("pass"), outcomes.count("ungraded")
    graded = len(outcomes) - ungraded
    parts = [f"{passed} of {graded} shown"] if graded else []
    if ungraded:
        parts.append(f"{ungraded} ungraded")
    faults = [trial.fault.kind for trial in trials if trial.fault]
    parts += [f"{kind} ({faults.count(kind)})" for kind in dict.fromkeys(faults)]
    if (lost := planned - len(trials)) > 0:
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
        describe_recordings(trials, now),
        len(trials),
        _choose_trial(trials, is_on_page),
        tuple(grades),
        has_gaps,
        sum(_count_tokens(trial) for trial in trials),
    )


def count_shortfalls(trial: TrialSummary) -> int:
    """Count the grades of a trial that did not pass."""
    return sum(outcome != "pass" for _, outcome in trial.outcomes)


def _choose_trial(
    trials: Sequence[TrialSummary], is_on_page: Callable[[TrialSummary], bool]
) -> str:
    """Choose the trial with the most grades that did not pass, of those that were played."""
    played = [trial for trial in trials if trial.has_transcript and is_on_page(trial)]
    return max(played, key=count_shortfalls).key if played else ""


def _count_tokens(trial: TrialSummary) -> int:
    used = trial.used
    return (used.input or 0) + (used.output or 0)
