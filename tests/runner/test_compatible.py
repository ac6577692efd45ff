"""Services as they are, met on real sockets: what they answer oddly is recorded, and replays alike.

Each reply is one that a public report shows.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import httpx2
import pytest
from promptverdict.providers.calls import AS_TEXT, NO_TEXT
from promptverdict.providers.stops import NOT_NAMED, NOT_TOLD, UNNAMED
from promptverdict.providers.throttle import Patience
from promptverdict.recording.files import open_sealed
from promptverdict.runner.cells import Cell
from promptverdict.runner.readback import read_back
from promptverdict.runner.trial import run_trial
from promptverdict.runner.world.base import RunContext
from promptverdict.sandbox import open_sandbox
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.transcript import Answered, Call, End, Result, Say, User, final_text

from tests.fakes import SCENARIO, open_network
from tests.faulty import FaultServer, FlyingTime, Reply, faulty, throttle
from tests.runner.test_trial import scenario_of, variant

MODEL = "openai-chat/m"
BASH = {"name": "Bash", "arguments": '{"command": "echo hi >> it"}'}


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "any")


def completion(finish: Any = "stop", **message: Any) -> dict[str, Any]:
    choice = {"index": 0, "message": {"role": "assistant", **message}, "finish_reason": finish}
    usage = {"prompt_tokens": 9, "completion_tokens": 10}
    return {"model": "m-1", "choices": [choice], "usage": usage}


def plain(body: dict[str, Any], status: int = 200) -> Reply:
    return Reply(json.dumps(body).encode(), status)


def called(finish: str = "tool_calls", **more: Any) -> Reply:
    return plain(completion(finish, tool_calls=[{"type": "function", "function": BASH, **more}]))


def said(text: str, finish: Any = "stop") -> Reply:
    return plain(completion(finish, content=text))


def conduct(
    root: Path,
    replies: Sequence[Reply],
    monkeypatch: pytest.MonkeyPatch,
    scenario: str = "",
    base: str = "{}/v1",
) -> tuple[Cell, TrialRecord, FaultServer]:
    """Record a trial, and hold its replay and its read-back to what was recorded."""
    cell = Cell(scenario_of(root, SCENARIO + scenario), variant(), MODEL)
    rest = list(replies)
    sandbox = open_sandbox("none")
    with faulty(lambda _times, _body: rest.pop(0) if len(rest) > 1 else rest[0]) as server:
        monkeypatch.setenv("OPENAI_BASE_URL", base.format(server.url))
        shared = throttle(FlyingTime(), Patience(retries=2))
        live = RunContext(lambda: sandbox, open_network, throttle=shared)
        record = asyncio.run(run_trial(cell.get_trial(0), live, None))
    if record.fault is None:
        sealed = open_sealed(cell.get_trial(0).location)
        for _ in range(2):
            replayed = asyncio.run(run_trial(cell.get_trial(0), _offline(), sealed))
            assert replayed.fault is None
            assert replayed.evidence == record.evidence
            assert replayed.notices == record.notices
        again = read_back(cell.get_trial(0), sealed)
        assert (again.fault, again.evidence) == (None, record.evidence)
        assert again.notices == record.notices
    return cell, record, server


def _offline() -> RunContext:
    def unreachable() -> httpx2.AsyncBaseTransport:
        raise AssertionError("a replay asked for the network")

    return RunContext(lambda: open_sandbox("none"), unreachable)


def end(record: TrialRecord) -> End:
    assert record.fault is None, record.fault
    last = record.evidence.events[-1]
    assert isinstance(last, End)
    return last


@pytest.mark.parametrize("finish", ["tool_use", "function_call", "other", "stop", "of_tomorrow"])
def test_calls_are_carried_out_and_later_turns_said_whatever_the_ends_are_called(
    finish: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies = [called(finish, id="c"), said("One.", "eos_token"), said("Two.", finish)]
    _, record, _ = conduct(tmp_path, replies, monkeypatch, "turns: [And now?]\n")
    events = record.evidence.events
    assert end(record) == End(reason="done")
    assert sum(isinstance(event, Result) for event in events) == 1
    assert [event.text for event in events if isinstance(event, User)][1:] == ["And now?"]
    assert final_text(events) == "Two."


@pytest.mark.parametrize("ids", [["Bash:0", "Bash:0"], [None, None], ["", ""]])
def test_ids_that_begin_anew_or_are_missing_are_no_fault(
    ids: list[str | None], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies = [*(called(id=id_) for id_ in ids), said("Done.")]
    _, record, server = conduct(tmp_path, replies, monkeypatch)
    assert end(record) == End(reason="done")
    assert sum(isinstance(event, Result) for event in record.evidence.events) == 2
    sent = server.requests[-1]["messages"]
    for call, result in zip(sent[2::2], sent[3::2], strict=True):
        assert call["tool_calls"][0]["id"] == result["tool_call_id"]
        assert result["tool_call_id"]


def test_thinking_in_the_text_is_no_part_of_the_answer_and_goes_back_as_it_came(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    thought = "<think>I could not install it.</think>\n\n"
    replies = [said(f"{thought}Done."), said("Yes.")]
    _, record, server = conduct(tmp_path, replies, monkeypatch, "turns: [Sure?]\n")
    words = [event.text for event in record.evidence.events if isinstance(event, Say)]
    assert words == ["Done.", "Yes."]
    assert server.requests[1]["messages"][2]["content"] == f"{thought}Done."


def test_a_stream_that_never_says_why_it_stops_is_whole_and_noted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chunks = [
        {"model": "m", "choices": [{"index": 0, "delta": {"content": text}}]} for text in "Hi"
    ]
    content = "".join(f"data: {json.dumps(chunk)}\n\n" for chunk in chunks) + "data: [DONE]\n\n"
    _, record, _ = conduct(tmp_path, [Reply(content.encode())], monkeypatch)
    assert end(record) == End(reason="done")
    assert record.notices == (NOT_TOLD,)


def test_a_call_as_text_is_noted_with_the_trial(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    text = "```json\n" + json.dumps({"name": "Bash", "arguments": {}}) + "\n```"
    _, record, _ = conduct(tmp_path, [said(text)], monkeypatch)
    assert end(record) == End(reason="done")
    assert record.notices == (AS_TEXT,)
    (answered,) = [event for event in record.evidence.events if isinstance(event, Answered)]
    assert answered.notices == (AS_TEXT,)


@pytest.mark.parametrize("given", [{}, {"model": None}, {"model": ["m"]}, {"model": " "}])
def test_a_model_that_is_not_named_is_noted_with_the_trial(
    given: dict[str, Any], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    body = {key: value for key, value in completion(content="Hi.").items() if key != "model"}
    _, record, _ = conduct(tmp_path, [plain(body | given)], monkeypatch)
    (answered,) = [event for event in record.evidence.events if isinstance(event, Answered)]
    assert (answered.model, record.notices) == (UNNAMED, (NOT_NAMED,))


@pytest.mark.parametrize("content", [None, ""])
def test_an_answer_that_is_all_reasoning_is_noted_with_the_trial(
    content: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    thought = plain(completion(content=content, reasoning_content="It is 7."))
    _, record, _ = conduct(tmp_path, [thought], monkeypatch)
    assert end(record) == End(reason="done")
    assert record.notices == (NO_TEXT,)


def test_the_call_of_a_custom_tool_is_answered_and_the_conversation_goes_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    custom = {"id": "c", "type": "custom", "custom": {"name": "Bash", "input": "ls"}}
    replies = [plain(completion("tool_calls", tool_calls=[custom])), said("Well.")]
    _, record, server = conduct(tmp_path, replies, monkeypatch)
    (result,) = [event for event in record.evidence.events if isinstance(event, Result)]
    assert result.error
    assert "There is no custom tool Bash" in result.text
    assert server.requests[1]["messages"][2]["tool_calls"] == [custom]


def test_a_call_without_arguments_is_carried_out_with_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    bare = {"id": "c", "type": "function", "function": {"name": "Bash"}}
    replies = [plain(completion("tool_calls", tool_calls=[bare])), said("Well.")]
    _, record, server = conduct(tmp_path, replies, monkeypatch)
    (call,) = [event for event in record.evidence.events if isinstance(event, Call)]
    assert (call.args, call.unreadable) == ({}, None)
    sent = server.requests[1]["messages"][2]["tool_calls"][0]
    assert sent["function"]["arguments"] == "{}"


def test_a_model_named_by_its_files_path_is_recorded_by_the_files_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", "/home/ada")
    body = completion(content="Hi.") | {"model": "/home/ada/models/qwen.gguf"}
    cell, record, _ = conduct(tmp_path, [plain(body)], monkeypatch)
    assert record.provenance is not None
    assert record.provenance.answered == "qwen.gguf"
    assert "/home/ada" not in cell.get_trial(0).location.http.read_text()


@pytest.mark.parametrize("base", ["{}/openai/v1?api-version=preview", "{}/openai/v1/?x=1&y=ab"])
def test_an_address_with_a_query_is_recorded_and_replays_without_it(
    base: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell, record, server = conduct(tmp_path, [called(id="c"), said("Hi.")], monkeypatch, base=base)
    assert end(record) == End(reason="done")
    query = base.partition("?")[2]
    assert server.paths == [f"/openai/v1/chat/completions?{query}"] * 2
    monkeypatch.delenv("OPENAI_BASE_URL")
    monkeypatch.delenv("OPENAI_API_KEY")
    sealed = open_sealed(cell.get_trial(0).location)
    assert asyncio.run(run_trial(cell.get_trial(0), _offline(), sealed)).fault is None


def test_tokens_of_a_trial_can_be_limited_and_each_request_asks_for_what_is_left(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    limited = "limits: {output_tokens: 25}\n"
    _, record, server = conduct(tmp_path, [called(id="c")], monkeypatch, limited)
    assert end(record) == End(reason="limit", detail="output_tokens")
    asked = [request["max_completion_tokens"] for request in server.requests]
    assert asked == [25, 15, 5]


def test_an_answer_that_its_trials_limit_cuts_is_the_agents_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies = [said("And so on", "length")]
    _, record, _ = conduct(tmp_path, replies, monkeypatch, "limits: {output_tokens: 10}\n")
    assert end(record) == End(reason="limit", detail="output_tokens")


def test_a_limit_that_is_not_set_changes_no_digest(tmp_path: Path) -> None:
    def digest(text: str) -> dict[str, str]:
        return Cell(scenario_of(tmp_path, SCENARIO + text), variant(), MODEL).digest

    assert digest("limits: {turns: 40}\n") == digest("")
    assert digest("limits: {seconds: 9}\n")["limits"] != digest("")["limits"]


def test_time_that_runs_out_while_an_answer_is_awaited_is_the_agents_limit(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stalled = Reply(end="stall", silent=True)
    replies = [called(id="c"), stalled]
    _, record, server = conduct(tmp_path, replies, monkeypatch, "limits: {seconds: 1}\n")
    assert end(record) == End(reason="limit", detail="seconds")
    assert sum(isinstance(event, Result) for event in record.evidence.events) == 1
    assert len(server.requests) == 2


def test_time_that_runs_out_in_a_call_ends_the_trial_before_the_next(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sleep = {"name": "Bash", "arguments": '{"command": "sleep 1"}'}
    calls = [{"id": id_, "type": "function", "function": sleep} for id_ in "ab"]
    replies = [plain(completion("tool_calls", tool_calls=calls)), said("Never.")]
    _, record, server = conduct(tmp_path, replies, monkeypatch, "limits: {seconds: 0.9}\n")
    assert end(record) == End(reason="limit", detail="seconds")
    assert sum(isinstance(event, Result) for event in record.evidence.events) == 1
    assert len(server.requests) == 1


def test_without_any_answer_time_that_runs_out_is_a_fault(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stalled = Reply(end="stall", silent=True)
    _, record, _ = conduct(tmp_path, [stalled], monkeypatch, "limits: {seconds: 0.3}\n")
    assert record.fault is not None
    assert "no answer came in time" in record.fault.message


def test_what_a_provider_lets_wait_is_not_counted(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy = plain({"error": {"message": "Busy"}}, 503)
    replies = [busy, busy, said("Hi.")]
    _, record, _ = conduct(tmp_path, replies, monkeypatch, "limits: {seconds: 5}\n")
    assert end(record) == End(reason="done")
