"""Which questions a scenario's rubrics ask about a recording, and what was answered to them."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Generic, TypeVar

from promptverdict.core.errors import ProviderError
from promptverdict.core.threads import to_the_end
from promptverdict.graders.rubric import find_rubrics
from promptverdict.judging.ask import Judge, ask
from promptverdict.judging.prompt import Asked, asked
from promptverdict.judging.storage import Answer, fitting, read_answers, unanswered, write_answers
from promptverdict.recording.files import Location
from promptverdict.trials.evidence import Evidence, Judgement
from promptverdict.trials.grade import Grader

T = TypeVar("T")


def questions(graders: Iterable[Grader], evidence: Evidence) -> list[Asked]:
    """List what the rubrics among graders ask about a trial."""
    return [asked(one.question, one.about, evidence) for one in find_rubrics(graders)]


def stored_judgements(
    wanted: list[Asked], location: Location, seal: str, model: str | None
) -> tuple[Judgement, ...]:
    """Give what was answered to questions about a recording: by one model, or by all there are."""
    if not wanted:
        return ()
    answers = read_answers(location, seal)
    return tuple(answer.judgement() for one in wanted for answer in fitting(answers, one, model))


@dataclass(frozen=True)
class Gathered(Generic[T]):
    """All that one judge says about a recording, or about a pair of them."""

    known: tuple[T, ...]
    """What it had said before."""
    new: tuple[T, ...]
    """What it was asked now."""

    @property
    def all(self) -> tuple[T, ...]:
        """Both."""
        return (*self.known, *self.new)


async def gather(
    judge: Judge, wanted: list[Asked], location: Location, seal: str, *, again: bool = False
) -> Gathered[Judgement]:
    """Ask a judge what it has not answered yet, and store that.

    again: ask also what it has answered. A question that nobody answers is a fault in its
    judgement, and nothing is stored of it. Answers to what is no longer asked are dropped. Raises
    StorageError.
    """
    answers = await to_the_end(read_answers, location, seal)
    due = unanswered(wanted, answers, judge.model, again=again)
    came = await asyncio.gather(*(_try(judge, one) for one in due))
    new = [one for one in came if isinstance(one, Answer)]
    told = {one.key for one in new}
    kept = [
        answer for one in wanted for answer in fitting(answers, one, None) if answer.key not in told
    ]
    if new:
        await to_the_end(write_answers, location, seal, [*kept, *new])
    return Gathered(
        known=tuple(
            one.judgement() for one in kept if one.model == judge.model and one.verdict.answer
        ),
        new=tuple(one.judgement() if isinstance(one, Answer) else one for one in came),
    )


async def _try(judge: Judge, asked_: Asked) -> Answer | Judgement:
    try:
        return await ask(judge, asked_)
    except ProviderError as error:
        return Judgement(
            question=asked_.question,
            about=asked_.about,
            answer=None,
            model=judge.model,
            fault=str(error),
        )
