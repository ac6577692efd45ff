"""The pairwise judge: which of two trials of one scenario is better, asked in both orders.

A judge that prefers whatever it reads first says so of both orders, which is then a tie. One that
cannot tell in either order leaves the pair ungraded, which is missing and never a tie.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable
from dataclasses import dataclass
from typing import Literal

from promptverdict.core.model import Frozen
from promptverdict.judging.pairwise.prompt import PairAsked, asked_pair
from promptverdict.judging.pairwise.storage import Choice, PairAnswer, fitting_pairs, read_pairs
from promptverdict.recording.digest import UNDER_TEST
from promptverdict.recording.files import Sealed
from promptverdict.scenarios.suite import Pairwise
from promptverdict.trials.evidence import About, Evidence

Better = Literal["baseline", "candidate", "tie"]


@dataclass(frozen=True)
class Side:
    """One of the two trials: its recording, and what it is evidence of."""

    sealed: Sealed
    evidence: Evidence


@dataclass(frozen=True)
class Pair:
    """Two trials of one scenario that differ in their prompts."""

    baseline: Side
    candidate: Side


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
        one, other = self._meant()
        if one is None or other is None:
            return None
        return one if one == other else "tie"

    @property
    def disagree(self) -> bool:
        """Whether the two orders were answered, and not alike."""
        one, other = self._meant()
        return None not in (one, other) and one != other

    @property
    def why_ungraded(self) -> str:
        """Why neither order, or one of them, has no answer; empty where both have one."""
        missing = [each for each in self.choices if each.choice in (None, "cannot tell")]
        return next(
            (each.fault for each in missing if each.fault), "cannot tell" if missing else ""
        )

    def _meant(self) -> tuple[Better | None, Better | None]:
        first, second = (each.choice or "" for each in self.choices)
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


def matched(sides: Iterable[Side], baseline: str) -> tuple[list[Pair], list[Side]]:
    """Pair trials with those of the baseline, `agent/variant`, and give what has no partner too.

    Partners have the same number, model, toolset and sandbox, and were asked the same but for the
    prompt and the tools that it lists.
    """
    every = list(sides)
    before = {_kin(side): side for side in every if side.evidence.task.variant == baseline}
    after = [side for side in every if side.evidence.task.variant != baseline]
    pairs = [Pair(before[kin], side) for side in after if (kin := _kin(side)) in before]
    found = {id(side) for pair in pairs for side in (pair.baseline, pair.candidate)}
    return pairs, [side for side in every if id(side) not in found]


def pair_questions(questions: Iterable[Pairwise], pair: Pair) -> list[PairAsked]:
    """List what is asked about a pair."""
    both = pair.baseline.evidence, pair.candidate.evidence
    return [asked_pair(one.question, one.about, *both) for one in questions]


def stored_pairs(
    questions: Iterable[Pairwise], pair: Pair, model: str | None
) -> tuple[PairJudgement, ...]:
    """Give what was answered about a pair: by one model, or by all that were asked.

    Nothing is given of a question that was not answered, or about other recordings or words.
    """
    answers = read_pairs(pair.baseline.sealed, pair.candidate.sealed)
    return tuple(
        judgement_of(pair, answer, answer.model, answer.choices())
        for one in pair_questions(questions, pair)
        for answer in fitting_pairs(answers, one, model)
    )


def judgement_of(
    pair: Pair, asked: PairAsked | PairAnswer, model: str, choices: tuple[Choice, Choice]
) -> PairJudgement:
    """Say what was chosen about a pair in either order."""
    task = pair.candidate.evidence.task
    return PairJudgement(
        scenario=f"{task.suite}/{task.scenario}",
        trial=pair.candidate.sealed.location.number,
        question=asked.question,
        about=asked.about,
        baseline=pair.baseline.evidence.task.variant,
        candidate=task.variant,
        model=model,
        choices=choices,
    )


def _kin(side: Side) -> Hashable:
    task, sealed = side.evidence.task, side.sealed
    same = {part: name for part, name in sealed.head.digest.items() if part not in UNDER_TEST}
    return (
        (task.suite, task.scenario, sealed.location.number, sealed.location.folder.name),
        frozenset(sealed.head.compatible.items()),
        frozenset(same.items()),
    )
