"""Which request belongs to which conversation, who has taken it, and when it is over.

A state machine without input or output. It belongs to one thread (the server's event loop), which
is why taking is atomic; `clock` gives seconds, `notice` hears every event as (id, turn, word).
A conversation is asked -> (taken) -> answered -> asked ... and over from any of these: finished
after an answer without calls, and else abandoned by its client. `lost` is a taken one whose client
is gone: over for everyone, unless that client asks again at once. Whoever answers reads `finished`
of either.
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
    was_shown: bool = False
    reply: dict[str, Any] | None = None
    """The body of the answer."""


@dataclass(eq=False)
class _Conversation:
    id: str
    tag: str
    turn: Turn
    state: Literal["asked", "answered", "lost"] = "asked"
    taken: bool = False
    has_end: bool = False
    """Whether its last answer leaves nothing for the client to come back with."""
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
            talk
            for talk in self._open.values()
            if known and talk.state == "answered" and talk.expects == begins
        ]
        if follows:
            # Answers without calls hold no id: equal conversations are told apart by connection.
            talk = min(follows, key=lambda talk: talk.turn.carrier != carrier)
            return self._add_turn(talk, api, body, carrier, fresh=known)
        whole = hash_conversation(body, messages)
        for talk in self._open.values():
            if (
                talk.state == "lost"
                and hash_conversation(talk.turn.body, talk.turn.body["messages"]) == whole
            ):
                return self._add_turn(talk, api, body, carrier, fresh=talk.turn.fresh)
        turn = Turn("", 0, api, carrier, body, fresh=0, asked=0.0)
        talk = _Conversation(self._make_id(), _make_random(6), turn)
        self._open[talk.id] = talk
        return self._add_turn(talk, api, body, carrier, fresh=0)

    def take(self) -> View | None:
        """Hand the oldest conversation that nobody has taken to the caller, and to no one else."""
        for talk in self._open.values():
            if talk.state == "asked" and not talk.taken:
                talk.taken = True
                return self._build_view(talk, whole=True)
        return None

    def look(self, id_: str) -> View | Finished | None:
        """Show the turn of a conversation that waits for an answer; None while there is none.

        Whoever looks at a conversation that nobody has taken takes it. Raises InputError when
        there is no such conversation.
        """
        talk = self._find(id_)
        if talk is None:
            return "finished"
        if talk.state == "answered":
            return None
        first, talk.taken = not talk.taken, True
        return self._build_view(talk, whole=first)

    def find_answerable(self, id_: str) -> Turn | Finished:
        """Return the turn that an answer would be for.

        Raises InputError when there is none, or its answerer has not seen it.
        """
        talk = self._find(id_)
        if talk is None:
            return "finished"
        if talk.state == "answered" or not talk.turn.was_shown:
            found = "is answered" if talk.state == "answered" else "was not taken yet"
            raise InputError(
                [
                    Problem(
                        f"conversation {id_}",
                        f"turn {talk.turn.number} {found}; nothing was delivered",
                        f"Call `promptverdict relay take {id_}`: it shows the turn to answer.",
                    )
                ]
            )
        return talk.turn

    def answer(self, turn: Turn, content: Blocks, operator: str) -> None:
        """Answer a turn that `find_answerable` gave, in the words of its API."""
        talk = self._open[turn.conversation]
        content = turn.api.prepare_answer(content)
        turn.reply = turn.api.build_reply(turn.body, content, operator, self.clock() - turn.asked)
        talk.state = "answered"
        answer = {"role": "assistant", "content": content}
        talk.expects = hash_conversation(turn.body, [*turn.body["messages"], answer])
        # A client that was asked to carry out calls comes back however long they take. After any
        # other answer it may be done, and an SDK keeps its connection open all the same.
        talk.has_end = not has_calls(content)
        talk.deadline = self.clock() + self.patience.after_end if talk.has_end else None
        self._notify(talk, "answered")

    def note_hang_up(self, carrier: int) -> None:
        """Note that a client closed a connection."""
        for talk in self._list_carried(carrier):
            limit = self.clock() + self.patience.follow_up
            if talk.state == "answered":
                talk.deadline = min(limit, talk.deadline or limit)
            elif talk.state == "asked" and talk.taken:
                # An SDK that lost its connection sends the same request again at once.
                talk.state, talk.deadline = "lost", limit
            elif talk.state == "asked":
                self._finish(talk)

    def sweep(self) -> None:
        """Finish what has waited for its client long enough."""
        now = self.clock()
        for talk in list(self._open.values()):
            if talk.deadline is not None and talk.deadline <= now:
                self._finish(talk)

    def _add_turn(
        self, talk: _Conversation, api: RelayApi, body: dict[str, Any], carrier: int, fresh: int
    ) -> Turn:
        number = sum(message["role"] == "assistant" for message in body["messages"]) + 1
        talk.turn = Turn(talk.id, number, api, carrier, body, fresh, self.clock())
        talk.state, talk.deadline = "asked", None
        self._notify(talk, "asked")
        return talk.turn

    def _build_view(self, talk: _Conversation, *, whole: bool) -> View:
        body = talk.turn.body
        if not talk.turn.was_shown:
            talk.turn.was_shown = True
            self._notify(talk, "taken")
        return View(
            conversation=talk.id,
            turn=talk.turn.number,
            tag=talk.tag,
            whole=whole,
            fresh=talk.turn.fresh,
            system=body.get("system"),
            tools=tuple(body.get("tools") or ()),
            tool_choice=body.get("tool_choice"),
            messages=tuple(body["messages"]),
        )

    def _find(self, id_: str) -> _Conversation | None:
        """Find an open conversation; one that is lost is told to be finished, and so it is."""
        talk = self._open.get(id_)
        if talk is not None and talk.state == "lost":
            self._finish(talk)
            return None
        if talk is None and id_ not in self._over:
            cure = "Call `promptverdict relay take` without an id: it hands out a conversation."
            raise InputError([Problem(f"conversation {id_}", "the relay knows no such", cure)])
        return talk

    def _finish(self, talk: _Conversation) -> None:
        del self._open[talk.id]
        self._over.add(talk.id)
        event = "abandoned"
        if talk.state == "answered":
            event = "finished" if talk.has_end else "not continued"
        self._notify(talk, event)

    def _notify(self, talk: _Conversation, event: str) -> None:
        self.notice(talk.id, talk.turn.number, event)

    def _list_carried(self, carrier: int) -> Iterable[_Conversation]:
        return [talk for talk in self._open.values() if talk.turn.carrier == carrier]

    def _make_id(self) -> str:
        while (id_ := _make_random(4)) in self._open or id_ in self._over:
            pass
        return id_


def _make_random(length: int) -> str:
    return "".join(secrets.choice(_ALPHABET) for _ in range(length))
