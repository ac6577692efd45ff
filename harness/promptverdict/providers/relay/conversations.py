"""Which request belongs to which conversation, who has taken it, and when it is over.

A state machine without input or output. It belongs to one thread (the server's event loop), which
is why taking is atomic; `clock` gives seconds, `notice` hears every event as (id, turn, word).
A conversation is asked -> (taken) -> answered -> asked ... and finished from any of these; `lost`
is a taken one whose client is gone: finished for everyone, unless that client asks again at once.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import Any, Literal

from promptverdict.core.errors import InputError, Problem
from promptverdict.providers.relay.apis import RelayApi
from promptverdict.providers.relay.canonical import (
    Blocks,
    View,
    count_answered,
    has_calls,
    hash_conversation,
)

_ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"

Finished = Literal["finished"]


@dataclass(frozen=True)
class Patience:
    """How long a conversation waits for its client, in seconds."""

    follow_up: float = 3.0
    """For the next request after the connection of the last one was closed."""
    after_end: float = 15.0
    """For something more from the user after an answer without calls."""


@dataclass(eq=False)
class Turn:
    """One request and, once given, its answer."""

    conversation: str
    number: int
    """Answers of the assistant in the request, plus one."""
    api: RelayApi
    carrier: int
    """The connection that the request came by."""
    body: dict[str, Any]
    """The request in the relay's form."""
    fresh: int
    """Index of the first message that is new to whoever answered before."""
    asked: float
    shown: bool = False
    reply: dict[str, Any] | None = None
    """The body of the answer."""


@dataclass(eq=False)
class _Conversation:
    id: str
    tag: str
    turn: Turn
    state: Literal["asked", "answered", "lost"] = "asked"
    taken: bool = False
    expects: str = ""
    """Key that the next request begins with, once answered."""
    deadline: float | None = None


@dataclass(eq=False)
class Conversations:
    """All conversations of one relay."""

    clock: Callable[[], float]
    notice: Callable[[str, int, str], None]
    patience: Patience = Patience()
    _open: dict[str, _Conversation] = field(default_factory=dict)
    _over: set[str] = field(default_factory=set)

    def ask(self, api: RelayApi, body: dict[str, Any], carrier: int) -> Turn:
        """Put a request where it belongs; its answer will be in the turn's `reply`."""
        messages = body["messages"]
        known = count_answered(messages)
        begins = hash_conversation(body, messages[:known])
        follows = [
            one
            for one in self._open.values()
            if known and one.state == "answered" and one.expects == begins
        ]
        if follows:
            # Answers without calls hold no id: equal conversations are told apart by connection.
            one = min(follows, key=lambda one: one.turn.carrier != carrier)
            return self._asked(one, api, body, carrier, fresh=known)
        whole = hash_conversation(body, messages)
        for one in self._open.values():
            if (
                one.state == "lost"
                and hash_conversation(one.turn.body, one.turn.body["messages"]) == whole
            ):
                return self._asked(one, api, body, carrier, fresh=one.turn.fresh)
        turn = Turn("", 0, api, carrier, body, fresh=0, asked=0.0)
        one = _Conversation(self._new_id(), _random(6), turn)
        self._open[one.id] = one
        return self._asked(one, api, body, carrier, fresh=0)

    def take(self) -> View | None:
        """Hand the oldest conversation that nobody has taken to the caller, and to no one else."""
        for one in self._open.values():
            if one.state == "asked" and not one.taken:
                one.taken = True
                return self._show(one, whole=True)
        return None

    def look(self, id_: str) -> View | Finished | None:
        """Show the turn of a conversation that waits for an answer; None while there is none.

        Whoever looks at a conversation that nobody has taken takes it. Raises InputError when
        there is no such conversation.
        """
        one = self._find(id_)
        if one is None:
            return "finished"
        if one.state == "answered":
            return None
        first, one.taken = not one.taken, True
        return self._show(one, whole=first)

    def answerable(self, id_: str) -> Turn | Finished:
        """Give the turn that an answer would be for.

        Raises InputError when there is none, or its answerer has not seen it.
        """
        one = self._find(id_)
        if one is None:
            return "finished"
        if one.state == "answered" or not one.turn.shown:
            found = "is answered" if one.state == "answered" else "was not taken yet"
            raise InputError(
                [
                    Problem(
                        f"conversation {id_}",
                        f"turn {one.turn.number} {found}; nothing was delivered",
                        f"Call `promptverdict relay take {id_}`: it shows the turn to answer.",
                    )
                ]
            )
        return one.turn

    def answer(self, turn: Turn, content: Blocks, operator: str) -> None:
        """Answer a turn that `answerable` gave, in the words of its API."""
        one = self._open[turn.conversation]
        content = turn.api.prepare_answer(content)
        turn.reply = turn.api.build_reply(turn.body, content, operator, self.clock() - turn.asked)
        one.state = "answered"
        told = {"role": "assistant", "content": content}
        one.expects = hash_conversation(turn.body, [*turn.body["messages"], told])
        one.deadline = None if has_calls(content) else self.clock() + self.patience.after_end
        self._tell(one, "answered")

    def hang_up(self, carrier: int) -> None:
        """Note that a client closed a connection."""
        for one in self._carried(carrier):
            limit = self.clock() + self.patience.follow_up
            if one.state == "answered":
                one.deadline = min(limit, one.deadline or limit)
            elif one.state == "asked" and one.taken:
                one.state, one.deadline = "lost", limit
            elif one.state == "asked":
                self._finish(one)

    def sweep(self) -> None:
        """Finish what has waited for its client long enough."""
        now = self.clock()
        for one in list(self._open.values()):
            if one.deadline is not None and one.deadline <= now:
                self._finish(one)

    def _asked(
        self, one: _Conversation, api: RelayApi, body: dict[str, Any], carrier: int, fresh: int
    ) -> Turn:
        number = sum(message["role"] == "assistant" for message in body["messages"]) + 1
        one.turn = Turn(one.id, number, api, carrier, body, fresh, self.clock())
        one.state, one.deadline = "asked", None
        self._tell(one, "asked")
        return one.turn

    def _show(self, one: _Conversation, *, whole: bool) -> View:
        body = one.turn.body
        if not one.turn.shown:
            one.turn.shown = True
            self._tell(one, "taken")
        return View(
            conversation=one.id,
            turn=one.turn.number,
            tag=one.tag,
            whole=whole,
            fresh=one.turn.fresh,
            system=body.get("system"),
            tools=tuple(body.get("tools") or ()),
            tool_choice=body.get("tool_choice"),
            messages=tuple(body["messages"]),
        )

    def _find(self, id_: str) -> _Conversation | None:
        """Find an open conversation; one that is lost is told to be finished, and so it is."""
        one = self._open.get(id_)
        if one is not None and one.state == "lost":
            self._finish(one)
            return None
        if one is None and id_ not in self._over:
            cure = "Call `promptverdict relay take` without an id: it hands out a conversation."
            raise InputError([Problem(f"conversation {id_}", "the relay knows no such", cure)])
        return one

    def _finish(self, one: _Conversation) -> None:
        del self._open[one.id]
        self._over.add(one.id)
        self._tell(one, "finished")

    def _tell(self, one: _Conversation, event: str) -> None:
        self.notice(one.id, one.turn.number, event)

    def _carried(self, carrier: int) -> Iterable[_Conversation]:
        return [one for one in self._open.values() if one.turn.carrier == carrier]

    def _new_id(self) -> str:
        while (id_ := _random(4)) in self._open or id_ in self._over:
            pass
        return id_


def _random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
