"""What graders ask a judge about one trial; the answers are beside its recording.

Rubrics ask questions; `extracted_test_claims` asks for a list. Both are in `<n>.judge.yaml`.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import partial

from promptverdict.graders.extracted_claims import EXTRACTION, extracts_claims
from promptverdict.graders.rubric import find_rubrics
from promptverdict.judging.answer import (
    Form,
    JudgeAnswer,
    Reader,
    read_answer,
    read_claims,
    read_stored,
)
from promptverdict.judging.ask import Judge, describe_reply, send
from promptverdict.judging.claims_prompt import CLAIMS_SYSTEM, CLAIMS_TOOL, build_extraction
from promptverdict.judging.gather import Inquiry
from promptverdict.judging.prompt import SYSTEM, TOOL, TrialQuestion, build_question
from promptverdict.judging.storage import AnswerFile, StoredAnswer, StoredReply
from promptverdict.recording.files import Location
from promptverdict.trials.evidence import Evidence, Judgement
from promptverdict.trials.grade import Grader


class TrialAnswer(StoredReply, StoredAnswer):
    """A judge's answer to one question about one recording."""

    # Fields of the last base come first: in a file, the question stands before its answer.
    verdict: JudgeAnswer
    """What was read out of it, for whoever reads the file."""


TrialInquiry = Inquiry[TrialQuestion, TrialAnswer, Judgement]


def list_questions(graders: Iterable[Grader], evidence: Evidence) -> list[TrialQuestion]:
    """List what graders ask about a trial."""
    every = list(graders)
    questions = [
        build_question(rubric.question, rubric.about, evidence) for rubric in find_rubrics(every)
    ]
    return [*questions, *([build_extraction(evidence)] if extracts_claims(every) else [])]


def inquire_trial(location: Location, seal: str) -> TrialInquiry:
    """Build the inquiry about one recording."""
    return Inquiry(
        file=AnswerFile(location.judge, {"seal": seal}, TrialAnswer),
        ask=ask,
        judge=read_judgement,
        blame=_build_fault,
        is_answered=lambda judgement: judgement.answer is not None,
    )


async def ask(judge: Judge, question: TrialQuestion) -> TrialAnswer:
    """Ask one question. Raises ProviderError when no answer comes."""
    system, tool = (
        (CLAIMS_SYSTEM, CLAIMS_TOOL) if question.question == EXTRACTION else (SYSTEM, TOOL)
    )
    received = await send(judge, system, tool, question.message)
    read, answered = _choose_reader(question.question, received.form)(judge.model, received.body)
    return TrialAnswer(
        key=question.derive_key(judge.model),
        question=question.question,
        about=question.about,
        model=judge.model,
        verdict=read,
        **describe_reply(judge.model, received, answered),
    )


def read_judgement(answer: TrialAnswer) -> Judgement:
    """Read again what was answered; an answer whose verdict was edited is a fault."""
    read, answered = read_stored(
        answer.model,
        answer.response,
        answer.verdict,
        _choose_reader(answer.question, answer.form),
        _make_fault,
    )
    return Judgement(
        question=answer.question,
        about=answer.about,
        model=answer.model,
        usage=answered.usage if answered else None,
        **read.model_dump(),
    )


def _choose_reader(question: str, form: Form) -> Reader[JudgeAnswer]:
    return partial(read_claims if question == EXTRACTION else read_answer, form=form)


def _build_fault(question: TrialQuestion, model: str, fault: str) -> Judgement:
    return Judgement(
        question=question.question, about=question.about, answer=None, model=model, fault=fault
    )


def _make_fault(reason: str) -> JudgeAnswer:
    return JudgeAnswer(fault=reason)
