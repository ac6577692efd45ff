"""What flipped: behaviours that a scenario shows more or less often than before."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Literal

from promptverdict.comparison.scenario_pair import ScenarioPair, TrialOutcome
from promptverdict.comparison.verdicts import Comparison
from promptverdict.core.text import format_count
from promptverdict.report.styles import SIGNS


@dataclass(frozen=True)
class Flip:
    """One behaviour in one scenario, on both sides."""

    suite: str
    scenario: str
    behaviour: str
    difference: float
    """Candidate's share of passes minus the baseline's; never 0."""
    baseline: str
    """How often it was shown: `2 of 3`."""
    candidate: str
    baseline_trial: str
    """Key of a trial that shows the flip."""
    candidate_trial: str

    @property
    def direction(self) -> Literal["gained", "lost"]:
        """What happened to the behaviour."""
        return "gained" if self.difference > 0 else "lost"

    @property
    def style(self) -> Literal["improved", "regressed"]:
        """How it looks."""
        return "improved" if self.difference > 0 else "regressed"

    @property
    def sign(self) -> str:
        """The direction as a sign."""
        return SIGNS[self.style]


@dataclass(frozen=True)
class ScenarioFlips:
    """All flips of one scenario, those that differ most first."""

    suite: str
    scenario: str
    flips: tuple[Flip, ...]


def list_flips(comparison: Comparison) -> list[Flip]:
    """List what flipped, what was lost most first."""
    # By what they are of: the same pair may stand below several verdicts.
    pairs = {
        (pair.suite, pair.scenario, pair.behaviour): pair
        for verdict in comparison.behaviours
        for pair in verdict.flipped
    }
    return sorted(map(_build_flip, pairs.values()), key=lambda flip: flip.difference)


def group_flips(flips: Iterable[Flip]) -> list[ScenarioFlips]:
    """Group flips by scenario, in the order in which the scenarios first appear."""
    scenarios: dict[tuple[str, str], list[Flip]] = {}
    for flip in flips:
        scenarios.setdefault((flip.suite, flip.scenario), []).append(flip)
    return [ScenarioFlips(*place, tuple(group)) for place, group in scenarios.items()]


def find_strongest_flip(comparison: Comparison) -> Flip | None:
    """Find the flip that shows best what a comparison came to; None where nothing flipped.

    Behaviours of a primary theme come before others, and flips in the direction of the verdict
    before those against it.
    """
    primary = {
        (theme.suite, behaviour)
        for theme in comparison.themes
        if theme.role == "primary"
        for behaviour in theme.behaviours
    }
    wanted = {"improved": "gained", "improved in part": "gained"}.get(comparison.word, "lost")

    def rank(flip: Flip) -> tuple[bool, bool, float]:
        return (
            flip.direction == wanted,
            (flip.suite, flip.behaviour) in primary,
            abs(flip.difference),
        )

    return max(list_flips(comparison), key=rank, default=None)


def count_flips(flips: Iterable[Flip]) -> str:
    """Write how much was gained and lost: `2 gained, 6 lost in 5 scenarios`."""
    flips = list(flips)
    gained = sum(flip.direction == "gained" for flip in flips)
    scenarios = {(flip.suite, flip.scenario) for flip in flips}
    return (
        f"{gained} gained, {len(flips) - gained} lost in {format_count(len(scenarios), 'scenario')}"
    )


def _build_flip(pair: ScenarioPair) -> Flip:
    difference = pair.difference or 0.0
    wanted: tuple[TrialOutcome, TrialOutcome] = (
        ("fail", "pass") if difference > 0 else ("pass", "fail")
    )
    return Flip(
        suite=pair.suite,
        scenario=pair.scenario,
        behaviour=pair.behaviour,
        difference=difference,
        baseline=_format_share(pair.baseline),
        candidate=_format_share(pair.candidate),
        baseline_trial=_find_trial(pair.baseline, pair.baseline_trials, wanted[0]),
        candidate_trial=_find_trial(pair.candidate, pair.candidate_trials, wanted[1]),
    )


def _format_share(outcomes: tuple[TrialOutcome, ...]) -> str:
    graded = sum(outcome in ("pass", "fail") for outcome in outcomes)
    return f"{outcomes.count('pass')} of {graded}"


def _find_trial(
    outcomes: tuple[TrialOutcome, ...], keys: tuple[str, ...], wanted: TrialOutcome
) -> str:
    """Find the key of a trial with an outcome; there is one, or the shares would not differ."""
    # By its key: where a trial left no record, places in the list are not the trials' numbers.
    return next(key for outcome, key in zip(outcomes, keys, strict=True) if outcome == wanted)
