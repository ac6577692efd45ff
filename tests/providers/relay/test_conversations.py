"""Which request belongs to which conversation, and when one is over: with a clock of our own."""

from __future__ import annotations

from typing import Any

import pytest
from promptverdict.core.errors import InputError
from promptverdict.providers.relay.apis import APIS
from promptverdict.providers.relay.canonical import View
from promptverdict.providers.relay.conversations import Conversations, Turn

CALL = {"type": "tool_use", "name": "Bash", "input": {"command": "ls"}}
SAY = {"type": "text", "text": "Done."}


class Desk:
    """A state machine with a clock that a test moves."""

    def __init__(self) -> None:
        self.now = 0.0
        self.events: list[str] = []
        self.all = Conversations(lambda: self.now, self._notice)

    def _notice(self, conversation: str, turn: int, event: str) -> None:
        self.events.append(event)

    def ask(self, messages: list[Any], carrier: int = 1, system: str = "Be brief.") -> Turn:
        body = {"model": "relay/x", "system": system, "tools": [], "messages": messages}
        return self.all.ask(APIS["/v1/messages"], body, carrier)

    def answer(self, turn: Turn, *blocks: dict[str, Any]) -> list[Any]:
        """Answer a turn and give the messages that its client goes on with."""
        assert isinstance(self.all.look(turn.conversation), View)
        waiting = self.all.find_answerable(turn.conversation)
        assert waiting is turn
        self.all.answer(turn, list(blocks), "me")
        assert turn.reply
        messages = [*turn.body["messages"], {"role": "assistant", "content": turn.reply["content"]}]
        results = [
            {"type": "tool_result", "tool_use_id": block["id"], "content": "ok"}
            for block in turn.reply["content"]
            if block["type"] == "tool_use"
        ]
        return [*messages, {"role": "user", "content": results or "And then?"}]

    def later(self, seconds: float) -> None:
        self.now += seconds
        self.all.sweep()


@pytest.fixture
def desk() -> Desk:
    return Desk()


def user(text: str = "Hello") -> list[Any]:
    return [{"role": "user", "content": text}]


def test_what_follows_an_answer_is_the_next_turn_of_its_conversation(desk: Desk) -> None:
    first = desk.ask(user())
    second = desk.ask(desk.answer(first, SAY, CALL), carrier=2)
    assert second.conversation == first.conversation
    assert (second.number, second.fresh) == (2, 2)


def test_a_client_may_word_the_same_messages_differently(desk: Desk) -> None:
    first = desk.ask(user())
    messages = desk.answer(first, SAY)
    mark = {"cache_control": {"type": "ephemeral"}}
    messages[0] = {"role": "user", "content": [{"type": "text", "text": "Hello", **mark}]}
    messages[1]["content"][0]["citations"] = None
    assert desk.ask(messages).conversation == first.conversation


@pytest.mark.parametrize("changed", ["system", "first message", "answer"])
def test_a_request_with_another_past_is_a_new_conversation(desk: Desk, changed: str) -> None:
    first = desk.ask(user())
    messages = desk.answer(first, SAY, CALL)
    if changed == "first message":
        messages[0] = user("Hallo")[0]
    if changed == "answer":
        messages[1] = {"role": "assistant", "content": "Done."}
    system = "Be long." if changed == "system" else "Be brief."
    turn = desk.ask(messages, system=system)
    assert turn.conversation != first.conversation
    view = desk.all.take()
    assert isinstance(view, View)
    assert (view.conversation, view.whole, len(view.messages)) == (turn.conversation, True, 3)


def test_equal_first_requests_of_two_live_clients_are_two_conversations(desk: Desk) -> None:
    one, two = desk.ask(user(), 1), desk.ask(user(), 2)
    assert one.conversation != two.conversation
    assert desk.ask(desk.answer(two, CALL), 2).conversation == two.conversation
    assert desk.ask(desk.answer(one, CALL), 1).conversation == one.conversation


def test_equal_conversations_without_calls_are_told_apart_by_connection(desk: Desk) -> None:
    one, two = desk.ask(user(), 1), desk.ask(user(), 2)
    desk.answer(one, SAY)
    after_two = desk.answer(two, SAY)
    assert desk.ask(after_two, 2).conversation == two.conversation


def test_going_on_twice_from_one_answer_makes_a_second_conversation(desk: Desk) -> None:
    first = desk.ask(user())
    messages = desk.answer(first, CALL)
    assert desk.ask(messages).conversation == first.conversation
    assert desk.ask(messages, 2).conversation != first.conversation


def test_a_client_that_lost_its_connection_may_ask_the_same_again(desk: Desk) -> None:
    turn = desk.ask(user(), 1)
    view = desk.all.take()
    desk.all.note_hang_up(1)
    again = desk.ask(user(), 2)
    assert view
    assert again.conversation == turn.conversation == view.conversation
    assert desk.all.take() is None
    desk.answer(again, SAY)
    assert turn.reply is None


def test_a_conversation_is_finished_once_its_answerer_was_told_so(desk: Desk) -> None:
    turn = desk.ask(user(), 1)
    desk.all.take()
    desk.all.note_hang_up(1)
    assert desk.all.look(turn.conversation) == "finished"
    assert desk.ask(user(), 2).conversation != turn.conversation
    assert desk.all.find_answerable(turn.conversation) == "finished"


def test_a_conversation_whose_client_left_is_never_handed_out(desk: Desk) -> None:
    turn = desk.ask(user(), 1)
    desk.all.note_hang_up(1)
    assert desk.all.take() is None
    assert desk.all.look(turn.conversation) == "finished"
    assert desk.events == ["asked", "abandoned"]


def test_a_conversation_ends_by_an_answer_without_calls_or_is_not_continued_or_abandoned(
    desk: Desk,
) -> None:
    for blocks, after in (([SAY], "finished"), ([CALL], "not continued"), ([], "abandoned")):
        turn = desk.ask(user(), 1)
        if blocks:
            desk.answer(turn, *blocks)
        else:
            desk.all.take()
        desk.all.note_hang_up(1)
        desk.later(100)
        assert desk.all.look(turn.conversation) == "finished"
        assert desk.events[-1] == after, blocks


def test_a_closed_connection_finishes_a_conversation_after_three_seconds(desk: Desk) -> None:
    turn = desk.ask(user(), 1)
    messages = desk.answer(turn, CALL)
    desk.later(100)
    desk.all.note_hang_up(1)
    desk.later(2.9)
    assert desk.all.look(turn.conversation) is None
    second = desk.ask(messages, 2)
    desk.later(100)
    desk.answer(second, CALL)
    desk.all.note_hang_up(1)
    desk.later(100)
    assert desk.all.look(turn.conversation) is None
    desk.all.note_hang_up(2)
    desk.later(3.1)
    assert desk.all.look(turn.conversation) == "finished"


def test_an_answer_without_calls_finishes_a_conversation_after_fifteen_seconds(desk: Desk) -> None:
    turn = desk.ask(user(), 1)
    messages = desk.answer(turn, SAY)
    desk.later(14.9)
    second = desk.ask(messages, 1)
    assert second.conversation == turn.conversation
    desk.answer(second, SAY)
    desk.later(15.1)
    assert desk.all.look(turn.conversation) == "finished"


def test_the_oldest_conversation_is_handed_out_first(desk: Desk) -> None:
    turns = [desk.ask(user(str(number))) for number in range(3)]
    views = [desk.all.take() for _ in range(4)]
    ids = [view.conversation if view else None for view in views]
    assert ids == [*(turn.conversation for turn in turns), None]


def test_only_a_turn_that_was_shown_can_be_answered(desk: Desk) -> None:
    turn = desk.ask(user())
    with pytest.raises(InputError, match="was not taken yet"):
        desk.all.find_answerable(turn.conversation)
    messages = desk.answer(turn, CALL)
    with pytest.raises(InputError, match="turn 1 is answered"):
        desk.all.find_answerable(turn.conversation)
    desk.ask(messages)
    with pytest.raises(InputError, match="turn 2 was not taken yet"):
        desk.all.find_answerable(turn.conversation)


def test_an_unknown_conversation_is_an_error_and_not_finished(desk: Desk) -> None:
    with pytest.raises(InputError, match="the relay knows no such"):
        desk.all.look("zzzz")
