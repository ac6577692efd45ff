"""Whole trials of the Messages API: its odd answers are recorded and replayed as they were."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import Any

import httpx2
import pytest
from promptverdict.providers.throttle import Patience, Throttle
from promptverdict.recording.files import open_sealed
from promptverdict.runner.cells import Cell
from promptverdict.runner.readback import read_evidence
from promptverdict.runner.trial import run_trial
from promptverdict.runner.world.base import RunContext
from promptverdict.sandbox import Sandbox, open_sandbox
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.transcript import Answered, Call, End, Result, Say

from tests.fakes import SCENARIO
from tests.providers.anthropic.test_answer import WHOLE, sse, start, stop, text, use
from tests.providers.anthropic.test_api import reply
from tests.runner.test_trial import scenario_of, variant

Answer = Callable[[dict[str, Any]], httpx2.Response]


@pytest.fixture(scope="module")
def sandbox() -> Sandbox:
    return open_sandbox("none")


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "key")


def cell_of(root: Path, scenario: str = SCENARIO, **parameters: Any) -> Cell:
    return Cell(scenario_of(root, scenario), variant(), "anthropic/claude-x", parameters)


def record(cell: Cell, sandbox: Sandbox, *answers: httpx2.Response) -> TrialRecord:
    left = list(answers)

    def network() -> httpx2.AsyncBaseTransport:
        return httpx2.MockTransport(lambda _: left.pop(0))

    session = RunContext(lambda: sandbox, network, throttle=Throttle(Patience(retries=0)))
    return asyncio.run(run_trial(cell.get_trial(0), session, None))


def replayed(cell: Cell, sandbox: Sandbox, recorded: TrialRecord) -> None:
    """Replay a recording and read it back, and compare both with what happened live."""

    def network() -> httpx2.AsyncBaseTransport:
        raise AssertionError("a replay asked for the network")

    sealed = open_sealed(cell.get_trial(0).location)
    record = asyncio.run(run_trial(cell.get_trial(0), RunContext(lambda: sandbox, network), sealed))
    assert record.fault is None
    assert record.evidence == recorded.evidence
    assert read_evidence(cell, sealed) == recorded.evidence


def plain(*blocks: dict[str, Any], **more: Any) -> httpx2.Response:
    return httpx2.Response(200, json=reply(*blocks, **more))


def streamed(*events: dict[str, Any]) -> httpx2.Response:
    headers = {"content-type": "text/event-stream; charset=utf-8"}
    return httpx2.Response(200, content=sse(*events), headers=headers)


def ending(record: TrialRecord) -> End:
    assert record.fault is None, record.fault
    end = record.evidence.events[-1]
    assert isinstance(end, End)
    return end


def test_streamed_answers_are_stored_to_be_read_and_replay_as_they_were(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    cell = cell_of(tmp_path, stream=True)
    last = [start(), *text(0, "So ", "it is."), *stop()]
    recorded = record(cell, sandbox, streamed(*WHOLE), streamed(*last))
    assert ending(recorded) == End(reason="done")
    replayed(cell, sandbox, recorded)
    stored = [line.strip() for line in cell.get_trial(0).location.http.read_text().splitlines()]
    assert {*sse(*last).decode().splitlines()} <= {*stored}
    begun = [line for line in stored if line.lstrip("-'\" ").startswith("event: ")]
    assert len(begun) == len([*WHOLE, *last])


def test_a_prompt_that_is_too_long_is_an_outcome_that_is_recorded(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    cell = cell_of(tmp_path)
    told = {"type": "invalid_request_error", "message": "prompt is too long: 2 tokens > 1 maximum"}
    refused = httpx2.Response(400, json={"type": "error", "error": told})
    use_ = {"type": "tool_use", "id": "t", "name": "Bash", "input": {"command": "echo hi"}}
    recorded = record(cell, sandbox, plain(use_, stop_reason="tool_use"), refused)
    assert ending(recorded) == End(reason="overflow", words=told["message"])
    assert sum(isinstance(event, Answered) for event in recorded.evidence.events) == 1
    replayed(cell, sandbox, recorded)


def test_a_first_prompt_that_is_too_long_is_a_fault_and_no_outcome(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    cell = cell_of(tmp_path)
    told = {"type": "invalid_request_error", "message": "prompt is too long: 2 tokens > 1 maximum"}
    recorded = record(cell, sandbox, httpx2.Response(400, json={"type": "error", "error": told}))
    assert recorded.fault is not None
    assert recorded.fault.kind == "ProviderError"
    assert told["message"] in recorded.fault.message
    assert not cell.get_trial(0).location.http.exists()


def test_another_refusal_stays_a_fault_and_is_not_recorded(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    cell = cell_of(tmp_path)
    told = {"type": "invalid_request_error", "message": "messages: at least one is required"}
    recorded = record(cell, sandbox, httpx2.Response(400, json={"type": "error", "error": told}))
    assert recorded.fault is not None
    assert recorded.fault.kind == "ProviderError"
    assert not cell.get_trial(0).location.http.exists()


def test_a_call_that_cannot_be_read_is_answered_and_the_conversation_goes_on(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    cell = cell_of(tmp_path, stream=True)
    recorded = record(
        cell,
        sandbox,
        streamed(
            start(),
            *use(0, '{"command": "ls'),
            *use(1, '{"command": "echo hi"}', id_="toolu_2"),
            *stop("tool_use"),
        ),
        streamed(start(), *text(0, "I see."), *stop()),
    )
    assert ending(recorded) == End(reason="done")
    results = [event for event in recorded.evidence.events if isinstance(event, Result)]
    assert [(one.call, one.error) for one in results] == [("toolu_1", True), ("toolu_2", False)]
    assert "not a JSON object" in results[0].text
    replayed(cell, sandbox, recorded)


def test_a_pause_is_followed_by_the_answer_so_far(tmp_path: Path, sandbox: Sandbox) -> None:
    cell = cell_of(tmp_path)
    search = {"type": "server_tool_use", "id": "srvtoolu_1", "name": "web_search", "input": {}}
    recorded = record(
        cell,
        sandbox,
        plain(search, stop_reason="pause_turn"),
        plain({"type": "text", "text": "Found."}),
    )
    assert ending(recorded) == End(reason="done")
    replayed(cell, sandbox, recorded)
    assert "srvtoolu_1" in cell.get_trial(0).location.http.read_text()


def test_an_empty_answer_before_a_later_turn_does_not_end_the_conversation(
    tmp_path: Path, sandbox: Sandbox
) -> None:
    cell = cell_of(tmp_path, SCENARIO + "turns: [And now?]\n")
    recorded = record(
        cell, sandbox, plain({"type": "text", "text": ""}), plain({"type": "text", "text": "Yes."})
    )
    assert ending(recorded) == End(reason="done")
    said = [event.text for event in recorded.evidence.events if isinstance(event, Say)]
    assert said == ["", "Yes."]
    replayed(cell, sandbox, recorded)


@pytest.mark.parametrize(
    ("word", "reason"),
    [
        ("max_tokens", "length"),
        ("model_context_window_exceeded", "overflow"),
        ("refusal", "refusal"),
    ],
)
def test_an_answer_that_was_not_finished_ends_the_trial_and_its_calls_are_not_carried_out(
    tmp_path: Path, sandbox: Sandbox, word: str, reason: str
) -> None:
    cell = cell_of(tmp_path, stream=True)
    events = (start(), *use(0, "{}"), *use(1, '{"command": "rm -r', id_="toolu_2"), *stop(word))
    recorded = record(cell, sandbox, streamed(*events))
    assert ending(recorded) == End(reason=reason, detail=word)
    assert sum(isinstance(event, Call) for event in recorded.evidence.events) == 2
    assert not any(isinstance(event, Result) for event in recorded.evidence.events)
    replayed(cell, sandbox, recorded)


@pytest.mark.parametrize(
    "events", [(start(), *text(0, "Hi")), (start(), *text(0, "Hi"), stop()[0])]
)
def test_a_stream_that_ends_early_is_a_fault_and_leaves_no_recording(
    tmp_path: Path, sandbox: Sandbox, events: tuple[dict[str, Any], ...]
) -> None:
    cell = cell_of(tmp_path, stream=True)
    recorded = record(cell, sandbox, streamed(*events))
    assert recorded.fault is not None
    assert "ended early" in recorded.fault.message
    assert not cell.get_trial(0).location.http.exists()
