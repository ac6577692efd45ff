"""Asks a judge about pairs of trials, and keeps what it says beside the candidate's recording."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable

from promptverdict.core.errors import ProviderError
from promptverdict.core.threads import to_the_end
from promptverdict.judging.ask import Judge, kind_of, now, put
from promptverdict.judging.gather import Gathered
from promptverdict.judging.pairwise.pairs import Pair, PairJudgement, judgement_of
from promptverdict.judging.pairwise.prompt import SYSTEM, TOOL, PairAsked
from promptverdict.judging.pairwise.storage import (
    Choice,
    OrderAnswer,
    PairAnswer,
    fitting_pairs,
    read_choice,
    read_pairs,
    write_pairs,
)


def unanswered_pairs(
    wanted: Iterable[PairAsked], pair: Pair, model: str, *, again: bool = False
) -> list[PairAsked]:
    """Pick what a model is to be asked about a pair: what it has not answered in both orders.

    again: pick all.
    """
    answers = read_pairs(pair.baseline.sealed, pair.candidate.sealed)
    return [
        one
        for one in wanted
        if again or not any(map(_is_whole, fitting_pairs(answers, one, model)))
    ]


async def gather_pairs(
    judge: Judge, wanted: list[PairAsked], pair: Pair, *, again: bool = False
) -> Gathered[PairJudgement]:
    """Ask a judge in both orders what it has not answered yet, and store that.

    again: ask also what it has answered. Where no answer comes to one of the orders, nothing is
    stored of either, and the judgement says why. Answers to what is no longer asked are dropped.
    Raises StorageError.
    """
    both = pair.baseline.sealed, pair.candidate.sealed
    answers = await to_the_end(read_pairs, *both)
    due = unanswered_pairs(wanted, pair, judge.model, again=again)
    asked = {one.key(judge.model) for one in due}
    came = await asyncio.gather(*(_try(judge, pair, one) for one in due))
    new = [one for one in came if isinstance(one, PairAnswer)]
    told = {one.key for one in new}
    kept = [
        answer
        for one in wanted
        for answer in fitting_pairs(answers, one, None)
        if answer.key not in told
    ]
    if new:
        await to_the_end(write_pairs, *both, [*kept, *new])
    return Gathered(
        known=tuple(
            judgement_of(pair, one, one.model, one.choices())
            for one in kept
            if one.model == judge.model and one.key not in asked
        ),
        new=tuple(
            judgement_of(pair, one, one.model, one.choices())
            if isinstance(one, PairAnswer)
            else one
            for one in came
        ),
    )


async def _try(judge: Judge, pair: Pair, asked: PairAsked) -> PairAnswer | PairJudgement:
    try:
        # One after the other: where the first is refused, the second need not be paid for.
        orders = [await _order(judge, message) for message in asked.messages]
    except ProviderError as error:
        nothing = Choice(fault=str(error))
        return judgement_of(pair, asked, judge.model, (nothing, nothing))
    return PairAnswer(
        key=asked.key(judge.model),
        question=asked.question,
        about=asked.about,
        model=judge.model,
        orders=(orders[0], orders[1]),
    )


async def _order(judge: Judge, message: str) -> OrderAnswer:
    received = await put(judge, SYSTEM, TOOL, message)
    choice, answered = read_choice(judge.model, received.body)
    return OrderAnswer(
        answered=answered.model if answered else "",
        evidence=kind_of(judge.model, answered),
        operator=answered.operator if answered else None,
        recorded=now(),
        request=received.request,
        response=received.body.decode("utf-8", "replace"),
        choice=choice,
    )


def _is_whole(answer: PairAnswer) -> bool:
    return all(one.choice for one in answer.choices())
