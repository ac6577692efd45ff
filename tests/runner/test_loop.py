"""The tool loop ends when it should and keeps everything that happened."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Never

import pytest
from promptverdict.core.errors import ContextOverflow, ProviderError, TimeLimitReached
from promptverdict.providers.calls import AS_TEXT
from promptverdict.runner.loop import MAX_PAUSES, run_loop
from promptverdict.runner.users import ScriptedUser
from promptverdict.trials.evidence import Limits, Task
from promptverdict.trials.protocols import Model
from promptverdict.trials.transcript import (
    Answered,
    Block,
    Call,
    End,
    Event,
    Opaque,
    Result,
    Say,
    Transcript,
    Usage,
    User,
    final_text,
)

from tests.cases import try_cases
from tests.fakes import EchoTools, ScriptedModel


def task(**more: object) -> Task:
    return Task.model_validate(
        {"suite": "s", "scenario": "c", "variant": "v", "message": "Do it", **more}
    )


def run(model: Model, tools: EchoTools | None = None, **more: object) -> Transcript:
    transcript = Transcript()
    asked = task(**more)
    user = ScriptedUser(asked.turns)
    asyncio.run(run_loop(asked, model, tools or EchoTools(), user, transcript))
    return transcript


class Stops:
    """Gives its answers in order, each with the word it stopped with."""

    def __init__(self, *answers: tuple[str, Sequence[Block]]) -> None:
        self._answers = list(answers)

    async def answer(self, events: tuple[Event, ...]) -> tuple[tuple[Block, ...], Answered]:
        stop, blocks = self._answers.pop(0)
        return tuple(blocks), Answered(model="scripted", stop=stop, stop_reason=stop)


def call(id_: str) -> Call:
    return Call(id=id_, tool="Bash", args={"command": id_})


def test_an_answer_without_calls_ends_the_trial() -> None:
    events = run(ScriptedModel([Say(text="Done.")])).events
    assert [type(event) for event in events] == [User, Say, Answered, End]
    assert events[-1] == End(reason="done")


def test_the_calls_of_one_answer_are_carried_out_in_their_order() -> None:
    tools = EchoTools()
    run(ScriptedModel([call("a"), call("b")], [Say(text="ok")]), tools)
    assert [seen.id for seen in tools.seen] == ["a", "b"]


def test_a_later_user_turn_is_said_after_an_answer_without_calls() -> None:
    model = ScriptedModel([Say(text="first")], [call("a")], [Say(text="second")])
    events = run(model, turns=["And now?"]).events
    assert [event.text for event in events if isinstance(event, User)] == ["Do it", "And now?"]
    assert final_text(events) == "second"


def test_the_turn_limit_is_an_ending_and_not_a_fault() -> None:
    model = ScriptedModel([call("a")], [call("b")], [call("c")])
    events = run(model, limits=Limits(turns=2)).events
    assert events[-1] == End(reason="limit", detail="turns")
    assert sum(isinstance(event, Answered) for event in events) == 2


def test_the_call_limit_ends_the_trial_before_the_next_call() -> None:
    events = run(ScriptedModel([call("a"), call("b")]), limits=Limits(calls=1)).events
    assert events[-1] == End(reason="limit", detail="calls")
    assert sum(isinstance(event, Result) for event in events) == 1


def test_a_cut_answer_ends_the_trial_and_its_calls_are_not_carried_out() -> None:
    tools = EchoTools()
    events = run(ScriptedModel([call("a")], stop="length"), tools).events
    assert events[-1] == End(reason="length")
    assert not tools.seen


def test_a_refusal_is_the_agents_outcome() -> None:
    events = run(ScriptedModel([], stop="refusal")).events
    assert events[-1] == End(reason="refusal")


def test_a_pause_is_asked_to_go_on_at_once_and_before_a_later_turn() -> None:
    search = Opaque(block={"type": "server_tool_use"})
    model = Stops(("pause", [search]), ("done", [Say(text="Found.")]), ("done", [Say(text="Yes.")]))
    events = run(model, turns=["Sure?"]).events
    assert [type(event) for event in events] == [
        *(User, Opaque, Answered, Say, Answered),
        *(User, Say, Answered, End),
    ]
    assert events[-1] == End(reason="done")


def test_the_calls_of_a_paused_answer_are_carried_out() -> None:
    tools = EchoTools()
    run(Stops(("pause", [call("a")]), ("done", [])), tools)
    assert [seen.id for seen in tools.seen] == ["a"]


def test_a_model_that_only_pauses_comes_to_a_limit() -> None:
    events = run(Stops(*[("pause", [])] * 20)).events
    assert events[-1] == End(reason="limit", detail="pauses")
    assert sum(isinstance(event, Answered) for event in events) == MAX_PAUSES + 1


def test_pauses_that_are_not_in_a_row_come_to_no_limit_of_their_own() -> None:
    pauses = [("pause", [])] * MAX_PAUSES
    events = run(Stops(*pauses, ("calls", [call("a")]), *pauses, ("done", []))).events
    assert events[-1] == End(reason="done")


def test_a_conversation_that_grew_too_long_is_the_agents_outcome_with_the_providers_words() -> None:
    class Filling(ScriptedModel):
        async def answer(self, events: tuple[Event, ...]) -> tuple[tuple[Block, ...], Answered]:
            if len(events) > 1:
                raise ContextOverflow("HTTP 400: 9 > 8", "9 > 8")
            return await super().answer(events)

    events = run(Filling([call("a")])).events
    assert events[-1] == End(reason="overflow", words="9 > 8")


def test_a_first_request_that_does_not_fit_is_no_outcome_of_the_agent() -> None:
    class Full:
        async def answer(self, events: tuple[Event, ...]) -> Never:
            raise ContextOverflow("HTTP 400: 9 > 8", "9 > 8")

    with pytest.raises(ProviderError, match="refused as too long for the model: 9 > 8"):
        run(Full())


def test_another_fault_of_the_provider_is_raised() -> None:
    class Broken:
        async def answer(self, events: tuple[Event, ...]) -> Never:
            raise ProviderError("no")

    with pytest.raises(ProviderError):
        run(Broken())


def test_a_call_that_cannot_be_read_is_answered_with_the_reason_and_not_carried_out() -> None:
    tools = EchoTools()
    odd = Call(id="b", tool="Bash", args={}, unreadable="This is no JSON.")
    events = run(ScriptedModel([call("a"), odd], [Say(text="ok")]), tools).events
    assert [seen.id for seen in tools.seen] == ["a"]
    results = [event for event in events if isinstance(event, Result)]
    assert results[1] == Result(call="b", text="This is no JSON.", error=True)


def test_a_call_that_cannot_be_read_counts_for_the_limit() -> None:
    odd = Call(id="b", tool="Bash", args={}, unreadable="This is no JSON.")
    events = run(ScriptedModel(*[[odd]] * 3), limits=Limits(calls=2)).events
    assert events[-1] == End(reason="limit", detail="calls")


def spending(*tokens: int | None, stop: str = "calls") -> Model:
    """Answer with calls that take so many tokens each."""

    class Spending:
        def __init__(self) -> None:
            self._left = list(tokens)

        async def answer(self, events: tuple[Event, ...]) -> tuple[tuple[Block, ...], Answered]:
            usage = Usage(output=self._left.pop(0))
            return (call("a"),), Answered(model="m", stop=stop, stop_reason=stop, usage=usage)

    return Spending()


def test_the_limit_of_output_tokens_is_the_agents_outcome() -> None:
    events = run(spending(60, 40, 1), limits=Limits(output_tokens=100)).events
    assert events[-1] == End(reason="limit", detail="output_tokens")
    assert sum(isinstance(event, Result) for event in events) == 2


@try_cases(("tokens", "reason"), [(100, "limit"), (None, "limit"), (99, "length")])
def test_an_answer_that_is_cut_at_the_limit_of_tokens_ends_by_the_limit(
    tokens: int | None, reason: str
) -> None:
    events = run(spending(tokens, stop="length"), limits=Limits(output_tokens=100)).events
    assert events[-1].reason == reason  # type: ignore[union-attr]


def test_a_limit_of_time_is_the_agents_outcome_once_there_is_an_answer() -> None:
    class Late(EchoTools):
        async def run(self, call: Call) -> Never:
            raise TimeLimitReached("no time left")

    events = run(ScriptedModel([call("a")]), Late()).events
    assert events[-1] == End(reason="limit", detail="seconds")

    class Slow:
        async def answer(self, events: tuple[Event, ...]) -> Never:
            raise TimeLimitReached("5 seconds are used up")

    with pytest.raises(ProviderError, match="no answer came in time: 5 seconds"):
        run(Slow())


@try_cases(
    ("text", "tools", "noted"),
    [
        ("<tool_call>{}</tool_call>", (), True),
        ('```json\n{"name": "Bash", "arguments": {}}\n```', ("Bash",), True),
        ('{"name": "Bash", "arguments": {}}', (), False),
        ("Done.", ("Bash",), False),
    ],
)
def test_a_call_as_text_is_noted_where_the_answer_ends(
    text: str, tools: tuple[str, ...], noted: bool
) -> None:
    transcript, asked = Transcript(), task(tools=tools)
    model = ScriptedModel([Say(text=text)])
    asyncio.run(run_loop(asked, model, EchoTools(), ScriptedUser(()), transcript))
    (answered,) = [event for event in transcript.events if isinstance(event, Answered)]
    assert answered.notices == ((AS_TEXT,) if noted else ())


def test_a_call_beside_real_ones_is_not_noted() -> None:
    events = run(ScriptedModel([Say(text="<tool_call>"), call("a")], [])).events
    assert all(not event.notices for event in events if isinstance(event, Answered))


def test_one_id_in_two_answers_is_no_fault() -> None:
    events = run(ScriptedModel([call("a")], [call("a")], [])).events
    assert events[-1] == End(reason="done")


def test_a_word_of_the_provider_that_is_not_known_is_an_ending() -> None:
    events = run(Stops(("of_tomorrow", [call("a")]))).events
    assert events[-1] == End(reason="of_tomorrow", detail="of_tomorrow")
