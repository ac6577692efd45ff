"""What a comparison says of measures that no grader asked for: its fingerprint, as data."""

from __future__ import annotations

from promptverdict.core.model import Frozen
from promptverdict.stats.screen import Screened


class MeasuredScenario(Frozen):
    """One scenario's mean of a measure on both sides, over the trials that know it."""

    suite: str
    scenario: str
    baseline: float
    candidate: float


class Measured(Screened):
    """Something an agent did, in a number that no grader asked for. It never decides anything."""

    name: str
    says: str
    unit: str
    """Of the figures, which are of one trial: calls, words, seconds, `share of trials`."""
    scenarios: tuple[MeasuredScenario, ...] = ()
    """Of what is worth a look: the scenarios, those that differ most first."""
