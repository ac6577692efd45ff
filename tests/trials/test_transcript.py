"""Calls and their results, told apart by their answer and not by an id alone."""

from __future__ import annotations

from promptverdict.trials.transcript import (
    Answered,
    Call,
    End,
    Event,
    Result,
    Say,
    User,
    pair_calls,
)


def call(name: str) -> Call:
    return Call(id=name, tool="Bash", args={})


def result(name: str) -> Result:
    return Result(call=name, text="")


ANSWERED = Answered(model="m", stop="calls")


def test_ids_that_begin_anew_in_each_answer_name_the_calls_of_their_answer() -> None:
    events: list[Event] = [
        User(text="Hi"),
        call("Bash:0"),
        call("Bash:1"),
        ANSWERED,
        result("Bash:0"),
        result("Bash:1"),
        Say(text="Again."),
        call("Bash:0"),
        ANSWERED,
        result("Bash:0"),
        End(reason="done"),
    ]
    assert pair_calls(events) == {4: 1, 5: 2, 9: 7}


def test_a_call_without_a_result_is_not_paired_with_a_later_one() -> None:
    events = [call("a"), call("b"), ANSWERED, result("a"), call("b"), ANSWERED, result("b")]
    assert pair_calls(events) == {3: 0, 6: 4}


def test_calls_of_one_answer_with_one_id_are_answered_in_their_order() -> None:
    assert pair_calls([call("a"), call("a"), ANSWERED, result("a"), result("a")]) == {3: 0, 4: 1}


def test_a_result_of_no_call_is_left_out() -> None:
    assert pair_calls([result("a"), call("b"), ANSWERED, result("c")]) == {}
