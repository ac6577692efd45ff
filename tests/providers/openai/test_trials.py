"""Whole trials of OpenAI's two APIs: parallel calls, reasoning and streams replay as they were."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from promptverdict.recording.files import open_sealed
from promptverdict.runner.cells import Cell
from promptverdict.runner.readback import read_evidence
from promptverdict.runner.trial import run_trial
from promptverdict.runner.world.base import RunContext
from promptverdict.sandbox import Sandbox, open_sandbox
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.transcript import Answered, Call, End, Opaque, Result, Say

from tests.runner.test_trial import scenario_of, variant

Body = dict[str, Any]

CALLS = [
    ("c1", "Write", {"file_path": "/workspace/a.txt", "content": "a\n"}),
    ("c2", "Read", {"file_path": "/workspace/a.txt"}),
]
USAGE = {"prompt_tokens": 9, "completion_tokens": 2, "total_tokens": 11}
REASONING = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "zzz"}


def chat(turn: int) -> Body:
    called = [
        {"id": id_, "type": "function", "function": {"name": name, "arguments": json.dumps(args)}}
        for id_, name, args in CALLS
    ]
    first = {"role": "assistant", "content": None, "reasoning_content": "Hm.", "tool_calls": called}
    message = first if turn == 0 else {"role": "assistant", "content": "Done."}
    return {
        "id": "chatcmpl-1",
        "object": "chat.completion",
        "created": 1,
        "model": "gpt-x",
        "choices": [
            {"index": 0, "message": message, "finish_reason": "stop" if turn else "tool_calls"}
        ],
        "usage": USAGE,
    }


def response(turn: int) -> Body:
    called = [
        {"type": "function_call", "id": f"fc_{id_}", "call_id": id_, "name": name}
        | {"arguments": json.dumps(args), "status": "completed"}
        for id_, name, args in CALLS
    ]
    said = {"type": "output_text", "text": "Done.", "annotations": []}
    message = {"type": "message", "id": "msg_1", "role": "assistant", "status": "completed"}
    return {
        "id": "resp_1",
        "object": "response",
        "created_at": 1,
        "status": "completed",
        "model": "gpt-x",
        "output": [{**message, "content": [said]}] if turn else [REASONING, *called],
        "usage": {"input_tokens": 9, "output_tokens": 2, "total_tokens": 11},
    }


def chat_stream(turn: int) -> list[Body]:
    whole = chat(turn)
    (choice,) = whole["choices"]
    delta = dict(choice["message"])
    if "tool_calls" in delta:
        delta["tool_calls"] = [{"index": n, **c} for n, c in enumerate(delta["tool_calls"])]
    chunk = {**whole, "object": "chat.completion.chunk"}
    del chunk["usage"]
    ended = {"index": 0, "delta": {}, "finish_reason": choice["finish_reason"]}
    return [
        {**chunk, "choices": [{"index": 0, "delta": delta, "finish_reason": None}]},
        {**chunk, "choices": [ended]},
        {**chunk, "choices": [], "usage": USAGE},
    ]


def response_stream(turn: int) -> list[Body]:
    begun = {**response(turn), "output": [], "status": "in_progress", "usage": None}
    return [
        {"type": "response.created", "sequence_number": 0, "response": begun},
        {"type": "response.completed", "sequence_number": 1, "response": response(turn)},
    ]


def sse(events: list[Body]) -> httpx2.Response:
    lines = [f"data: {json.dumps(event)}\n\n" for event in events]
    done = ["data: [DONE]\n\n"] if "choices" in events[0] else []
    headers = {"content-type": "text/event-stream"}
    return httpx2.Response(200, content="".join(lines + done).encode(), headers=headers)


APIS: dict[str, tuple[Callable[[int], Body], Callable[[int], list[Body]]]] = {
    "openai-chat/gpt-x": (chat, chat_stream),
    "openai/gpt-x": (response, response_stream),
}


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return open_sandbox("none")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "key")


def conduct(cell: Cell, sandbox: Sandbox, asked: list[Body], *, stream: bool) -> TrialRecord:
    plain, events = APIS[cell.model]

    def answer(request: httpx2.Request) -> httpx2.Response:
        turn = len(asked)
        asked.append(json.loads(request.content))
        return sse(events(turn)) if stream else httpx2.Response(200, json=plain(turn))

    session = RunContext(lambda: sandbox, lambda: httpx2.MockTransport(answer))
    record = asyncio.run(run_trial(cell.get_trial(0), session, None))
    assert record.fault is None
    return record


@pytest.mark.parametrize("stream", [False, True])
@pytest.mark.parametrize("model", APIS)
def test_parallel_calls_and_reasoning_are_recorded_and_replay_as_they_were(
    tmp_path: Path, sandbox: Sandbox, model: str, stream: bool
) -> None:
    parameters = {"stream": True} if stream else {}
    cell, asked = Cell(scenario_of(tmp_path), variant(), model, parameters), list[Body]()
    record = conduct(cell, sandbox, asked, stream=stream)
    events = record.evidence.events
    assert [event.id for event in events if isinstance(event, Call)] == ["c1", "c2"]
    results = [event for event in events if isinstance(event, Result)]
    assert [(one.call, one.error) for one in results] == [("c1", False), ("c2", False)]
    assert any(isinstance(event, Opaque) for event in events)
    assert [event.text for event in events if isinstance(event, Say)] == ["Done."]
    assert events[-1] == End(reason="done")
    assert {e.usage.input for e in events if isinstance(e, Answered)} == {9}
    assert "zzz" in json.dumps(asked[1]) or "Hm." in json.dumps(asked[1])

    def network() -> httpx2.AsyncBaseTransport:
        raise AssertionError("a replay asked for the network")

    sealed = open_sealed(cell.get_trial(0).location)
    replayed = asyncio.run(
        run_trial(cell.get_trial(0), RunContext(lambda: sandbox, network), sealed)
    )
    assert replayed.fault is None
    assert replayed.evidence == record.evidence
    assert read_evidence(cell, sealed) == record.evidence
    assert replayed.provenance is not None
    assert "openai" in replayed.provenance.versions


def test_the_same_conversation_gives_the_same_transcript_on_every_api(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    told = []
    for place, model in enumerate(APIS):
        cell = Cell(scenario_of(tmp_path / str(place)), variant(), model)
        events = conduct(cell, sandbox, [], stream=False).evidence.events
        told.append(
            [
                event.model_copy(update={"raw": None, "seconds": 0.0, "stop_reason": ""})
                for event in events
                if not isinstance(event, Opaque)
            ]
        )
    assert told[0] == told[1]
