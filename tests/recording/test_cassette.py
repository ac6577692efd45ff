"""One cassette for each trial behind a transport: what was heard is played, and nothing else."""

from __future__ import annotations

import asyncio
import json
import re
from typing import Any

import httpx2
import pytest
from promptverdict.core.errors import BrokenRecording
from promptverdict.recording.cassette import Tape, TapeTransport, open_tape
from promptverdict.recording.player import RecordingPlayer

from tests.cases import try_cases

URL = "http://gateway.internal:9/v1/messages?beta=true"


class Memory:
    where = "cassettes/x/0.http.yaml"

    def __init__(self) -> None:
        self.text: str | None = None

    def read(self) -> str:
        assert self.text is not None
        return self.text

    def write(self, text: str) -> None:
        self.text = text


def body(*messages: str) -> dict[str, Any]:
    return {
        "model": "m",
        "max_tokens": 9,
        "system": "Be kind.\nAlways.\n",
        "messages": [{"role": "user", "content": text} for text in messages],
        "tools": [{"name": "Bash"}],
    }


def network(request: httpx2.Request) -> httpx2.Response:
    asked = json.loads(request.content)
    if asked["messages"][-1]["content"] == "fail":
        return httpx2.Response(529, json={"type": "error"})
    said = {"type": "message", "content": [{"type": "text", "text": asked["messages"][-1]}]}
    return httpx2.Response(
        200, json=said, headers={"set-cookie": "id=1", "anthropic-organization-id": "org"}
    )


async def ask(tape: Tape, *bodies: dict[str, Any], live: bool) -> list[Any]:
    transport = TapeTransport(tape, httpx2.MockTransport(network) if live else None)
    async with httpx2.AsyncClient(transport=transport) as client:
        replies = [await client.post(URL, json=one, headers={"x-api-key": "k"}) for one in bodies]
    return [reply.json() for reply in replies]


def record(*bodies: dict[str, Any]) -> tuple[Memory, list[Any]]:
    memory = Memory()
    with open_tape(memory, replay=False) as tape:
        replies = asyncio.run(ask(tape, *bodies, live=True))
        tape.finish({"note": "kept"})
    return memory, replies


def replay(memory: Memory, *bodies: dict[str, Any]) -> list[Any]:
    """Replay through vcrpy's cassette and through our player, which must come to the same."""
    ends: list[Any] = []
    for through_vcrpy in (True, False):
        try:
            ends.append(play(memory, *bodies, through_vcrpy=through_vcrpy))
        except BrokenRecording as error:
            ends.append(error)
    assert str(ends[0]) == str(ends[1])
    if isinstance(ends[0], BrokenRecording):
        raise ends[0]
    replies: list[Any] = ends[0]
    return replies


def play(memory: Memory, *bodies: dict[str, Any], through_vcrpy: bool) -> list[Any]:
    if not through_vcrpy:
        player = RecordingPlayer(memory.read(), memory.where)
        played = [json.loads(player.play("/messages", each)[1]) for each in bodies]
        player.check_all_played()
        return played
    with open_tape(memory, replay=True) as tape:
        replies = asyncio.run(ask(tape, *bodies, live=False))
        tape.finish()
    return replies


CONVERSATION = [body("a"), body("a", "b"), body("a", "b", "c")]


def test_a_replay_gives_what_was_recorded() -> None:
    memory, replies = record(*CONVERSATION)
    assert replay(memory, *CONVERSATION) == replies


def test_a_request_is_the_same_whatever_the_order_of_its_keys() -> None:
    memory, replies = record(body("a"))
    assert replay(memory, dict(reversed(body("a").items()))) == replies


def test_requests_may_come_in_another_order() -> None:
    memory, replies = record(body("a"), body("b"))
    assert replay(memory, body("b"), body("a")) == replies[::-1]


def test_equal_requests_are_played_in_their_order() -> None:
    memory, replies = record(body("a"), body("a"))
    assert replay(memory, body("a"), body("a")) == replies


def test_each_request_stores_only_what_was_added() -> None:
    texts = [f"<{number}>" + "x" * 500 for number in range(20)]
    conversation = [body(*texts[: number + 1]) for number in range(20)]
    memory, _ = record(*conversation)
    assert memory.text is not None
    assert memory.text.count(texts[0]) == 2
    assert len(memory.text) < 32_000  # ten times as much if each request were stored whole


def test_nothing_that_names_an_account_or_a_machine_is_stored() -> None:
    memory, _ = record(body("a"))
    assert memory.text is not None
    for leak in ("gateway", "x-api-key", "set-cookie", "organization", "user-agent"):
        assert leak not in memory.text.lower()


def test_a_refusal_of_the_provider_is_passed_on_and_not_stored() -> None:
    memory, _ = record(body("fail"), body("a"))
    assert replay(memory, body("a"))


@try_cases(
    ("changed", "told"),
    [
        ({"system": "Be terse."}, "system was"),
        ({"tools": []}, "tools has 0 entries instead of 1"),
        ({"stream": True}, "stream is only in the request"),
        ({"messages": [{"role": "user", "content": "z"}]}, r"messages\[0\].content was 'a'"),
    ],
)
def test_an_unknown_request_says_what_differs_and_never_reaches_the_network(
    changed: dict[str, Any], told: str
) -> None:
    memory, _ = record(body("a"))
    with pytest.raises(BrokenRecording, match=told):
        replay(memory, body("a") | changed)


def test_an_exchange_that_is_not_played_is_an_error() -> None:
    memory, _ = record(*CONVERSATION)
    with pytest.raises(BrokenRecording, match="after 2 of 3 exchanges"):
        replay(memory, *CONVERSATION[:2])


def test_a_trial_that_broke_stores_nothing() -> None:
    memory = Memory()

    def broken() -> None:
        with open_tape(memory, replay=False) as tape:
            asyncio.run(ask(tape, body("a"), live=True))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        broken()
    assert memory.text is None


def test_a_body_nested_without_end_is_told_to_differ() -> None:
    memory, _ = record(body("a"))
    assert memory.text
    head = memory.text.partition("interactions:")[0]
    memory.text = (
        f"{head}interactions:\n- request: {{method: POST, uri: /v1/messages, headers: {{}},"
        f" body: '{'[' * 100_000}'}}\n  response: {{status: {{code: 200, message: OK}},"
        " headers: {}, body: {string: x}}\n"
    )
    with pytest.raises(BrokenRecording, match="the bodies differ"):
        replay(memory, body("a"))


@try_cases("text", ["- a list\n", "version: 1\n", "version: 1\ninteractions: [1]\n"])
def test_a_text_that_is_no_cassette_is_refused(text: str) -> None:
    memory = Memory()
    memory.text = text
    with pytest.raises(BrokenRecording) as raised, open_tape(memory, replay=True):
        pass
    with pytest.raises(BrokenRecording, match=re.escape(str(raised.value))):
        RecordingPlayer(text, memory.where)


def test_a_refusal_that_is_an_outcome_is_stored_and_played() -> None:
    told = {"type": "error", "error": {"message": "too long"}}

    def full(request: httpx2.Request) -> httpx2.Response:
        return httpx2.Response(400, json=told)

    async def once(tape: Tape, *, live: bool) -> tuple[int, Any]:
        network_ = httpx2.MockTransport(full) if live else None
        transport = TapeTransport(tape, network_, lambda status, body: b"too long" in body)
        async with httpx2.AsyncClient(transport=transport) as client:
            reply = await client.post(URL, json=body("a"))
        return reply.status_code, reply.json()

    memory = Memory()
    with open_tape(memory, replay=False) as tape:
        assert asyncio.run(once(tape, live=True)) == (400, told)
        tape.finish({"note": "kept"})
    with open_tape(memory, replay=True) as tape:
        assert asyncio.run(once(tape, live=False)) == (400, told)
        assert [json.loads(answer) for answer in tape.list_answers()] == [told]
        tape.finish()


STREAM = 'event: ping\ndata: {"type": "ping"}\n\nevent: a\r\ndata: "\u2028 \\ud83d ü" \n\n'


@try_cases("stream", [STREAM, STREAM.rstrip("\n"), STREAM.replace("\r", " \t")])
def test_a_stream_is_stored_line_by_line_and_played_byte_for_byte(stream: str) -> None:
    def network_(request: httpx2.Request) -> httpx2.Response:
        headers = {"content-type": "text/event-stream"}
        return httpx2.Response(200, content=stream.encode(), headers=headers)

    async def once(tape: Tape, *, live: bool) -> bytes:
        transport = TapeTransport(tape, httpx2.MockTransport(network_) if live else None)
        async with httpx2.AsyncClient(transport=transport) as client:
            reply = await client.post(URL, json=body("a"))
        assert reply.headers["content-type"] == "text/event-stream"
        return reply.content

    memory = Memory()
    with open_tape(memory, replay=False) as tape:
        assert asyncio.run(once(tape, live=True)) == stream.encode()
        tape.finish({"note": "kept"})
    with open_tape(memory, replay=True) as tape:
        assert asyncio.run(once(tape, live=False)) == stream.encode()
        assert tape.list_answers() == [stream.encode()]
        tape.finish()
    assert memory.text is not None
    lines = [line.strip("- '") for line in memory.text.splitlines()]
    assert {"event: ping", 'data: {"type": "ping"}'} <= {*lines}
