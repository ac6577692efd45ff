"""What the judgements of pairs come to for one question and one candidate."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from promptverdict.judging.pairwise.pairs import PairJudgement
from promptverdict.stats.paired_test import FLOOR
from promptverdict.stats.rates import RateEstimate, estimate_rate


@dataclass(frozen=True)
class Tally:
    """Pairs counted by what was said of them."""

    wins: int
    """The candidate is better."""
    losses: int
    """The baseline is better."""
    ties: int
    ungraded: int
    disagreed: int
    """Ties whose two orders were answered and not alike: the judge's position bias or doubt."""
    scenarios: int
    """Scenarios with at least one pair, however it was judged."""
    share: RateEstimate
    """Wins among wins and losses, as the mean over scenarios that have any."""

    @property
    def judged(self) -> int:
        """Pairs with an outcome."""
        return self.wins + self.losses + self.ties

    @property
    def rates_only(self) -> bool:
        """Whether too few scenarios are decided to tell how sure the share is."""
        return self.share.scenarios < FLOOR


def tally(pairs: Iterable[PairJudgement]) -> Tally:
    """Count what was said of pairs: of one question, one baseline and one candidate."""
    every = list(pairs)
    outcomes = [pair.outcome for pair in every]
    scores: dict[str, list[float | None]] = defaultdict(list)
    for pair in every:
        scores[pair.scenario].append({"candidate": 1.0, "baseline": 0.0}.get(pair.outcome or ""))
    return Tally(
        wins=outcomes.count("candidate"),
        losses=outcomes.count("baseline"),
        ties=outcomes.count("tie"),
        ungraded=outcomes.count(None),
        disagreed=sum(pair.disagree for pair in every),
        scenarios=len(scores),
        share=estimate_rate(scores),
    )
