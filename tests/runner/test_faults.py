"""What the table of a provider's faults (tests/tables/api_faults.py) does not say of them."""

from __future__ import annotations

import asyncio
import socket
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from promptverdict.providers.throttle import Throttle
from promptverdict.runner.cells import Cell
from promptverdict.runner.decisions import decide
from promptverdict.runner.runner import Runner
from promptverdict.runner.trial import run_trial
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.transcript import Result

from tests.fakes import say
from tests.faulty import (
    FlyingTime,
    Reply,
    error,
    faulty,
    message,
    stream_of,
    streamed,
    throttle,
)
from tests.runner.test_trial import scenario_of, variant
from tests.tables.api import MODEL, PATIENCE, conduct, list_recording, open_session, reply_in_order
from tests.tables.api_faults import BUSY, CALL, Messages, list_faults, list_messages_faults

FAULTS = list_faults(Messages()) | list_messages_faults()
GOOD = message(say("Hi."))


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-none")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")


def test_tokens_that_were_not_told_cost_an_unknown_sum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs = {}
    for name in ("NaN tokens", "no usage", "an unknown stop"):
        root = tmp_path / name.replace(" ", "-")
        costs[name] = conduct(root, FAULTS[name])[1].cost
    assert costs["NaN tokens"] is None
    assert costs["no usage"] is None
    assert costs["an unknown stop"] is not None


@pytest.mark.parametrize("name", ["an unreadable input", "an unknown tool"])
def test_the_model_is_told_what_is_wrong_with_its_call(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, record, server = conduct(tmp_path, FAULTS[name])
    (result,) = [event for event in record.evidence.events if isinstance(event, Result)]
    assert result.error
    assert server.requests[1]["messages"][2]["content"][0]["is_error"] is True


def test_a_block_of_a_new_type_is_sent_back_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, server = conduct(tmp_path, FAULTS["an unknown part"])
    assert server.requests[1]["messages"][1]["content"][0] == {"type": "new", "odd": [1]}


def test_a_call_that_was_cut_is_not_carried_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, record, _ = conduct(tmp_path, FAULTS["cut inside a call"])
    assert not [event for event in record.evidence.events if isinstance(event, Result)]
    assert "it" not in record.evidence.final_tree()


def test_a_server_whose_certificate_is_not_trusted_is_asked_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = Cell(scenario_of(tmp_path), variant(), MODEL)
    with faulty(reply_in_order([GOOD]), tls=True) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        time = FlyingTime()
        record = asyncio.run(run_trial(cell.get_trial(0), open_session(throttle(time)), None))
    assert record.fault is not None
    assert "cannot be asked: ConnectError: " in record.fault.message
    assert len(record.fault.message.splitlines()) == 1
    assert (time.slept, server.requests, list_recording(cell)) == ([], [], [])


@pytest.mark.parametrize("cure", [True, False])
def test_who_cannot_be_reached_is_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, *, cure: bool
) -> None:
    resolve, asked = socket.getaddrinfo, []

    def lookup(host: Any, *more: Any, **options: Any) -> Any:
        asked.append(host)
        if len(asked) < 3 or not cure:
            raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")
        return resolve("127.0.0.1", *more, **options)

    cell = Cell(scenario_of(tmp_path), variant(), MODEL)
    with faulty(reply_in_order([GOOD])) as server:
        url = server.url.replace("127.0.0.1", "api.example.invalid")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        monkeypatch.setattr(socket, "getaddrinfo", lookup)
        shared = throttle(FlyingTime(), PATIENCE)
        record = asyncio.run(run_trial(cell.get_trial(0), open_session(shared), None))
    assert (len(asked), len(server.requests)) == ((3, 1) if cure else (4, 0))
    assert (record.fault is None) is cure
    assert len(list_recording(cell)) == (2 if cure else 0)


def test_who_refuses_connections_is_asked_again_and_then_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = Cell(scenario_of(tmp_path), variant(), MODEL)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        time = FlyingTime()
        record = asyncio.run(
            run_trial(cell.get_trial(0), open_session(throttle(time, PATIENCE)), None)
        )
    assert record.fault is not None
    assert f"{url} fails: no answer after 4 requests" in record.fault.message
    assert (len(time.slept), list_recording(cell)) == (3, [])


def test_no_relay_is_told_at_once(tmp_path: Path) -> None:
    cell = Cell(scenario_of(tmp_path), variant(), "relay/claude")
    time = FlyingTime()
    nobody = replace(open_session(throttle(time)), relay="http://127.0.0.1:1")
    record = asyncio.run(run_trial(cell.get_trial(0), nobody, None))
    assert record.fault is not None
    assert record.fault.message.startswith("no relay answers at http://127.0.0.1:1")
    assert time.slept == []


def at_once(
    root: Path, number: int, shared: Throttle, concurrency: int | None = None
) -> tuple[list[Cell], list[TrialRecord]]:
    """Record so many trials together, each of a variant of its own."""
    scenario = scenario_of(root)
    cells = [
        Cell(scenario, variant(f"v{n}").model_copy(update={"prompt": f"You are {n}."}), MODEL)
        for n in range(number)
    ]
    kept: list[TrialRecord] = []

    def keep(record: TrialRecord) -> TrialRecord:
        kept.append(record)
        return record

    runner = Runner(open_session(shared), concurrency or number, keep)
    try:
        futures = [runner.submit(decide(cell.get_trial(0), "once")) for cell in cells]
        records = [future.result(timeout=120) for future in futures]
    finally:
        runner.close()
    assert sorted(one.key for one in kept) == sorted(cell.get_trial(0).key for cell in cells)
    return cells, records


STORM = [
    error("rate_limit_error", "Slow down", 429),
    error("rate_limit_error", "Slow down", 429, retry_after="7"),
    error("overloaded_error", status=529),
    error("api_error", status=500),
    Reply(end="reset", silent=True),
    replace(GOOD, end="reset"),
    replace(GOOD, end="short"),
    streamed(*stream_of("Hi.")[:3], BUSY),
]


def stormy(times: int, body: dict[str, Any]) -> Reply:
    """Fail a fifth of all requests, chosen by what they ask, and then answer."""
    turn = len(body["messages"]) // 2
    chosen = int(body["system"].removeprefix("You are ").removesuffix(".")) + turn
    if chosen % 5 == 0 and times < 1 + chosen % 3:
        return STORM[(chosen // 5 + times) % len(STORM)]
    word = body["system"]
    answers = [message({**CALL, "input": {"command": f"echo '{word}'"}}), message(say(word))]
    return answers[turn]


@pytest.mark.e2e
def test_fifty_trials_in_a_storm_all_end_well_and_whole(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with faulty(stormy) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        cells, records = at_once(tmp_path, 50, throttle(FlyingTime()))
    assert [record.fault for record in records] == [None] * 50
    assert len(server.requests) > 100 * 1.2
    asked = [(body["system"], len(body["messages"])) for body in server.requests]
    assert len(set(asked)) == 100
    for cell, record in zip(cells, records, strict=True):
        assert len(list_recording(cell)) == 2
        (result,) = [event for event in record.evidence.events if isinstance(event, Result)]
        assert result.text.strip() == cell.variant.prompt
    _, replayed = at_once(tmp_path, 50, throttle(FlyingTime()))
    assert [(one.fault, one.evidence) for one in replayed] == [
        (None, record.evidence) for record in records
    ]


@pytest.mark.e2e
def test_fifty_trials_that_nobody_lets_in_are_not_hammering_and_can_be_resumed(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with faulty(reply_in_order(FAULTS["429 for ever"].replies)) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        cells, records = at_once(tmp_path, 50, throttle(FlyingTime(), PATIENCE))
        assert {record.fault.kind for record in records if record.fault} == {"RateLimited"}
        assert len(server.requests) == 50 * (1 + PATIENCE.retries)
    assert [list_recording(cell) for cell in cells] == [[]] * 50
    with faulty(reply_in_order([GOOD])) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        _, records = at_once(tmp_path, 50, throttle(FlyingTime()))
    assert [record.fault for record in records] == [None] * 50


def test_a_key_not_accepted_stops_the_run_after_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies = FAULTS["a key not accepted"].replies
    with faulty(reply_in_order(replies)) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        cells, records = at_once(tmp_path, 30, throttle(FlyingTime()), concurrency=1)
    assert len(server.requests) == 1
    faults = [record.fault for record in records if record.fault]
    assert [fault.kind for fault in faults] == ["RefusedByProvider"] * 30
    late = [fault.message for fault in faults if "run was stopped" in fault.message]
    assert len(late) == 29
    assert [len(record.evidence.events) for record in records].count(0) == 29
    assert all(len(told.splitlines()) == 1 and "x-api-key" in told for told in late)
    assert [list_recording(cell) for cell in cells] == [[]] * 30


def test_what_is_recorded_is_replayed_although_the_run_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell, record, _ = conduct(tmp_path, FAULTS["a whole stream"])
    shared = throttle(FlyingTime())
    runner = Runner(open_session(shared), 1, lambda record: record)
    with faulty(reply_in_order(FAULTS["an unknown model"].replies)) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        refused = runner.submit(decide(cell.get_trial(1), "once")).result(timeout=30)
        replayed = runner.submit(decide(cell.get_trial(0), "once")).result(timeout=30)
        runner.close()
    assert refused.fault is not None
    assert replayed.fault is None
    assert replayed.evidence == record.evidence
