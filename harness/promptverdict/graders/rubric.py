"""A question that a model was asked about the trial: the grader only reads what it answered.

Nothing is asked here. The answers are gathered before grading and are evidence, as the reports of
probes are; where there is none, or none that can be read, the grade is ungraded.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from promptverdict.core.model import Frozen
from promptverdict.graders.logic import AllOf, AnyOf, Not
from promptverdict.graders.reading.quotes import find_quote
from promptverdict.graders.reading.sentences import quote_text
from promptverdict.trials.evidence import About, Evidence, Judgement
from promptverdict.trials.grade import Finding, Grader, failed, passed, ungraded


def _join_lines(question: str) -> str:
    if not (joined := " ".join(question.split())):
        raise ValueError("a question needs words")
    return joined


Question = Annotated[str, AfterValidator(_join_lines), Field(min_length=1, max_length=2000)]
"""What a judge is asked."""


class Rubric(Frozen):
    """Pass when the judge answered the question as wanted, fail when it answered the opposite.

    `cannot tell`, an answer that cannot be read, judges that disagree and no judge are ungraded.
    """

    type: Literal["rubric"] = "rubric"
    question: Question = Field(description="Asked of a judge: one thing, to tell by yes/no")
    pass_if: Literal["yes", "no"] = Field("yes", description="The answer that passes")
    about: About = Field(
        "answer", description="What the judge is shown: the last answer, or all that happened"
    )

    def grade(self, evidence: Evidence) -> Finding:
        """Read what was answered."""
        judged = evidence.outcome.judged if evidence.outcome else ()
        asked = self.question, self.about
        given = [
            judgement for judgement in judged if (judgement.question, judgement.about) == asked
        ]
        if not given:
            return ungraded("no judge was asked (promptverdict judge)")
        readable = [judgement for judgement in given if judgement.answer and not judgement.fault]
        if not readable:
            return ungraded(f"The judge {given[0].model} gave no answer: {given[0].fault}")
        if len({judgement.answer for judgement in readable}) > 1:
            answers = ", ".join(f"{each.model} says {each.answer}" for each in readable)
            return ungraded(f"The judges disagree: {answers}")
        return self._build_finding(readable[0], evidence)

    def is_wanted(self, answer: str | None) -> bool:
        """Return whether an answer to the question is the wanted one."""
        return answer == self.pass_if

    def _build_finding(self, judgement: Judgement, evidence: Evidence) -> Finding:
        point = find_quote(judgement.quote, judgement.about, evidence)
        says = f"The judge {judgement.model} says {judgement.answer}"
        reason = f"{says}: {_shorten(judgement.reason)}"
        if judgement.quote.strip():
            quote = quote_text(" ".join(judgement.quote.split()))
            reason += f" {quote}" if point else f" (what it quotes does not occur: {quote})"
        points = (point,) if point else ()
        if judgement.answer == "cannot tell":
            return ungraded(reason, *points)
        return (passed if self.is_wanted(judgement.answer) else failed)(reason, *points)


def find_rubrics(graders: Iterable[Grader]) -> Iterator[Rubric]:
    """Find the rubrics among graders and in those that hold others, each question once."""
    seen: set[tuple[str, str]] = set()
    for rubric in _walk_rubrics(graders):
        if (rubric.question, rubric.about) not in seen:
            seen.add((rubric.question, rubric.about))
            yield rubric


def _walk_rubrics(graders: Iterable[Grader]) -> Iterator[Rubric]:
    for grader in graders:
        if isinstance(grader, Rubric):
            yield grader
        elif isinstance(grader, AllOf | AnyOf):
            yield from _walk_rubrics(grader.of)
        elif isinstance(grader, Not):
            yield from _walk_rubrics((grader.of,))


def _shorten(reason: str) -> str:
    text = " ".join(reason.split())
    return text if len(text) <= 300 else f"{text[:299].rstrip()}…"
