"""What judges said of two trials, in `<n>.pairs.yaml` beside the candidate's recording.

What an answer says is read out of the bodies of both orders each time, as they came.
"""

from __future__ import annotations

from functools import partial
from typing import Literal

from promptverdict.core.model import Frozen
from promptverdict.judging.answer import Form, read_arguments, read_stored
from promptverdict.judging.pairwise.prompt import TOOL
from promptverdict.judging.storage import StoredAnswer, StoredReply
from promptverdict.trials.transcript import Answered


class Choice(Frozen):
    """What was read out of a judge's answer to one order."""

    choice: Literal["first", "second", "neither", "cannot tell"] | None = None
    reason: str = ""
    fault: str | None = None
    """Why there is no choice."""


class _ChoiceArguments(Frozen):
    """The arguments of the call."""

    choice: Literal["first", "second", "neither", "cannot tell"]
    reason: str


class OrderAnswer(StoredReply):
    """A judge's answer to one order."""

    choice: Choice
    """What was read out of it, for whoever reads the file."""

    def read(self, model: str) -> Choice:
        """Read again what a model chose; an answer whose choice was edited is a fault."""
        read = partial(read_choice, form=self.form)
        return read_stored(model, self.response, self.choice, read, _make_fault)[0]


class PairAnswer(StoredAnswer):
    """A judge's answers to one question about two recordings."""

    orders: tuple[OrderAnswer, OrderAnswer]
    """With the baseline's trial first, and with the candidate's first."""

    def read_choices(self) -> tuple[Choice, Choice]:
        """Read again what was chosen in either order."""
        first, second = self.orders
        return first.read(self.model), second.read(self.model)


def read_choice(model: str, body: bytes, form: Form = None) -> tuple[Choice, Answered | None]:
    """Read the body of an answer; what cannot be read is a fault in the choice.

    form: see StoredReply.
    """
    arguments, answered = read_arguments(model, body, form, TOOL["name"], _ChoiceArguments)
    if isinstance(arguments, str):
        return Choice(fault=arguments), answered
    return Choice(choice=arguments.choice, reason=arguments.reason), answered


def _make_fault(reason: str) -> Choice:
    return Choice(fault=reason)
