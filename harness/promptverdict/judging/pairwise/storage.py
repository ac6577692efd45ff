"""What judges said of two trials, in `<n>.pairs.yaml` beside the candidate's recording.

The file names the seals of both recordings, and an answer counts only for those, the question, the
judge's prompt and what it was shown. What is told of an answer is read out of the bodies of both
orders each time, as they came.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal

from pydantic import Field

from promptverdict.core.model import Frozen
from promptverdict.judging.answer import read_call
from promptverdict.judging.pairwise.prompt import TOOL, PairAsked
from promptverdict.judging.storage import read_stored, write_stored
from promptverdict.providers.registry import MODULES
from promptverdict.recording.files import Sealed
from promptverdict.trials.evidence import About
from promptverdict.trials.transcript import Answered

FORMAT = 1


class Choice(Frozen):
    """What was read out of a judge's answer to one order."""

    choice: Literal["first", "second", "neither", "cannot tell"] | None = None
    reason: str = ""
    fault: str | None = None
    """Why there is no choice."""


class _Given(Frozen):
    """The arguments of the call."""

    choice: Literal["first", "second", "neither", "cannot tell"]
    reason: str


class OrderAnswer(Frozen):
    """A judge's answer to one order."""

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
    choice: Choice
    """What was read out of it, for whoever reads the file."""

    def read(self, model: str) -> Choice:
        """Say what a model chose; an answer whose choice was edited is a fault."""
        if model.partition("/")[0] not in MODULES:
            return Choice(fault=f"judge-error: no API of ours answers for {model}")
        choice, _ = read_choice(model, self.response.encode("utf-8"))
        if choice != self.choice:
            return Choice(fault="judge-error: the stored choice is not what was answered")
        return choice


class PairAnswer(Frozen):
    """A judge's answers to one question about two recordings."""

    key: str
    """Of what was asked, and of whom (see `PairAsked.key`)."""
    question: str
    about: About
    model: str
    """What was asked, as `provider/name`."""
    orders: tuple[OrderAnswer, OrderAnswer]
    """With the baseline's trial first, and with the candidate's first."""

    def choices(self) -> tuple[Choice, Choice]:
        """Say what was chosen in either order."""
        first, second = self.orders
        return first.read(self.model), second.read(self.model)


class StoredPairs(Frozen):
    """The pairs file of one recording."""

    format: int = FORMAT
    seal: str
    """Of the candidate's recording, beside which the file lies."""
    baseline: str
    """The variant that it was compared with."""
    baseline_seal: str
    """Of that one's recording."""
    answers: tuple[PairAnswer, ...] = ()


def read_choice(model: str, body: bytes) -> tuple[Choice, Answered | None]:
    """Read the body of an answer; what cannot be read is a fault in the choice."""
    given, answered = read_call(model, body, TOOL["name"], _Given)
    if isinstance(given, str):
        return Choice(fault=given), answered
    return Choice(choice=given.choice, reason=given.reason), answered


def read_pairs(baseline: Sealed, candidate: Sealed) -> tuple[PairAnswer, ...]:
    """Read the answers about two recordings.

    Those about others are none, and neither is a file that cannot be read: both leave the questions
    open.
    """
    stored = read_stored(candidate.location.pairs, StoredPairs)
    answers = stored.answers if stored else ()
    return answers if stored == _file(baseline, candidate, answers) else ()


def write_pairs(baseline: Sealed, candidate: Sealed, answers: Iterable[PairAnswer]) -> None:
    """Store the answers about two recordings, in place of those that are there.

    Raises StorageError when the disk refuses, and when they hold a key or tell the name of this
    machine or a path of its user.
    """
    write_stored(candidate.location.pairs, _file(baseline, candidate, answers))


def fitting_pairs(
    answers: Iterable[PairAnswer], asked: PairAsked, model: str | None
) -> tuple[PairAnswer, ...]:
    """Pick the answers to a question: those of one model, or of every one that was asked."""
    return tuple(
        one for one in answers if model in (None, one.model) and one.key == asked.key(one.model)
    )


def _file(baseline: Sealed, candidate: Sealed, answers: Iterable[PairAnswer]) -> StoredPairs:
    return StoredPairs(
        seal=candidate.seal,
        baseline=baseline.head.variant,
        baseline_seal=baseline.seal,
        answers=tuple(answers),
    )
