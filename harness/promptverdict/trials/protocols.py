"""The seams of the tool loop: who answers, who does what the answer asks for, who speaks next."""

from __future__ import annotations

from typing import Protocol

from promptverdict.trials.transcript import Answered, Block, Call, Event, Result


class Model(Protocol):
    """Something that continues a conversation: a provider's API, or a script in a test."""

    async def answer(self, events: tuple[Event, ...]) -> tuple[tuple[Block, ...], Answered]:
        """Return the next answer to the conversation so far.

        Raises ProviderError when none can be had.
        """
        ...


class UserTurns(Protocol):
    """Who speaks for the user after the first message."""

    async def reply(self, events: tuple[Event, ...]) -> tuple[Event, ...]:
        """Return what happens after an answer without calls; without a User event, nobody speaks.

        Raises ProviderError when a simulated user cannot be asked.
        """
        ...


class Tools(Protocol):
    """Where calls are carried out: a live workspace, or a recording of one."""

    async def run(self, call: Call) -> Result:
        """Carry out one call; whatever the agent did wrong is a result that says so."""
        ...
