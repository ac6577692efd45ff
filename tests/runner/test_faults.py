"""What a provider can do wrong, met by real SDKs on real sockets: each fault has one outcome.

A fault that passes is not seen in the record, and one that stays is told; either way a recording is
whole or is not there.
"""

from __future__ import annotations

import asyncio
import json
import socket
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from email.utils import format_datetime
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from promptverdict.providers.throttle import Patience, Throttle
from promptverdict.recording.files import open_sealed
from promptverdict.runner.cells import Cell
from promptverdict.runner.decisions import decide
from promptverdict.runner.runner import Runner
from promptverdict.runner.trial import run_trial
from promptverdict.runner.world.base import RunContext
from promptverdict.sandbox import open_sandbox
from promptverdict.trials.prices import Price
from promptverdict.trials.record import TrialRecord
from promptverdict.trials.transcript import End, Result

from tests.fakes import say, use
from tests.faulty import (
    FaultServer,
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

MODEL = "anthropic/claude-x"
GOOD = message(say("Hi."))
CALL = use("Bash", "toolu_1", command="echo done > it")
PRICES = {MODEL: Price(as_of=date(2026, 1, 1), input=3, output=15)}


@dataclass(frozen=True)
class Fault:
    """Replies in order, the last for ever, and what becomes of the trial that gets them."""

    replies: Sequence[Reply]
    requests: int
    kind: str | None = None
    """The record's fault; None where the trial ends well and is recorded."""
    told: str = ""
    end: str = "done"
    patience: float = 60.0
    """Seconds for one answer: short where what never comes must be waited for."""


def passing(reply: Reply, good: Reply = GOOD) -> Fault:
    """A fault that is gone when the request is made again."""
    patience = 2.0 if reply.end in ("stall", "ping") else 60.0
    return Fault([reply, good], 2, patience=patience)


def staying(reply: Reply, told: str, kind: str = "ProviderError") -> Fault:
    """A fault that asking again does not cure, and that is not asked again."""
    return Fault([reply], 1, kind, told)


def limited(**headers: str) -> Reply:
    return error("rate_limit_error", "Slow down", 429, **headers)


def deep() -> bytes:
    return b'{"type": "message", "content": ' + b"[" * 100_000 + b"]" * 100_000 + b"}"


SOON = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
UNCUT = streamed(*stream_of("Hi."))
BUSY = {"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}
FAULTS = {
    "429 with seconds": passing(limited(retry_after="20")),
    "429 with a date": passing(limited(retry_after=SOON)),
    "429 with a day": Fault([limited(retry_after="86400")], 2, "RateLimited", "rate limited by"),
    "429 for ever": Fault([limited()], 4, "RateLimited", "HTTP 429: Slow down"),
    "429 without a wait": passing(limited()),
    "529": passing(error("overloaded_error", status=529)),
    "529 for ever": Fault([error("overloaded_error", status=529)], 4, "ProviderError", "HTTP 529"),
    **{str(s): passing(error("api_error", status=s)) for s in (500, 502, 503, 504, 408, 409)},
    "no answer in time": passing(Reply(end="stall", silent=True)),
    "reset before the headers": passing(Reply(end="reset", silent=True)),
    "reset amid the body": passing(replace(GOOD, end="reset")),
    "closed amid the body": passing(replace(GOOD, end="short")),
    "stalled amid the body": passing(replace(GOOD, end="stall")),
    "reset amid the stream": passing(replace(UNCUT, end="reset")),
    "an error in the stream": passing(streamed(*stream_of("Hi.")[:3], BUSY)),
    "a stream without its stop": passing(streamed(*stream_of("Hi.")[:-1])),
    "a stream of pings": passing(replace(streamed(*stream_of("Hi.")[:3]), end="ping")),
    "a whole stream": Fault([UNCUT], 1),
    "truncated JSON": staying(Reply(GOOD.body[:60]), "not a message"),
    "HTML with 200": staying(Reply(b"<html>Log in</html>"), "<html>Log in</html>"),
    "an empty body": staying(Reply(), "not a message"),
    "deep JSON": staying(Reply(deep()), "not a message"),
    "a body too long": staying(Reply(b" " * (33 * 2**20)), "longer than"),
    "NaN tokens": Fault(
        [message(say("Hi."), usage={"input_tokens": float("nan"), "output_tokens": 5})], 1
    ),
    "no usage": Fault([message(say("Hi."), usage=None)], 1),
    "an unreadable input": Fault([message({**CALL, "input": "oops"}), GOOD], 2),
    "an unknown tool": Fault([message(use("Nope", "toolu_1")), GOOD], 2),
    "an unknown block": Fault([message({"type": "new", "odd": [1]}, CALL), GOOD], 2),
    "two calls with one id": Fault([message(CALL, CALL), GOOD], 2),
    "cut inside a call": Fault([message(CALL, stop_reason="max_tokens")], 1, end="length"),
    "a refusal": Fault([message(say("No."), stop_reason="refusal")], 1, end="refusal"),
    "too long a first prompt": staying(
        error("invalid_request_error", "prompt is too long: 9 tokens > 8", 400), "9 tokens > 8"
    ),
    "too long a prompt": Fault(
        [
            message(CALL),
            error("invalid_request_error", "prompt is too long: 9 tokens > 8", 400),
        ],
        2,
        end="overflow",
    ),
    "a limit too high": staying(
        error("invalid_request_error", "max_tokens: 32000 > 8192, the maximum", 400),
        "max_tokens = 4096",
        "RefusedByProvider",
    ),
    "a full context": Fault(
        [message(say("H"), stop_reason="model_context_window_exceeded")], 1, end="overflow"
    ),
    "a pause": Fault([message(say("So"), stop_reason="pause_turn"), GOOD], 2),
    "pauses for ever": Fault([message(say("So"), stop_reason="pause_turn")], 11, end="limit"),
    "an unknown stop": Fault([message(say("H"), stop_reason="new_reason")], 1),
    "a wrong request": staying(error("invalid_request_error", "messages: wrong", 400), "wrong"),
    "a key not accepted": staying(
        error("authentication_error", "invalid x-api-key", 401), "x-api-key", "RefusedByProvider"
    ),
    "a key not allowed": staying(error("permission_error", "No", 403), "No", "RefusedByProvider"),
    "no credit": staying(
        error("invalid_request_error", "Your credit balance is too low", 400),
        "there is no credit",
        "RefusedByProvider",
    ),
    "an unknown model": staying(
        error("not_found_error", "model: claude-x", 404), "model: claude-x", "RefusedByProvider"
    ),
}

PATIENCE = Patience(retries=3)


@pytest.fixture(autouse=True)
def _key(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "sk-none")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-none")


def session(shared: Throttle) -> RunContext:
    sandbox, trusted = open_sandbox("none"), httpx2.create_ssl_context()
    network = partial(httpx2.AsyncHTTPTransport, verify=trusted)
    return RunContext(lambda: sandbox, network, prices=PRICES, throttle=shared)


def in_order(replies: Sequence[Reply]) -> Callable[[int, dict[str, Any]], Reply]:
    rest = list(replies)
    return lambda _times, _body: rest.pop(0) if len(rest) > 1 else rest[0]


def conduct(
    root: Path, fault: Fault, monkeypatch: pytest.MonkeyPatch, model: str = MODEL
) -> tuple[Cell, TrialRecord, FaultServer]:
    cell = Cell(scenario_of(root), variant(), model)
    with faulty(in_order(fault.replies)) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        monkeypatch.setenv("OPENAI_BASE_URL", f"{server.url}/v1")
        shared = throttle(FlyingTime(), replace(PATIENCE, answer=fault.patience))
        record = asyncio.run(run_trial(cell.get_trial(0), session(shared), None))
    return cell, record, server


def recording(cell: Cell, number: int = 0) -> list[Path]:
    place = cell.get_trial(number).location
    return [path for path in (place.http, place.world) if path.exists()]


@pytest.mark.parametrize("name", FAULTS)
def test_each_fault_has_its_outcome(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fault = FAULTS[name]
    cell, record, server = conduct(tmp_path, fault, monkeypatch)
    assert (record.fault.kind if record.fault else None) == fault.kind, record.fault
    assert len(server.requests) == fault.requests
    if record.fault:
        assert fault.told in record.fault.message
        assert len(record.fault.message.splitlines()) <= 3
        assert recording(cell) == []
        return
    assert record.evidence.events[-1].reason == fault.end  # type: ignore[union-attr]
    assert len(recording(cell)) == 2
    nothing = RunContext(lambda: open_sandbox("none"), _no_network, prices=PRICES)
    replayed = asyncio.run(
        run_trial(cell.get_trial(0), nothing, open_sealed(cell.get_trial(0).location))
    )
    assert replayed.fault is None
    assert replayed.evidence == record.evidence


def _no_network() -> httpx2.AsyncBaseTransport:
    raise AssertionError("a replay asked for the network")


def responses(status: str, **more: Any) -> dict[str, Any]:
    said = {"type": "output_text", "text": "Hi.", "annotations": []}
    item = {"type": "message", "id": "msg_1", "role": "assistant", "content": [said]}
    body = {"id": "resp_1", "object": "response", "model": "gpt-x", "status": status}
    return body | {"output": [item], "usage": {"input_tokens": 9, "output_tokens": 1}} | more


def completion(reason: str | None, part: str = "message") -> dict[str, Any]:
    choice = {"index": 0, part: {"role": "assistant", "content": "Hi."}, "finish_reason": reason}
    usage = {"prompt_tokens": 9, "completion_tokens": 1}
    return {"id": "c", "object": "chat.completion", "choices": [choice], "usage": usage}


def plain(body: dict[str, Any], status: int = 200) -> Reply:
    return Reply(json.dumps(body).encode(), status)


FAILED = {"code": "server_error", "message": "Sorry"}
OPENAI = {
    "openai/gpt-x": (
        plain(responses("completed")),
        [
            streamed({"type": "response.created", "response": responses("in_progress")}),
            streamed({"type": "error", **FAILED}),
            plain(responses("failed", error=FAILED)),
        ],
    ),
    "openai-chat/gpt-x": (
        plain(completion("stop")),
        [streamed(completion(None, "delta")), plain({"error": FAILED})],
    ),
}


FUNCTION = {"name": "Bash", "arguments": '{"command": "ls"}'}
CALLED = {
    "openai/gpt-x": responses(
        "completed", output=[{"type": "function_call", "call_id": "c", **FUNCTION}]
    ),
    "openai-chat/gpt-x": completion("stop")
    | {"choices": [{"message": {"tool_calls": [{"function": FUNCTION}]}, "finish_reason": "x"}]},
}


@pytest.mark.parametrize("model", OPENAI)
def test_other_apis_are_asked_again_alike(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    good, broken = OPENAI[model]
    busy = plain({"error": {"type": "tokens", "code": "rate_limit_exceeded"}}, 429)
    cut = [Reply(end="reset", silent=True), replace(good, end="reset"), replace(good, end="short")]
    for number, reply in enumerate([busy, plain({}, 503), *cut, *broken]):
        root = tmp_path / str(number)
        cell, record, server = conduct(root, passing(reply, good), monkeypatch, model)
        assert (record.fault, len(server.requests), len(recording(cell))) == (None, 2, 2)


@pytest.mark.parametrize("model", OPENAI)
def test_other_apis_refuse_the_run_alike(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quota = plain({"error": {"code": "insufficient_quota", "message": "Check your plan"}}, 429)
    for reply in (quota, plain({"error": {"message": "Incorrect API key"}}, 401)):
        fault = Fault([reply], 1)
        cell, record, server = conduct(tmp_path, fault, monkeypatch, model)
        assert record.fault is not None
        assert record.fault.kind == "RefusedByProvider"
        assert (len(server.requests), recording(cell)) == (1, [])


@pytest.mark.parametrize("model", OPENAI)
def test_other_apis_say_alike_that_a_prompt_is_too_long(
    model: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    long = plain({"error": {"code": "context_length_exceeded", "message": "Too long"}}, 400)
    cell, record, _ = conduct(tmp_path / "first", Fault([long], 1), monkeypatch, model)
    assert record.fault is not None
    assert "Too long" in record.fault.message
    assert recording(cell) == []
    called = plain(CALLED[model])
    cell, record, _ = conduct(tmp_path / "later", Fault([called, long], 2), monkeypatch, model)
    assert record.fault is None
    assert record.evidence.events[-1] == End(reason="overflow", words="Too long")
    assert len(recording(cell)) == 2


def test_tokens_that_were_not_told_cost_an_unknown_sum(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    costs = {}
    for name in ("NaN tokens", "no usage", "an unknown stop"):
        root = tmp_path / name.replace(" ", "-")
        costs[name] = conduct(root, FAULTS[name], monkeypatch)[1].cost
    assert costs["NaN tokens"] is None
    assert costs["no usage"] is None
    assert costs["an unknown stop"] is not None


@pytest.mark.parametrize("name", ["an unreadable input", "an unknown tool"])
def test_the_model_is_told_what_is_wrong_with_its_call(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, record, server = conduct(tmp_path, FAULTS[name], monkeypatch)
    (result,) = [event for event in record.evidence.events if isinstance(event, Result)]
    assert result.error
    assert server.requests[1]["messages"][2]["content"][0]["is_error"] is True


def test_a_block_of_a_new_type_is_sent_back_unchanged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, _, server = conduct(tmp_path, FAULTS["an unknown block"], monkeypatch)
    assert server.requests[1]["messages"][1]["content"][0] == {"type": "new", "odd": [1]}


def test_a_call_that_was_cut_is_not_carried_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, record, _ = conduct(tmp_path, FAULTS["cut inside a call"], monkeypatch)
    assert not [event for event in record.evidence.events if isinstance(event, Result)]
    assert "it" not in record.evidence.final_tree()


def test_a_server_whose_certificate_is_not_trusted_is_asked_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = Cell(scenario_of(tmp_path), variant(), MODEL)
    with faulty(in_order([GOOD]), tls=True) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        time = FlyingTime()
        record = asyncio.run(run_trial(cell.get_trial(0), session(throttle(time)), None))
    assert record.fault is not None
    assert "cannot be asked: ConnectError: " in record.fault.message
    assert len(record.fault.message.splitlines()) == 1
    assert (time.slept, server.requests, recording(cell)) == ([], [], [])


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
    with faulty(in_order([GOOD])) as server:
        url = server.url.replace("127.0.0.1", "api.example.invalid")
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        monkeypatch.setattr(socket, "getaddrinfo", lookup)
        shared = throttle(FlyingTime(), PATIENCE)
        record = asyncio.run(run_trial(cell.get_trial(0), session(shared), None))
    assert (len(asked), len(server.requests)) == ((3, 1) if cure else (4, 0))
    assert (record.fault is None) is cure
    assert len(recording(cell)) == (2 if cure else 0)


def test_who_refuses_connections_is_asked_again_and_then_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell = Cell(scenario_of(tmp_path), variant(), MODEL)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{taken.getsockname()[1]}"
        monkeypatch.setenv("ANTHROPIC_BASE_URL", url)
        time = FlyingTime()
        record = asyncio.run(run_trial(cell.get_trial(0), session(throttle(time, PATIENCE)), None))
    assert record.fault is not None
    assert f"{url} fails: no answer after 4 requests" in record.fault.message
    assert (len(time.slept), recording(cell)) == (3, [])


def test_no_relay_is_told_at_once(tmp_path: Path) -> None:
    cell = Cell(scenario_of(tmp_path), variant(), "relay/claude")
    time = FlyingTime()
    nobody = replace(session(throttle(time)), relay="http://127.0.0.1:1")
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
    runner = Runner(session(shared), concurrency or number, kept.append)
    try:
        futures = [runner.submit(decide(cell.get_trial(0), "once")) for cell in cells]
        records = [future.result(timeout=120) for future in futures]
    finally:
        runner.close()
    assert sorted(one.key for one in kept) == sorted(cell.get_trial(0).key for cell in cells)
    return cells, records


STORM = [
    limited(),
    limited(retry_after="7"),
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
        assert len(recording(cell)) == 2
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
    with faulty(in_order([limited()])) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        cells, records = at_once(tmp_path, 50, throttle(FlyingTime(), PATIENCE))
        assert {record.fault.kind for record in records if record.fault} == {"RateLimited"}
        assert len(server.requests) == 50 * (1 + PATIENCE.retries)
    assert [recording(cell) for cell in cells] == [[]] * 50
    with faulty(in_order([GOOD])) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        _, records = at_once(tmp_path, 50, throttle(FlyingTime()))
    assert [record.fault for record in records] == [None] * 50


def test_a_key_not_accepted_stops_the_run_after_the_first(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    replies = FAULTS["a key not accepted"].replies
    with faulty(in_order(replies)) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        cells, records = at_once(tmp_path, 30, throttle(FlyingTime()), concurrency=1)
    assert len(server.requests) == 1
    faults = [record.fault for record in records if record.fault]
    assert [fault.kind for fault in faults] == ["RefusedByProvider"] * 30
    late = [fault.message for fault in faults if "run was stopped" in fault.message]
    assert len(late) == 29
    assert [len(record.evidence.events) for record in records].count(0) == 29
    assert all(len(told.splitlines()) == 1 and "x-api-key" in told for told in late)
    assert [recording(cell) for cell in cells] == [[]] * 30


def test_what_is_recorded_is_replayed_although_the_run_was_stopped(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    cell, record, _ = conduct(tmp_path, FAULTS["a whole stream"], monkeypatch)
    shared = throttle(FlyingTime())
    runner = Runner(session(shared), 1, lambda _record: None)
    with faulty(in_order(FAULTS["an unknown model"].replies)) as server:
        monkeypatch.setenv("ANTHROPIC_BASE_URL", server.url)
        refused = runner.submit(decide(cell.get_trial(1), "once")).result(timeout=30)
        replayed = runner.submit(decide(cell.get_trial(0), "once")).result(timeout=30)
        runner.close()
    assert refused.fault is not None
    assert replayed.fault is None
    assert replayed.evidence == record.evidence
