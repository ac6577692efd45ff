"""Two transcripts are alike as long as they do the same, whatever is said beside it."""

from __future__ import annotations

from promptverdict.report.transcript.alignment import count_shared_turns, split_turns
from promptverdict.trials.transcript import Answered, Call, End, Event, Opaque, Result, Say, User

START = User(text="Do it")


def answer(words: str, *commands: str) -> tuple[Event, ...]:
    calls = [
        Call(id=f"{words}{place}", tool="Bash", args={"command": one})
        for place, one in enumerate(commands)
    ]
    results = [Result(call=one.id, text="x") for one in calls]
    said = (Say(text=words),) if words else ()
    return (*said, *calls, Answered(model="m", stop="calls" if calls else "done"), *results)


def test_results_belong_to_the_turn_that_asked_for_them() -> None:
    events = (START, *answer("I look.", "ls", "cat a"), *answer("Done."), End(reason="done"))
    turns = split_turns(events)
    assert [(turn.first, turn.after) for turn in turns] == [(0, 1), (1, 7), (7, 9), (9, 10)]
    assert [turn.summary for turn in turns] == [
        "says: Do it",
        "Bash ls, then Bash cat a",
        "says: Done.",
        "ends: done",
    ]


def test_no_event_is_lost_where_a_trial_broke_off() -> None:
    events = (START, Opaque(block={"type": "thinking"}), *answer("", "ls")[:1])
    assert [(turn.first, turn.after) for turn in split_turns(events)] == [(0, 1), (1, 3)]


def test_turns_that_call_the_same_are_alike_whatever_is_said() -> None:
    left = split_turns((START, *answer("Let me see.", "ls"), *answer("", "pytest")))
    right = split_turns((START, *answer("First, a look.", "ls"), *answer("", "rm a")))
    assert count_shared_turns(left, right) == 2


def test_turns_without_calls_are_alike_only_word_for_word() -> None:
    left = split_turns((START, *answer("Done.")))
    assert count_shared_turns(left, split_turns((START, *answer("Done.")))) == 2
    assert count_shared_turns(left, split_turns((START, *answer("Done!")))) == 1


def test_a_transcript_that_goes_on_parts_where_the_other_ended() -> None:
    short = split_turns((START, *answer("", "ls")))
    assert count_shared_turns(short, split_turns((START, *answer("", "ls"), *answer("More.")))) == 2
    assert count_shared_turns((), short) == 0


def test_a_long_command_is_told_in_one_short_line() -> None:
    (_, turn) = split_turns((START, *answer("", "echo a\n" * 100)))
    assert len(turn.summary) <= 80
    assert turn.summary.startswith("Bash echo a echo a")
    assert turn.summary.endswith("…")
