"""Who speaks for the user after the first message: a script, then a model where one is named.

A simulated user sees what a user sees: the agent's words, and none of its calls and results. Its
conversation is the agent's in a mirror: what the agent said are the messages it answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from promptverdict.core.errors import ProviderError
from promptverdict.trials.evidence import Reply, SimulatedUser
from promptverdict.trials.protocols import Model
from promptverdict.trials.transcript import (
    Answered,
    Event,
    Result,
    Say,
    Simulated,
    User,
    final_text,
)

FINISHED = "FINISHED"

_RULES = f"""\
You play a person who talks to an assistant; you are not the assistant. Who you are:

{{instructions}}

You are shown what the assistant said to you. Write only what you say next, in your own words, \
as short as people write. Do not do the assistant's work. When you have what you wanted, or \
nothing is left to say, write {FINISHED} and nothing else."""


def write_instructions(user: SimulatedUser) -> str:
    """Write the system prompt of a simulated user. Frozen: a change here makes recordings stale."""
    return _RULES.format(instructions=user.instructions)


class ScriptedUser:
    """Says what the scenario says, each once."""

    def __init__(self, turns: Iterable[str | Reply]) -> None:
        self._left = list(turns)

    async def reply(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        """Return the first turn that fits the agent's answer; nothing where none does."""
        answer = final_text(events)
        for place, turn in enumerate(self._left):
            if isinstance(turn, str) or re.search(turn.when, answer, re.IGNORECASE):
                del self._left[place]
                return (User(text=turn if isinstance(turn, str) else turn.say),)
        return ()


class PlayedUser:
    """A model that plays the user, once a script has nothing more to say."""

    def __init__(self, script: ScriptedUser, model: Model, most: int) -> None:
        self._script, self._model, self._left = script, model, most

    async def reply(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        """Ask the model, and return what it said with the tokens that took.

        Raises ProviderError for an answer that is cut, refused or empty.
        """
        if scripted := await self._script.reply(events):
            return scripted
        if self._left == 0:
            return ()
        self._left -= 1
        blocks, answered = await self._model.answer(tuple(mirror(events)))
        text = "\n\n".join(block.text for block in blocks if isinstance(block, Say)).strip()
        # A user who stammers is a fault of ours, and must not become a finding about the agent.
        if answered.stop != "done" or not text:
            raise ProviderError(
                f"the simulated user's answer cannot be used ({answered.stop or 'empty'})"
            )
        took = Simulated(model=answered.model, usage=answered.usage)
        return (took,) if text.strip(".") == FINISHED else (took, User(text=text))


def mirror(events: Iterable[Event]) -> Iterator[Event]:
    """Turn a conversation around: what the agent said is asked, what the user said is answered."""
    answer: list[str] = []
    opening: str | None = None
    for event in events:
        match event:
            case Result():
                # What an agent says between its calls is not shown to a user, only its last words.
                answer = []
            case Say():
                answer.append(event.text)
            case User() if opening is None:
                opening = f"You began with:\n\n{event.text}\n\nThe assistant said:\n\n"
            case User():
                yield _render_heard(opening or "", answer)
                yield Say(text=event.text)
                yield Answered(model="", stop="done")
                opening, answer = "", []
    yield _render_heard(opening or "", answer)


def _render_heard(opening: str, answer: list[str]) -> User:
    return User(text=opening + ("\n\n".join(answer) or "(The assistant said nothing.)"))
