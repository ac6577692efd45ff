"""One behaviour in one scenario on both sides: what each trial came to."""

from __future__ import annotations

from typing import Literal

from promptverdict.core.model import Frozen
from promptverdict.stats.flips import stands_out
from promptverdict.trials.grade import Outcome

TrialOutcome = Literal[Outcome, "missing"]
"""Of one trial: missing where nothing is there to be graded."""


SideName = Literal["baseline", "candidate"]


class ScenarioPair(Frozen):
    """One behaviour in one scenario on both sides: what each trial came to, by trial number."""

    suite: str
    scenario: str
    behaviour: str
    baseline: tuple[TrialOutcome, ...]
    candidate: tuple[TrialOutcome, ...]
    baseline_trials: tuple[str, ...]
    """Keys of the records, in the order of the outcomes."""
    candidate_trials: tuple[str, ...]

    @property
    def difference(self) -> float | None:
        """Candidate's share of passes minus the baseline's; None where a side has no grade."""
        shares = [_compute_share(side) for side in (self.baseline, self.candidate)]
        return None if None in shares else (shares[1] or 0.0) - (shares[0] or 0.0)

    @property
    def stands_out(self) -> bool:
        """Whether the two sides differ by more than trials of one side often differ."""
        if not self.difference:
            return False
        sides = (self.baseline, self.candidate)
        return stands_out(*((side.count("pass"), side.count("fail")) for side in sides))


def _compute_share(outcomes: tuple[TrialOutcome, ...]) -> float | None:
    graded = [outcome == "pass" for outcome in outcomes if outcome in ("pass", "fail")]
    return sum(graded) / len(graded) if graded else None
