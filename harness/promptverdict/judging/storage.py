"""The judge's answers beside a recording, in `<n>.judge.yaml`.

The file lies outside the seal and names it. An answer counts only for the recording, the question,
the judge's prompt and the evidence that it was given to, so a changed question is asked anew and no
other. What is told of an answer is read out of its body each time, as it came.
"""

from __future__ import annotations

import os
import platform
from collections.abc import Iterable
from pathlib import Path
from typing import Literal, TypeVar

from pydantic import Field, ValidationError

from promptverdict.core.errors import BrokenRecording
from promptverdict.core.files import write_whole
from promptverdict.core.model import Frozen
from promptverdict.judging.answer import Verdict, read_verdict
from promptverdict.judging.prompt import Asked
from promptverdict.providers.registry import MODULES
from promptverdict.recording import yaml_format
from promptverdict.recording.files import Location
from promptverdict.recording.secrets import refuse_machine, refuse_secrets
from promptverdict.trials.evidence import About, Judgement

FORMAT = 1

M = TypeVar("M", bound=Frozen)


class Answer(Frozen):
    """A judge's answer to one question about one recording."""

    key: str
    """Of what was asked, and of whom (see `Asked.key`)."""
    question: str
    about: About
    model: str
    """What was asked, as `provider/name`."""
    answered: str
    """What the answer said it came from."""
    evidence: Literal["live", "relay", "simulated"]
    """From a provider's API, from someone answering by hand, or from a script in a test."""
    operator: str | None = None
    """Who answered by hand, in their own words."""
    recorded: str = Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ$")
    """When, in UTC, to the second."""
    request: str
    """Hash of the request's body."""
    response: str
    """The body of the answer, as it came."""
    verdict: Verdict
    """What was read out of it, for whoever reads the file."""

    def judgement(self) -> Judgement:
        """Say what was answered; an answer whose verdict was edited is a fault."""
        told = {"question": self.question, "about": self.about, "model": self.model}
        if self.model.partition("/")[0] not in MODULES:
            fault = f"judge-error: no API of ours answers for {self.model}"
            return Judgement.model_validate({**told, "answer": None, "fault": fault})
        verdict, answered = read_verdict(self.model, self.response.encode("utf-8"))
        if verdict != self.verdict:
            verdict = Verdict(fault="judge-error: the stored verdict is not what was answered")
        usage = answered.usage if answered else None
        return Judgement.model_validate({**told, **verdict.model_dump(), "usage": usage})


class StoredAnswers(Frozen):
    """The judge file of one recording."""

    format: int = FORMAT
    seal: str
    """Of the recording that was judged."""
    answers: tuple[Answer, ...] = ()


def read_answers(location: Location, seal: str) -> tuple[Answer, ...]:
    """Read the answers about a recording.

    Those about another one are none, and neither is a file that cannot be read: both leave the
    questions open, which is told where they are graded.
    """
    stored = read_stored(location.judge, StoredAnswers)
    fits = stored is not None and (stored.format, stored.seal) == (FORMAT, seal)
    return stored.answers if stored and fits else ()


def write_answers(location: Location, seal: str, answers: Iterable[Answer]) -> None:
    """Store the answers about a recording, in place of those that are there.

    Raises StorageError when the disk refuses, and when they hold a key or tell the name of this
    machine or a path of its user.
    """
    write_stored(location.judge, StoredAnswers(seal=seal, answers=tuple(answers)))


def read_stored(path: Path, model: type[M]) -> M | None:
    """Read a file of answers; None where there is none that can be read."""
    try:
        return model.model_validate(yaml_format.load(yaml_format.read(path, str(path)), str(path)))
    except (OSError, ValidationError, UnicodeDecodeError, BrokenRecording):
        return None


def write_stored(path: Path, stored: Frozen) -> None:
    """Write a file of answers. Raises StorageError, as `write_answers` says."""
    text = yaml_format.dump(stored.model_dump(mode="json", exclude_none=True))
    refuse_secrets(text, os.environ)
    refuse_machine(text, platform.node(), str(Path.home()))
    write_whole(path, text)


def fitting(answers: Iterable[Answer], asked: Asked, model: str | None) -> tuple[Answer, ...]:
    """Pick the answers to a question: those of one model, or of every one that was asked."""
    return tuple(
        one for one in answers if model in (None, one.model) and one.key == asked.key(one.model)
    )


def unanswered(
    wanted: Iterable[Asked], answers: tuple[Answer, ...], model: str, *, again: bool = False
) -> list[Asked]:
    """Pick the questions that a model is to be asked: those without an answer, or all of them."""
    return [
        one
        for one in wanted
        if again or not any(answer.judgement().answer for answer in fitting(answers, one, model))
    ]
