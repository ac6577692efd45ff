"""The tool loop ends when it should and keeps everything that happened."""

from __future__ import annotations

import asyncio

from harness.evidence import Limits, Task
from harness.loop import run_loop
from harness.transcript import Answered, Call, End, Result, Say, Transcript, User, final_text
from tests.fakes import EchoTools, ScriptedModel


def task(**more: object) -> Task:
    return Task.model_validate(
        {"suite": "s", "scenario": "c", "variant": "v", "message": "Do it", **more}
    )


def run(model: ScriptedModel, tools: EchoTools | None = None, **more: object) -> Transcript:
    transcript = Transcript()
    asyncio.run(run_loop(task(**more), model, tools or EchoTools(), transcript))
    return transcript


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
