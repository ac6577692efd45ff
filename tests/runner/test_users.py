"""Later user turns: what is said when, by a script and by a model that plays the user."""

from __future__ import annotations

import asyncio

import pytest
from promptverdict.core.errors import ProviderError
from promptverdict.runner.users import PlayedUser, ScriptedUser, mirror, write_instructions
from promptverdict.trials.evidence import Reply, SimulatedUser
from promptverdict.trials.protocols import UserTurns
from promptverdict.trials.transcript import (
    Answered,
    Block,
    Call,
    Event,
    Result,
    Say,
    Simulated,
    Usage,
    User,
)
from pydantic import ValidationError

from tests.cases import try_cases
from tests.fakes import ScriptedModel

DONE = Answered(model="m", stop="done")


class Listening(ScriptedModel):
    """Keeps what it was shown."""

    seen: tuple[Event, ...] = ()

    async def answer(self, events: tuple[Event, ...]) -> tuple[tuple[Block, ...], Answered]:
        self.seen = events
        return await super().answer(events)


def conversation(*said: str) -> tuple[Event, ...]:
    """A task, and then the agent and the user in turn."""
    events: list[Event] = [User(text="the task")]
    for place, text in enumerate(said):
        events += [User(text=text)] if place % 2 else [Say(text=text), DONE]
    return tuple(events)


def reply(user: UserTurns, *said: str) -> list[str]:
    events = asyncio.run(user.reply(conversation(*said)))
    return [event.text for event in events if isinstance(event, User)]


def played(model: ScriptedModel, most: int = 3, *turns: str | Reply) -> PlayedUser:
    return PlayedUser(ScriptedUser(turns), model, most)


def test_turns_are_said_in_their_order_each_once() -> None:
    user = ScriptedUser(["one", "two"])
    assert [reply(user, "x"), reply(user, "x"), reply(user, "x")] == [["one"], ["two"], []]


def test_a_reply_waits_for_an_answer_that_is_about_it() -> None:
    user = ScriptedUser([Reply(when=r"which (database|store)\?", say="Postgres."), "Go on."])
    assert reply(user, "I start.") == ["Go on."]
    assert reply(user, "Which DATABASE?") == ["Postgres."]
    assert reply(user, "Which database?") == []


def test_the_first_that_fits_is_said_and_the_others_wait() -> None:
    user = ScriptedUser([Reply(when="b", say="B"), Reply(when="a", say="A")])
    assert [reply(user, "ab"), reply(user, "ab"), reply(user, "ab")] == [["B"], ["A"], []]


def test_only_the_last_answer_counts() -> None:
    user = ScriptedUser([Reply(when="database", say="Postgres.")])
    assert reply(user, "Which database?", "wait", "Done.") == []


def test_a_pattern_that_is_none_is_refused() -> None:
    with pytest.raises(ValidationError, match="regular expression"):
        Reply(when="(", say="x")


def test_a_played_user_speaks_once_the_script_has_nothing_to_say() -> None:
    user = played(ScriptedModel([Say(text="More, please.")]), 3, "scripted")
    assert reply(user, "x") == ["scripted"]
    assert reply(user, "x") == ["More, please."]


@try_cases("word", ["FINISHED", " FINISHED.\n"])
def test_a_played_user_that_is_finished_says_nothing_and_what_it_took_is_kept(word: str) -> None:
    events = asyncio.run(played(ScriptedModel([Say(text=word)])).reply(conversation("x")))
    assert events == (Simulated(model="scripted", usage=Usage()),)


def test_a_played_user_says_no_more_than_it_may() -> None:
    user = played(ScriptedModel([Say(text="a")], [Say(text="b")]), 1)
    assert reply(user, "x") == ["a"]
    assert reply(user, "x") == []


@try_cases(("said", "stop"), [("", None), ("I will not", "refusal"), ("a", "length")])
def test_an_answer_that_is_no_users_turn_is_a_fault(said: str, stop: str | None) -> None:
    blocks = [Say(text=said)] if said else []
    with pytest.raises(ProviderError, match="the simulated user's answer cannot be used"):
        reply(played(ScriptedModel(blocks, stop=stop)), "x")


def test_a_played_user_sees_the_words_and_none_of_the_work() -> None:
    model = Listening([Say(text="ok")])
    work = (Call(id="c", tool="Bash", args={}), DONE, Result(call="c", text="secret"))
    events = (User(text="the task"), Say(text="I look."), *work, Say(text="Here."), DONE)
    asyncio.run(played(model).reply(events))
    assert model.seen == (User(text="You began with:\n\nthe task\n\nThe assistant said:\n\nHere."),)


def test_the_conversation_is_mirrored() -> None:
    first, own, meant, last = mirror(conversation("one?", "two", "three!"))
    assert first == User(text="You began with:\n\nthe task\n\nThe assistant said:\n\none?")
    assert (own, meant) == (Say(text="two"), Answered(model="", stop="done"))
    assert last == User(text="three!")


def test_an_agent_that_said_nothing_is_heard_saying_so() -> None:
    (only,) = mirror((User(text="t"), DONE))
    assert isinstance(only, User)
    assert only.text.endswith("(The assistant said nothing.)")


def test_the_instructions_are_frozen() -> None:
    text = write_instructions(SimulatedUser(instructions="You are Ann."))
    assert text.startswith("You play a person who talks to an assistant; you are not the assistant")
    assert "\n\nYou are Ann.\n\n" in text
    assert text.endswith("write FINISHED and nothing else.")
