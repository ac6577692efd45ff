"""How a judge is asked about a pair of trials, and where its answers lie."""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from promptverdict.judging.ask import Judge, describe_reply, send
from promptverdict.judging.gather import Inquiry
from promptverdict.judging.pairwise.pairs import Pair, PairJudgement, build_judgement
from promptverdict.judging.pairwise.prompt import SYSTEM, TOOL, PairQuestion, build_pair_question
from promptverdict.judging.pairwise.storage import Choice, OrderAnswer, PairAnswer, read_choice
from promptverdict.judging.storage import AnswerFile
from promptverdict.scenarios.suite import Pairwise

PairInquiry = Inquiry[PairQuestion, PairAnswer, PairJudgement]


def list_pair_questions(questions: Iterable[Pairwise], pair: Pair) -> list[PairQuestion]:
    """List what a suite asks about a pair."""
    trials = pair.baseline.evidence, pair.candidate.evidence
    return [
        build_pair_question(question.question, question.about, *trials) for question in questions
    ]


def inquire_pair(pair: Pair) -> PairInquiry:
    """Build the inquiry about one pair.

    Where no answer comes to one of the orders, nothing is stored of either.
    """
    baseline, candidate = pair.baseline.sealed, pair.candidate.sealed
    about = {
        "seal": candidate.seal,
        "baseline": baseline.head.variant,
        "baseline_seal": baseline.seal,
    }
    return Inquiry(
        file=AnswerFile(candidate.location.pairs, about, PairAnswer),
        ask=ask,
        judge=partial(_judge, pair),
        blame=partial(_build_fault, pair),
        is_answered=lambda judgement: all(choice.choice for choice in judgement.choices),
    )


async def ask(judge: Judge, question: PairQuestion) -> PairAnswer:
    """Ask one question in both orders. Raises ProviderError when no answer comes to one."""
    # One after the other: where the first is refused, the second need not be paid for.
    orders = [await _ask_order(judge, message) for message in question.messages]
    return PairAnswer(
        key=question.derive_key(judge.model),
        question=question.question,
        about=question.about,
        model=judge.model,
        orders=(orders[0], orders[1]),
    )


async def _ask_order(judge: Judge, message: str) -> OrderAnswer:
    received = await send(judge, SYSTEM, TOOL, message)
    choice, answered = read_choice(judge.model, received.body, received.form)
    return OrderAnswer(choice=choice, **describe_reply(judge.model, received, answered))


def _judge(pair: Pair, answer: PairAnswer) -> PairJudgement:
    return build_judgement(pair, answer, answer.model, answer.read_choices())


def _build_fault(pair: Pair, question: PairQuestion, model: str, fault: str) -> PairJudgement:
    nothing = Choice(fault=fault)
    return build_judgement(pair, question, model, (nothing, nothing))
