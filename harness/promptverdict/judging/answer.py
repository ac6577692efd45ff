"""What a judge's answer says: its one call of the tool that is due, or why there is no verdict.

No verdict is ever read out of words: an agent may have put them there.
"""

from __future__ import annotations

from typing import Literal, TypeVar

from pydantic import ValidationError

from promptverdict.core.errors import ProviderError
from promptverdict.core.model import Frozen
from promptverdict.core.validation_words import describe_error_at_place
from promptverdict.judging.prompt import TOOL
from promptverdict.providers.registry import api
from promptverdict.providers.wire import on_one_line
from promptverdict.trials.transcript import Answered, Call

G = TypeVar("G", bound=Frozen)


class Verdict(Frozen):
    """What was read out of a judge's answer."""

    answer: Literal["yes", "no", "cannot tell"] | None = None
    quote: str = ""
    reason: str = ""
    fault: str | None = None
    """Why there is no answer."""


class _Given(Frozen):
    """The arguments of the call."""

    verdict: Literal["yes", "no", "cannot tell"]
    quote: str
    reason: str


def read_verdict(model: str, body: bytes) -> tuple[Verdict, Answered | None]:
    """Read the body of an answer; what cannot be read is a fault in the verdict."""
    given, answered = read_call(model, body, TOOL["name"], _Given)
    if isinstance(given, str):
        return Verdict(fault=given), answered
    return Verdict(answer=given.verdict, quote=given.quote, reason=given.reason), answered


def read_call(
    model: str, body: bytes, tool: str, wanted: type[G]
) -> tuple[G | str, Answered | None]:
    """Read the arguments of the one call that is due; where there are none, say why not."""
    try:
        blocks, answered = api(model).read(body)
    except ProviderError as error:
        return _fault(str(error)), None
    calls = [block for block in blocks if isinstance(block, Call)]
    if answered.stop not in ("calls", "done"):
        return _fault(f"the answer stopped early ({answered.stop})"), answered
    if len(calls) != 1 or calls[0].tool != tool:
        named = ", ".join(repr(call.tool) for call in calls) or "none"
        return _fault(f"one call of `{tool}` was due, it made: {named}"), answered
    if calls[0].unreadable:
        return _fault(calls[0].unreadable), answered
    try:
        return wanted.model_validate(calls[0].args), answered
    except ValidationError as error:
        wrong = describe_error_at_place(error.errors()[0])
        return _fault(f"its call does not fit: {wrong}"), answered


def _fault(told: str) -> str:
    return f"judge-error: {on_one_line(told, 300)}"
