"""What a comparison says of measures that no grader asked for: its fingerprint, as data."""

from __future__ import annotations

from promptverdict.core.model import Frozen


class Ratio(Frozen):
    """How many times the baseline's quantity the candidate's is, with a 95 % interval."""

    ratio: float
    """Geometric mean over the scenarios, those of a family averaged first."""
    low: float
    high: float


class MeasuredScenario(Frozen):
    """One scenario's mean of a measure on both sides, over the trials that know it."""

    suite: str
    scenario: str
    baseline: float
    candidate: float


class Measured(Frozen):
    """Something an agent did, in a number that no grader asked for. It never decides anything."""

    name: str
    says: str
    unit: str
    """Of the figures, which are of one trial: calls, words, seconds, `share of trials`."""
    baseline: float | None
    """Mean of the paired scenarios' means, those of a family averaged first; None where no scenario
    knows it on both sides."""
    candidate: float | None
    difference: float | None
    p: float | None
    """Two-sided; None where there is nothing to test."""
    p_adjusted: float | None
    """Adjusted for the other measures (Benjamini and Hochberg)."""
    n: int
    """Paired scenarios that know it, or families of such."""
    missing_baseline: int
    """Trials that do not know it."""
    missing_candidate: int
    worth_a_look: bool
    reason: str = ""
    """Why there is no test; else empty."""
    ratio: Ratio | None = None
    scenarios: tuple[MeasuredScenario, ...] = ()
    """Of what is worth a look: the scenarios, those that differ most first."""
