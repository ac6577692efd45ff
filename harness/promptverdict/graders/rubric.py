"""A question that a model was asked about the trial: the grader only reads what it answered.

Nothing is asked here. The answers are gathered before grading and are evidence, as the reports of
probes are; where there is none, or none that can be read, the grade is ungraded.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable, Iterator
from itertools import accumulate
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from promptverdict.core.model import Frozen
from promptverdict.graders.logic import AllOf, AnyOf, Not
from promptverdict.graders.reading.sentences import quote_text
from promptverdict.trials.evidence import About, Evidence, Judgement
from promptverdict.trials.grade import Finding, Grader, Point, failed, passed, ungraded
from promptverdict.trials.transcript import Result, Say, User

_ESCAPE = re.compile(r"<U\+([0-9A-F]{4,6})>")


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
    pass_if: Literal["yes", "no"] = Field("yes", description="The answer that is_wanted")
    about: About = Field(
        "answer", description="What the judge is shown: the last answer, or all that happened"
    )

    def grade(self, evidence: Evidence) -> Finding:
        """Read what was answered."""
        judged = evidence.outcome.judged if evidence.outcome else ()
        found = [one for one in judged if (one.question, one.about) == (self.question, self.about)]
        if not found:
            return ungraded("no judge was asked (promptverdict judge)")
        readable = [one for one in found if one.answer and not one.fault]
        if not readable:
            return ungraded(f"The judge {found[0].model} gave no answer: {found[0].fault}")
        if len({one.answer for one in readable}) > 1:
            told = ", ".join(f"{one.model} says {one.answer}" for one in readable)
            return ungraded(f"The judges disagree: {told}")
        return self._build_finding(readable[0], evidence)

    def is_wanted(self, answer: Literal["yes", "no"] | None) -> bool:
        """Whether an answer to the question is the wanted one."""
        return answer == self.pass_if

    def _build_finding(self, one: Judgement, evidence: Evidence) -> Finding:
        point = _find_quote(one, evidence)
        told = f"The judge {one.model} says {one.answer}: {_shorten(one.reason)}"
        if one.quote.strip():
            rests = quote_text(" ".join(one.quote.split()))
            told += f" {rests}" if point else f" (what it quotes does not occur: {rests})"
        points = (point,) if point else ()
        if one.answer == "cannot tell":
            return ungraded(told, *points)
        return (passed if self.is_wanted(one.answer) else failed)(told, *points)


def find_rubrics(graders: Iterable[Grader]) -> Iterator[Rubric]:
    """Find the rubrics among graders and in those that hold others, each question once."""
    seen: set[tuple[str, str]] = set()
    for one in _walk_rubrics(graders):
        if (one.question, one.about) not in seen:
            seen.add((one.question, one.about))
            yield one


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


def _find_quote(one: Judgement, evidence: Evidence) -> Point | None:
    """Find a quote: as it is, and with what the judge was shown escaped put back."""
    for quote in dict.fromkeys((one.quote, _ESCAPE.sub(_unescape, one.quote))):
        words = " ".join(quote.split())
        for number, text in _list_texts(one.about, evidence) if words else ():
            if found := _find_words(words, text):
                return Point(event=number, start=found[0], end=found[1])
    return None


def _find_words(quote: str, text: str) -> tuple[int, int] | None:
    """Find where a quote stands in a text that may part its words by other blanks."""
    words = text.split()
    first = " ".join(words).find(quote)
    if first < 0:
        return None
    begins = list(accumulate((len(word) + 1 for word in words), initial=0))
    places = [word.start() for word in re.finditer(r"\S+", text)]

    def place(at: int) -> int:
        word = bisect_right(begins, at) - 1
        return places[word] + at - begins[word]

    return place(first), place(first + len(quote) - 1) + 1


def _list_texts(about: About, evidence: Evidence) -> Iterator[tuple[int, str]]:
    """Give the texts that a quote may be from: what the agent said first, the latest before."""
    events = tuple(enumerate(evidence.events))
    heard = [number for number, event in events if isinstance(event, User | Result)]
    answer = max(heard, default=-1)
    for number, event in reversed(events):
        if isinstance(event, Say) and (about == "transcript" or number > answer):
            yield number, event.text
    for number, event in events:
        if isinstance(event, User) or (isinstance(event, Result) and about == "transcript"):
            yield number, event.text


def _unescape(escape: re.Match[str]) -> str:
    code = int(escape[1], 16)
    return chr(code) if code <= 0x10FFFF else escape[0]
