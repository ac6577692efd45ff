"""What a judge's answer says: its one call of the tool that is due, or why it says nothing.

Nothing is ever read out of words: an agent may have put them there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Literal, Protocol, TypeVar

from pydantic import ValidationError

from promptverdict.core.errors import ProviderError
from promptverdict.core.model import Frozen
from promptverdict.core.validation_words import describe_error_at_place
from promptverdict.judging.claims_prompt import CLAIMS_TOOL
from promptverdict.judging.prompt import TOOL
from promptverdict.providers.registry import MODULES, load_api
from promptverdict.providers.wire import parse_json, shorten_to_line
from promptverdict.trials.evidence import ClaimAboutTests
from promptverdict.trials.transcript import Answered, Block, Call, Say

Form = Literal["schema"] | None

G = TypeVar("G", bound=Frozen)


class JudgeAnswer(Frozen):
    """What was read out of a judge's answer about one trial."""

    answer: Literal["yes", "no", "cannot tell", "claims"] | None = None
    claims: tuple[ClaimAboutTests, ...] | None = None
    quote: str = ""
    reason: str = ""
    fault: str | None = None
    """Why there is no answer."""


class _AnswerArguments(Frozen):
    """The arguments of the call."""

    verdict: Literal["yes", "no", "cannot tell"]
    quote: str
    reason: str


class _ClaimArguments(Frozen):
    """The arguments of the call that lists claims."""

    claims: tuple[ClaimAboutTests, ...]


class JudgeReading(Protocol):
    """What was read out of the body of an answer, or the fault in it."""

    @property
    def fault(self) -> str | None:
        """Why nothing could be read."""
        ...


R = TypeVar("R", bound=JudgeReading)
Reader = Callable[[str, bytes], tuple[R, Answered | None]]
"""Reads a model's answer (`provider/name`) out of its body."""


def read_answer(model: str, body: bytes, form: Form = None) -> tuple[JudgeAnswer, Answered | None]:
    """Read the body of an answer; what cannot be read is a fault. form: see StoredReply."""
    arguments, answered = read_arguments(model, body, form, TOOL["name"], _AnswerArguments)
    if isinstance(arguments, str):
        return JudgeAnswer(fault=arguments), answered
    read = JudgeAnswer(answer=arguments.verdict, quote=arguments.quote, reason=arguments.reason)
    return read, answered


def read_claims(model: str, body: bytes, form: Form = None) -> tuple[JudgeAnswer, Answered | None]:
    """Read the body of an answer that lists claims; what cannot be read is a fault."""
    arguments, answered = read_arguments(model, body, form, CLAIMS_TOOL["name"], _ClaimArguments)
    if isinstance(arguments, str):
        return JudgeAnswer(fault=arguments), answered
    return JudgeAnswer(answer="claims", claims=arguments.claims), answered


def read_stored(
    model: str, body: str, stored: R, read: Reader[R], blame: Callable[[str], R]
) -> tuple[R, Answered | None]:
    """Read a stored body again: what counts is what was answered, whatever stands beside it.

    stored: what was read when the answer came. Where it is something else now, and where no API is
    known that the model answers by, the result is a fault, made by `blame`.
    """
    if model.partition("/")[0] not in MODULES:
        return blame(f"judge-error: {model} names no known provider"), None
    again, answered = read(model, body.encode("utf-8"))
    # The words of a fault may change with a version; a fault stays one.
    if again != stored and not (again.fault and stored.fault):
        again = blame("judge-error: the stored answer is not what was answered")
    return again, answered


def read_arguments(
    model: str, body: bytes, form: Form, tool: str, expected: type[G]
) -> tuple[G | str, Answered | None]:
    """Read the arguments of the one call that is due, or return why there are none, in words.

    form: whether no call was due but their JSON as text (see StoredReply).
    """
    try:
        blocks, answered = load_api(model).read_answer(body)
    except ProviderError as error:
        return _format_fault(str(error)), None
    # A forced call ends some APIs' answers as `stop` and not as a call.
    if answered.stop not in ("calls", "done"):
        return _format_fault(f"the answer stopped early ({answered.stop})"), answered
    try:
        read = _read_call(blocks, tool) if form is None else _read_text(blocks)
        return expected.model_validate(read), answered
    except ValidationError as error:
        wrong = describe_error_at_place(error.errors()[0])
        return _format_fault(f"the arguments of its call do not fit: {wrong}"), answered
    except ValueError as error:
        return _format_fault(str(error)), answered


def _read_call(blocks: tuple[Block, ...], tool: str) -> dict[str, Any]:
    """Return the arguments of the one call of a tool. Raises ValueError for anything else."""
    calls = [block for block in blocks if isinstance(block, Call)]
    if len(calls) != 1 or calls[0].tool != tool:
        named = ", ".join(repr(call.tool) for call in calls) or "none"
        raise ValueError(f"expected one call of `{tool}`, got: {named}")
    if calls[0].unreadable:
        raise ValueError(calls[0].unreadable)
    return calls[0].args


def _read_text(blocks: tuple[Block, ...]) -> Any:
    """Parse the whole text of an answer as JSON: nothing is looked for within it.

    Raises ValueError.
    """
    text = "".join(block.text for block in blocks if isinstance(block, Say)).strip()
    try:
        return parse_json(text)
    except ValueError:
        raise ValueError(f"expected one JSON object, got: {text}") from None


def _format_fault(reason: str) -> str:
    return f"judge-error: {shorten_to_line(reason, 300)}"
