"""The pairwise judge: which of two trials of one scenario is better, asked in both orders.

A judge that prefers whatever it reads first says so of both orders, which is then a tie. One that
cannot tell in either order leaves the pair ungraded, which is missing and never a tie.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Literal

from promptverdict.core.ids import format_scenario_id
from promptverdict.core.model import Frozen
from promptverdict.judging.pairwise.prompt import PairQuestion
from promptverdict.judging.pairwise.storage import Choice, PairAnswer
from promptverdict.recording.digest import UNDER_TEST
from promptverdict.recording.files import Sealed
from promptverdict.trials.evidence import About, Evidence

Better = Literal["baseline", "candidate", "tie"]


@dataclass(frozen=True)
class JudgedTrial:
    """A trial that is judged: its recording, and what it is evidence of."""

    sealed: Sealed
    evidence: Evidence


@dataclass(frozen=True)
class Pair:
    """Two trials of one scenario that differ in their prompts."""

    baseline: JudgedTrial
    candidate: JudgedTrial


class PairJudgement(Frozen):
    """What a judge said of a pair."""

    scenario: str
    """`suite/scenario`."""
    trial: int
    """Number of both trials, from 0."""
    question: str
    about: About
    baseline: str
    """`agent/variant`, as the candidate."""
    candidate: str
    model: str
    """Who was asked, as `provider/name`."""
    choices: tuple[Choice, Choice]
    """With the baseline's trial shown first, and with the candidate's first."""

    @property
    def reasons(self) -> tuple[str, str]:
        """Why, in the judge's words, in the order of the choices."""
        return self.choices[0].reason, self.choices[1].reason

    @property
    def outcome(self) -> Better | None:
        """Which is better in both orders; a tie where they disagree; None: ungraded."""
        first, second = self._list_preferred()
        if first is None or second is None:
            return None
        return first if first == second else "tie"

    @property
    def disagree(self) -> bool:
        """Whether the two orders were answered, and not alike."""
        first, second = self._list_preferred()
        return None not in (first, second) and first != second

    @property
    def why_ungraded(self) -> str:
        """Why neither order, or one of them, has no answer; empty where both have one."""
        missing = [choice for choice in self.choices if choice.choice in (None, "cannot tell")]
        return next(
            (choice.fault for choice in missing if choice.fault), "cannot tell" if missing else ""
        )

    def _list_preferred(self) -> tuple[Better | None, Better | None]:
        first, second = (choice.choice or "" for choice in self.choices)
        return _BASELINE_FIRST.get(first), _CANDIDATE_FIRST.get(second)


_BASELINE_FIRST: dict[str, Better] = {
    "first": "baseline",
    "second": "candidate",
    "neither": "tie",
}
_CANDIDATE_FIRST: dict[str, Better] = {
    "first": "candidate",
    "second": "baseline",
    "neither": "tie",
}


def match_pairs(
    trials: Iterable[JudgedTrial], baseline: str
) -> tuple[list[Pair], list[JudgedTrial]]:
    """Pair trials with those of the baseline, `agent/variant`, and return what has no partner too.

    Partners have the same number, model, toolset and sandbox, and were asked the same but for the
    prompt and the tools that it lists.
    """
    every = list(trials)
    before = {_identify(trial): trial for trial in every if trial.evidence.task.variant == baseline}
    after = [trial for trial in every if trial.evidence.task.variant != baseline]
    pairs = [Pair(before[key], trial) for trial in after if (key := _identify(trial)) in before]
    paired = {id(trial) for pair in pairs for trial in (pair.baseline, pair.candidate)}
    return pairs, [trial for trial in every if id(trial) not in paired]


def build_judgement(
    pair: Pair, asked: PairQuestion | PairAnswer, model: str, choices: tuple[Choice, Choice]
) -> PairJudgement:
    """Build the judgement of a pair from what was chosen in either order."""
    task = pair.candidate.evidence.task
    return PairJudgement(
        scenario=format_scenario_id(task.suite, task.scenario),
        trial=pair.candidate.sealed.location.number,
        question=asked.question,
        about=asked.about,
        baseline=pair.baseline.evidence.task.variant,
        candidate=task.variant,
        model=model,
        choices=choices,
    )


def _identify(trial: JudgedTrial) -> Hashable:
    """Return what partners share.

    The folder's name is the model's: one model may be recorded under two names.
    """
    task, sealed = trial.evidence.task, trial.sealed
    same = {part: name for part, name in sealed.head.digest.items() if part not in UNDER_TEST}
    return (
        (task.suite, task.scenario, sealed.location.number, sealed.location.folder.name),
        frozenset(sealed.head.compatible.items()),
        frozenset(same.items()),
    )
