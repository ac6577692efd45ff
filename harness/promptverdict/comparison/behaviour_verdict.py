"""What two sides say of one behaviour or theme, down to single trials, as data."""

from __future__ import annotations

from typing import Literal

from pydantic import field_validator

from promptverdict.comparison.scenario_pair import ScenarioPair
from promptverdict.core.model import Frozen
from promptverdict.scenarios.gate import Role
from promptverdict.stats.terms import Estimand, GateMode, GateOutcome, Unit, Verdict

_OLDER_KINDS = {"rates only": "too few scenarios"}
"""Words of files that earlier versions wrote -> those of today."""


class Repeats(Frozen):
    """What several trials of the same scenario came to together, by chance of k that are drawn."""

    k: int
    """Graded trials that every scenario has at least."""
    all: float
    """Chance that all k show it (pass^k), mean over scenarios."""
    any: float
    """Chance that at least one of k does (pass@k), mean over scenarios."""


class Rate(Frozen):
    """How often one side showed a behaviour, over the scenarios with a grade on both sides."""

    estimate: float | None
    """Mean of the scenarios' means, those of a family averaged first; None where none pairs."""
    low: float
    """Ends of the 95 % interval."""
    high: float
    passed: int
    graded: int
    """Trials that passed or failed; of a theme, grades."""
    ungraded: int
    """Also of scenarios without a grade on the other side; so is `missing`."""
    missing: int
    failing_at_most: float | None = None
    """Where nothing failed: so large a share of such scenarios may still fail. Else None."""
    repeats: Repeats | None = None
    """None where scenarios were tried once, and of a theme."""


class GateResult(Frozen):
    """What a suite's gate says of one behaviour or theme."""

    outcome: GateOutcome
    mode: GateMode
    estimand: Estimand = "population"
    margin: float | None
    needed: int
    """Paired scenarios without which the margin cannot be shown to hold."""
    refused: bool
    """It does not answer, whatever the scenarios show: there are too few, or more looks to come."""
    warning: str
    reason: str
    exit_code: int


class BehaviourVerdict(Frozen):
    """What the two sides' trials say of one behaviour, or of one theme."""

    suite: str
    behaviour: str
    """Its name; of a theme, the theme's."""
    says: str
    kind: Literal["verdict", "too few scenarios"]
    """too few scenarios: fewer paired ones than any verdict takes, so that there are only rates."""
    verdict: Verdict | None
    """None exactly where there are too few scenarios."""
    reason: str
    """Why inconclusive or invalid or no verdict, or what makes it fragile; may be empty."""
    estimate: float | None
    """Candidate minus baseline; None where nothing pairs."""
    low: float
    """Ends of the 95 % interval, not adjusted for there being several behaviours."""
    high: float
    p: float | None
    p_holm: float | None
    """Adjusted for the other behaviours of the comparison; None where that was not done."""
    mde80: float | None
    """A smaller change would usually be missed at this precision."""
    fragile: bool
    n: int
    """Paired units."""
    unit: Unit = "scenario"
    missing_baseline: int
    """Results without a grade: trials without evidence, and ungraded ones."""
    missing_candidate: int
    unasked_baseline: int = 0
    """Results that this side never had a chance of: of scenarios that only the other side ran."""
    unasked_candidate: int = 0
    baseline_rate: Rate
    candidate_rate: Rate
    pairs: tuple[ScenarioPair, ...]
    next_step: str
    """The cheapest way to know more, in words; empty where nothing is left to ask."""
    next_trials: int | None = None
    """Trials that it takes, of both sides together; None where they are not counted."""
    gate: GateResult | None = None

    @field_validator("kind", mode="before")
    @classmethod
    def _read_older_kind(cls, kind: object) -> object:
        return _OLDER_KINDS.get(kind, kind) if isinstance(kind, str) else kind

    @property
    def word(self) -> Verdict | Literal["too few scenarios"]:
        """The verdict, or why there is none, in the word that every report shows."""
        return self.verdict or "too few scenarios"

    @property
    def is_fragile_verdict(self) -> bool:
        """Whether it is improved or regressed, and few scenarios make it so."""
        return self.fragile and self.verdict in ("improved", "regressed")

    @property
    def flipped(self) -> tuple[ScenarioPair, ...]:
        """The scenarios in which the two sides differ so much that it stands out."""
        return tuple(pair for pair in self.pairs if pair.stands_out)


class Theme(BehaviourVerdict):
    """Several behaviours of a suite taken together: a verdict on all of their grades.

    A scenario's score is the mean of all grades that its trials have of the theme's behaviours, so
    the scenario stays the unit, and an ungraded behaviour of a trial is one missing result.
    """

    role: Role
    behaviours: tuple[str, ...]
