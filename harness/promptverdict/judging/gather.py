"""What judges have answered to questions of one kind, and how to ask what is still open.

There are two kinds: about one trial (`rubrics`), and about a pair of them (`pairwise.inquiry`).
Each says how a question is put and what an answer says; all else is the same, and is here.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

from promptverdict.core.errors import ProviderError
from promptverdict.core.threads import run_to_end
from promptverdict.judging.ask import Judge
from promptverdict.judging.storage import AnswerFile, StoredAnswer


class Question(Protocol):
    """One question, ready to be put to a model."""

    def derive_key(self, model: str) -> str:
        """Name the answer of a model, `provider/name`, to exactly this question."""
        ...


Q = TypeVar("Q", bound=Question)
A = TypeVar("A", bound=StoredAnswer)
J = TypeVar("J")


@dataclass(frozen=True)
class Inquiry(Generic[Q, A, J]):
    """Questions of one kind about one recording, or about a pair of them."""

    file: AnswerFile[A]
    ask: Callable[[Judge, Q], Awaitable[A]]
    """Puts a question. Raises ProviderError when no answer comes."""
    judge: Callable[[A], J]
    """Returns what an answer says."""
    blame: Callable[[Q, str, str], J]
    """Returns the judgement that has no answer: of a question, to a model, for a reason."""
    is_answered: Callable[[J], bool]
    """Whether a judgement is an answer, and need not be asked for again."""


@dataclass(frozen=True)
class Gathered(Generic[J]):
    """All that one judge says about a recording, or about a pair of them."""

    known: tuple[J, ...]
    """What it had said before."""
    new: tuple[J, ...]
    """What it was asked now."""

    @property
    def all(self) -> tuple[J, ...]:
        """Both."""
        return (*self.known, *self.new)


def read_judgements(
    inquiry: Inquiry[Q, A, J], questions: Iterable[Q], model: str | None
) -> tuple[J, ...]:
    """Read what was answered to questions: by one model, or, for None, by all that were asked.

    Where the file is there and cannot be read, each question has a judgement that says why.
    """
    wanted = list(questions)
    if not wanted:
        return ()
    if fault := inquiry.file.find_fault():
        asked = model or "of the stored answers"
        return tuple(inquiry.blame(question, asked, fault) for question in wanted)
    answers = inquiry.file.read()
    return tuple(
        inquiry.judge(answer) for question in wanted for answer in _select(answers, question, model)
    )


def list_unanswered(
    inquiry: Inquiry[Q, A, J], questions: Iterable[Q], model: str, *, again: bool = False
) -> list[Q]:
    """List the questions that a model is to be asked: those without an answer, or, again, all."""
    return _list_open(inquiry, questions, inquiry.file.read(), model, again=again)


async def gather(
    judge: Judge, inquiry: Inquiry[Q, A, J], questions: Iterable[Q], *, again: bool = False
) -> Gathered[J]:
    """Ask a judge what it has not answered yet, and store that.

    again: ask also what it has answered. A question that nobody answers is a fault in its
    judgement, and nothing is stored of it. Answers to what is no longer asked are dropped. Raises
    StorageError.
    """
    wanted = list(questions)
    answers = await run_to_end(inquiry.file.read)
    due = _list_open(inquiry, wanted, answers, judge.model, again=again)
    asked = {question.derive_key(judge.model) for question in due}
    new: dict[int, A] = {}
    storing = asyncio.Lock()

    def select_kept() -> list[A]:
        replaced = {answer.key for answer in new.values()}
        return [
            answer
            for question in wanted
            for answer in _select(answers, question, None)
            if answer.key not in replaced
        ]

    async def ask(place: int, question: Q) -> J:
        answer, judgement = await _ask(judge, inquiry, question)
        if answer:
            # Each as it comes, and not all at the end: it is paid for, and a process may be killed.
            async with storing:
                new[place] = answer
                ordered = [new[known] for known in sorted(new)]
                await run_to_end(inquiry.file.write, [*select_kept(), *ordered])
        return judgement

    # All at once: how many requests a provider is sent is for the route's throttle to say.
    asking = [asyncio.ensure_future(ask(place, question)) for place, question in enumerate(due)]
    try:
        judgements = await asyncio.gather(*asking)
    finally:
        for task in asking:
            task.cancel()
    kept = select_kept()
    return Gathered(
        # An answer that was asked for again in vain stays in the file, but does not count twice.
        known=tuple(
            inquiry.judge(answer)
            for answer in kept
            if answer.model == judge.model and answer.key not in asked
        ),
        new=tuple(judgements),
    )


async def _ask(judge: Judge, inquiry: Inquiry[Q, A, J], question: Q) -> tuple[A | None, J]:
    try:
        answer = await inquiry.ask(judge, question)
    except ProviderError as error:
        return None, inquiry.blame(question, judge.model, str(error))
    return answer, inquiry.judge(answer)


def _list_open(
    inquiry: Inquiry[Q, A, J],
    questions: Iterable[Q],
    answers: tuple[A, ...],
    model: str,
    *,
    again: bool,
) -> list[Q]:
    return [
        question
        for question in questions
        if again
        or not any(
            inquiry.is_answered(inquiry.judge(answer))
            for answer in _select(answers, question, model)
        )
    ]


def _select(answers: Iterable[A], question: Question, model: str | None) -> tuple[A, ...]:
    """Return the answers to a question: those of one model, or of every one that was asked."""
    return tuple(
        answer
        for answer in answers
        if model in (None, answer.model) and answer.key == question.derive_key(answer.model)
    )
