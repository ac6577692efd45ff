"""All that happened in a trial, in order, append-only: a fault at turn nine keeps turns 1 to 8.

Events are flat, so that a grade can point at one by its number. The blocks of one answer end with
an `Answered`; the results that follow it belong to its calls.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Annotated, Any, Literal

from pydantic import Field

from promptverdict.core.model import Frozen
from promptverdict.trials.tree import Change, TestReport


class User(Frozen):
    """The user said something: the task first, later turns after an answer without calls."""

    type: Literal["user"] = "user"
    text: str


class Say(Frozen):
    """The agent said something."""

    type: Literal["say"] = "say"
    text: str
    raw: dict[str, Any] | None = None
    """The provider's block, where it holds more than this; it is sent back as it came."""


class Call(Frozen):
    """The agent asked for a tool."""

    type: Literal["call"] = "call"
    id: str
    """Ties the result to it. Only unique in its answer: some services begin anew in each."""
    tool: str
    args: dict[str, Any]
    raw: dict[str, Any] | None = None
    """The provider's block, where it holds more than this; it is sent back as it came."""
    unreadable: str | None = None
    """Why the arguments could not be read; the call is then answered with this, as an error."""


class Opaque(Frozen):
    """A block of an answer that we do not read and send back as it came (thinking and the like)."""

    type: Literal["opaque"] = "opaque"
    block: dict[str, Any]


class Usage(Frozen):
    """Tokens of one answer, as the provider counted them; None is unknown, not zero."""

    input: int | None = None
    output: int | None = None
    cache_read: int | None = None
    """How many of `input` came out of a cache."""
    cache_write: int | None = None
    """How many of `input` went into one."""
    estimated: bool = False


def add_usages(usages: Iterable[Usage]) -> Usage:
    """Add tokens up; a kind of tokens is unknown as soon as one answer's are."""
    each = list(usages)

    def add(counts: list[int | None]) -> int | None:
        known = [count for count in counts if count is not None]
        return sum(known) if len(known) == len(counts) else None

    return Usage(
        input=add([usage.input for usage in each]),
        output=add([usage.output for usage in each]),
        cache_read=add([usage.cache_read for usage in each]),
        cache_write=add([usage.cache_write for usage in each]),
        estimated=any(usage.estimated for usage in each),
    )


class Answered(Frozen):
    """The end of one answer of the model."""

    type: Literal["answered"] = "answered"
    model: str
    stop: str
    """`calls`, `done`, `pause` (it wants to be asked to go on), `length`, `overflow`, `refusal`, or
    the provider's word where it is none of these."""
    stop_reason: str = ""
    """The provider's word."""
    usage: Usage = Usage()
    operator: str | None = None
    """Who answered by hand, in their own words; None when it was a provider."""
    notices: tuple[str, ...] = ()
    """What was odd about an answer that is whole, one sentence each."""


class Simulated(Frozen):
    """A model was asked for the user's next words, and this is what that took."""

    type: Literal["simulated"] = "simulated"
    model: str
    usage: Usage = Usage()


class Result(Frozen):
    """What the workspace answered to a call, and what the call did to it."""

    type: Literal["result"] = "result"
    call: str
    """Id of the call."""
    text: str
    error: bool = False
    stopped: str | None = None
    """Why a command was stopped before its end (timeout, memory, ...); None when it was not."""
    seconds: float = 0.0
    changes: tuple[Change, ...] = ()
    tests: tuple[TestReport, ...] = ()


class End(Frozen):
    """Why the trial ended: `done`, `limit` (detail says which) or how the last answer stopped."""

    type: Literal["end"] = "end"
    reason: str
    detail: str = ""
    words: str = ""
    """What the provider said of it: of a conversation that grew too long for the model."""


CUT_OFF = frozenset({"length", "overflow"})
"""Ends of trials that a limit on tokens cut off: of one answer, and of the whole conversation."""

Event = Annotated[
    User | Say | Call | Opaque | Answered | Simulated | Result | End, Field(discriminator="type")
]
Block = Say | Call | Opaque


class Transcript:
    """The events of one trial so far."""

    def __init__(self) -> None:
        self._events: list[Event] = []

    def add(self, *events: Event) -> None:
        """Append what happened next."""
        self._events.extend(events)

    @property
    def events(self) -> tuple[Event, ...]:
        """Everything so far, in order."""
        return tuple(self._events)


Message = User | tuple[Block, ...] | tuple[Result, ...]


def group_messages(events: tuple[Event, ...]) -> Iterator[Message]:
    """Group events the way every provider's API wants them: user, answer, results, answer, ..."""
    blocks: list[Block] = []
    results: list[Result] = []
    for event in events:
        if results and not isinstance(event, Result):
            yield tuple(results)
            results = []
        match event:
            case User():
                yield event
            case Say() | Call() | Opaque():
                blocks.append(event)
            case Answered():
                yield tuple(blocks)
                blocks = []
            case Result():
                results.append(event)
    if results:
        yield tuple(results)


def count_output(events: Iterable[Event]) -> int:
    """Count the tokens that the model's answers are known to have; unknown ones add none."""
    return sum(event.usage.output or 0 for event in events if isinstance(event, Answered))


def list_answer_notices(events: Iterable[Event]) -> tuple[str, ...]:
    """List what was odd about the answers, each once."""
    answers = (event for event in events if isinstance(event, Answered))
    return tuple(dict.fromkeys(notice for answer in answers for notice in answer.notices))


def pair_calls(events: Sequence[Event]) -> dict[int, int]:
    """Map the number of each result to the number of its call; results of no call are left out.

    A result belongs to the answer before it: an id alone may name a call in each of several.
    """
    pairs: dict[int, int] = {}
    waiting: dict[str, list[int]] = {}
    is_over = False
    for number, event in enumerate(events):
        match event:
            case Answered():
                is_over = True
            case Call():
                if is_over:
                    waiting, is_over = {}, False
                waiting.setdefault(event.id, []).append(number)
            case Result() if waiting.get(event.call):
                pairs[number] = waiting[event.call].pop(0)
    return pairs


def final_text(events: tuple[Event, ...]) -> str:
    """Return what the agent said after the last result (or user turn): its answer."""
    texts: list[str] = []
    for event in events:
        if isinstance(event, User | Result):
            texts = []
        elif isinstance(event, Say):
            texts.append(event.text)
    return "\n\n".join(texts)
