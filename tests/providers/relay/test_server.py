"""The real SDK against the real server, answered through the client's functions."""

from __future__ import annotations

import asyncio
import http.client
import json
import re
import socket
import threading
import time
from typing import Any, cast
from urllib.parse import urlsplit

import anthropic
import pytest
from promptverdict.core.errors import InputError, ProviderError
from promptverdict.providers.relay import client
from promptverdict.providers.relay.canonical import RequestError, View
from promptverdict.providers.relay.http import MAX_HEAD, ClientConnection

from .running import MODEL, OFFERED, Relay, ask, follow, running, user

WRITE = "I write it.\n@call Write\nfile_path = /w/a.py\ncontent <<END\nx = 1\nEND\n"
RUN = '[{"type": "tool_use", "name": "Bash", "input": {"command": "python3 a.py"}}]'


def post(relay: Relay, body: bytes, **headers: str) -> tuple[int, Any]:
    place = urlsplit(relay.url)
    connection = http.client.HTTPConnection(place.hostname or "", place.port, timeout=5)
    try:
        connection.request("POST", "/v1/messages", body, headers)
        response = connection.getresponse()
        return response.status, json.loads(response.read())
    finally:
        connection.close()


def test_three_turns_with_tools_run_through_the_sdk(relay: Relay) -> None:
    seen: list[View] = []

    async def converse() -> list[Any]:
        async with relay.api() as api:
            first = await ask(api, user("Add x."), system="Be brief.")
            messages = follow(user("Add x."), first, ["written"])
            second = await ask(api, messages, system="Be brief.")
            messages = follow(messages, second, ["ran"])
            return [first, second, await ask(api, messages, system="Be brief.")]

    def work() -> None:
        seen.append(relay.take())
        id_ = seen[0].conversation
        for text in (WRITE, RUN):
            relay.answer(id_, text)
            seen.append(relay.take(id_))
        relay.answer(id_, "Done.")

    answerer = threading.Thread(target=work)
    answerer.start()
    first, second, third = asyncio.run(converse())
    answerer.join()

    assert [reply.stop_reason for reply in (first, second, third)] == [
        "tool_use",
        "tool_use",
        "end_turn",
    ]
    assert first.content[0].text == "I write it."
    assert first.content[1].input == {"file_path": "/w/a.py", "content": "x = 1\n"}
    assert second.content[0].input == {"command": "python3 a.py"}
    assert third.content[0].text == "Done."
    assert [(view.turn, view.whole, view.fresh) for view in seen] == [
        (1, True, 0),
        (2, False, 2),
        (3, False, 4),
    ]
    assert seen[0].system == "Be brief."
    assert list(seen[0].tools) == OFFERED
    assert relay.state(seen[0].conversation) == "finished"
    assert relay.log == [
        f"{seen[0].conversation} turn {turn} {event}"
        for turn in (1, 2, 3)
        for event in ("asked", "taken", "answered")
    ] + [f"{seen[0].conversation} turn 3 finished"]


def test_an_answer_has_the_form_of_the_api_and_says_who_gave_it(relay: Relay) -> None:
    async def converse() -> Any:
        async with relay.api() as api:
            asking = asyncio.create_task(ask(api, user("Hé")))
            view = await asyncio.to_thread(relay.take)
            await asyncio.sleep(0.2)
            await asyncio.to_thread(relay.answer, view.conversation, WRITE)
            return (await asking).to_dict()

    reply = asyncio.run(converse())
    body = {"model": MODEL, "max_tokens": 1000, "tools": OFFERED, "messages": user("Hé")}
    characters = len(json.dumps(body, ensure_ascii=False, separators=(",", ":")))
    assert re.fullmatch(r"msg_[\w-]{24}", reply["id"])
    assert re.fullmatch(r"toolu_[\w-]{24}", reply["content"][1]["id"])
    assert (reply["type"], reply["role"], reply["model"]) == ("message", "assistant", MODEL)
    assert reply["stop_sequence"] is None
    assert reply["usage"]["input_tokens"] == -(-characters // 4)
    assert reply["usage"]["output_tokens"] > 0
    seconds = reply["relay"].pop("seconds")
    assert 0.2 <= seconds <= 5
    assert reply["relay"] == {"operator": "a test", "usage": "estimated"}


def test_fifty_conversations_at_once_do_not_cross(relay: Relay) -> None:
    count, turns = 50, 3
    taken: list[str] = []

    def work() -> None:
        view = relay.take()
        taken.append(view.conversation)
        name = view.messages[0]["content"]
        for turn in range(turns - 1):
            relay.answer(view.conversation, f"@call Bash\ncommand = {name} {turn}")
            view = relay.take(view.conversation)
            (result,) = view.messages[-1]["content"]
            assert result["content"] == f"result of {name} {turn}"
        relay.answer(view.conversation, f"{name} is done")

    async def converse(name: str) -> None:
        async with relay.api() as api:
            messages = user(name)
            for turn in range(turns - 1):
                reply = await ask(api, messages)
                command = reply.content[0].input["command"]
                assert command == f"{name} {turn}"
                messages = follow(messages, reply, [f"result of {command}"])
            reply = await ask(api, messages)
            assert reply.content[0].text == f"{name} is done"

    async def everything() -> None:
        # Every second name is shared by two conversations, whose first requests are thus equal.
        names = [f"talk {number if number % 2 else number // 4}" for number in range(count)]
        await asyncio.gather(*map(converse, names))

    answerers = [threading.Thread(target=work) for _ in range(count)]
    for answerer in answerers:
        answerer.start()
    asyncio.run(everything())
    for answerer in answerers:
        answerer.join()
    assert len(set(taken)) == count


def test_one_conversation_is_never_handed_to_two_takers(relay: Relay) -> None:
    ids: list[str] = []

    def work() -> None:
        found = client.take(relay.url, None, 1)
        if isinstance(found, View):
            ids.append(found.conversation)
            relay.answer(found.conversation, "Hello.")

    async def converse() -> None:
        async with relay.api() as api:
            await asyncio.gather(*(ask(api, user("Hello")) for _ in range(3)))

    takers = [threading.Thread(target=work) for _ in range(8)]
    for taker in takers:
        taker.start()
    asyncio.run(converse())
    for taker in takers:
        taker.join()
    assert len(ids) == len(set(ids)) == 3


def test_a_conversation_taken_at_a_later_turn_shows_its_beginning(relay: Relay) -> None:
    messages = [*user("Hello"), {"role": "assistant", "content": "Hm?"}, *user("Go on")]

    async def converse() -> View:
        async with relay.api() as api:
            asking = asyncio.create_task(ask(api, messages))
            view = await asyncio.to_thread(relay.take)
            await asyncio.to_thread(relay.answer, view.conversation, "On.")
            await asking
            return view

    view = asyncio.run(converse())
    assert (view.turn, view.whole, view.fresh) == (2, True, 0)
    assert list(view.messages) == messages


def test_a_conversation_whose_client_left_is_finished_and_never_met(relay: Relay) -> None:
    async def leave(at: str) -> str | None:
        async with relay.api() as api:
            asking = asyncio.create_task(ask(api, user(at)))
            while not relay.log or not relay.log[-1].endswith("asked"):
                await asyncio.sleep(0.01)
            view = await asyncio.to_thread(relay.take) if at == "taken" else None
            asking.cancel()
            await asyncio.gather(asking, return_exceptions=True)
            return view.conversation if view else None

    asyncio.run(leave("not taken"))
    assert relay.state(None, wait=0.2) == "nothing"
    id_ = asyncio.run(leave("taken"))
    assert id_
    assert relay.state(id_) == "finished"
    assert relay.answer(id_, "Too late.") == "finished"
    assert relay.state(None, wait=0.2) == "nothing"
    assert sum(line.endswith("abandoned") for line in relay.log) == 2


def test_a_taker_that_left_takes_nothing(relay: Relay) -> None:
    place = urlsplit(relay.url)
    order = json.dumps({"id": None, "wait": 60}).encode()
    head = f"POST /relay/take HTTP/1.1\r\nhost: localhost\r\ncontent-length: {len(order)}\r\n\r\n"
    with socket.create_connection((place.hostname, place.port)) as taker:
        taker.sendall(head.encode() + order)
        time.sleep(0.2)

    async def converse() -> str:
        async with relay.api() as api:
            asking = asyncio.create_task(ask(api, user("Hello")))
            view = await asyncio.to_thread(relay.take)
            await asyncio.to_thread(relay.answer, view.conversation, "Hello.")
            return str((await asking).content[0].text)

    assert asyncio.run(converse()) == "Hello."


def test_taking_gives_up_after_its_time(relay: Relay) -> None:
    begun = time.monotonic()
    assert relay.state(None, wait=0.3) == "nothing"
    assert 0.3 <= time.monotonic() - begun < 3


def test_an_invalid_answer_is_not_delivered_and_may_be_sent_again(relay: Relay) -> None:
    async def converse() -> Any:
        async with relay.api() as api:
            asking = asyncio.create_task(ask(api, user("Hello")))
            id_ = (await asyncio.to_thread(relay.take)).conversation
            with pytest.raises(InputError, match="did you mean `file_path`") as caught:
                await asyncio.to_thread(relay.answer, id_, "@call Write\npath = a\ncontent = b")
            assert caught.value.exit_code == 2
            assert not asking.done()
            await asyncio.to_thread(relay.answer, id_, WRITE)
            with pytest.raises(InputError, match="turn 1 is answered"):
                await asyncio.to_thread(relay.answer, id_, WRITE)
            return await asking

    assert asyncio.run(converse()).stop_reason == "tool_use"


def test_the_sdk_is_refused_as_by_the_real_api(relay: Relay) -> None:
    async def refused(error: type[anthropic.APIStatusError], **more: Any) -> str:
        async with relay.api() as api:
            with pytest.raises(error) as caught:
                await ask(api, user("Hello"), **more)
            assert caught.value.request_id
            return str(caught.value)

    another = asyncio.run(refused(anthropic.NotFoundError, model="claude-opus-9"))
    assert "not_found_error" in another
    assert "model: claude-opus-9" in another
    streamed = asyncio.run(refused(anthropic.BadRequestError, stream=True))
    assert "invalid_request_error" in streamed


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"model": None}, "model: Field required"),
        ({"max_tokens": "many"}, "max_tokens"),
        ({"messages": []}, "at least one message"),
        ({"messages": [{"role": "system", "content": "a"}]}, "messages.0.role"),
        ({"messages": [{"role": "user", "content": 1}]}, "messages.0.content"),
        ({"messages": [{"role": "user", "content": [{}]}]}, "messages.0.content"),
        ({"messages": [{"role": "assistant", "content": "a"}]}, "prefill"),
        ({"messages": [{"role": "user", "content": "\ud800"}]}, "not valid JSON"),
        ({"tools": {}}, "tools: must be a list"),
        ({"tools": [{"name": "search"}]}, "tools.0.input_schema"),
        ({"tools": [{}]}, "tools.0.name"),
        ({"system": 1}, "system"),
    ],
)
def test_a_malformed_request_is_a_400_that_says_why(
    relay: Relay, change: dict[str, Any], words: str
) -> None:
    body = {"model": MODEL, "max_tokens": 1, "messages": user("a")} | change
    status, answer = post(relay, json.dumps(body).encode())
    assert status == 400
    assert answer["type"] == "error"
    assert words in answer["error"]["message"]


def test_what_is_no_json_is_a_400(relay: Relay) -> None:
    for body in (b"", b"\xff", b"[]", b"[" * 100_000):
        assert post(relay, body)[0] == 400


def test_a_web_page_cannot_use_the_relay(relay: Relay) -> None:
    assert post(relay, b"{}", Origin="http://evil.example")[0] == 403
    assert post(relay, b"{}", Host="evil.example:8765")[0] == 403


def test_a_connection_serves_requests_that_were_sent_ahead(relay: Relay) -> None:
    place = urlsplit(relay.url)
    one = b"GET /a HTTP/1.1\r\nhost: localhost\r\n\r\n"
    last = b"GET /b HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    with socket.create_connection((place.hostname, place.port), timeout=5) as sent:
        sent.sendall(one + last)
        received = b"".join(iter(lambda: sent.recv(65536), b"")).decode()
    assert received.count("HTTP/1.1 404 Not Found") == 2
    assert received.index("There is no GET /a") < received.index("There is no GET /b")


@pytest.mark.parametrize(
    ("head", "status"),
    [
        ("POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked", 411),
        ("POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: many", 400),
        ("POST /v1/messages HTTP/1.1\r\nhost: localhost\r\ncontent-length: 99999999", 413),
        ("POST /v1/messages HTTP/1.1\r\ncontent-length: 2", 400),
        ("POST /v1/messages HTTP/1.1\r\nhost: localhost\r\nlong: " + "x" * 2 * MAX_HEAD, 431),
        ("nonsense", 400),
    ],
)
def test_what_the_server_does_not_read_is_refused(relay: Relay, head: str, status: int) -> None:
    place = urlsplit(relay.url)
    with socket.create_connection((place.hostname, place.port), timeout=5) as sent:
        sent.sendall(f"{head}\r\n\r\n".encode())
        assert sent.recv(12).decode() == f"HTTP/1.1 {status}"


def test_a_head_without_an_end_is_refused() -> None:
    async def receive() -> None:
        reader = asyncio.StreamReader()
        reader.feed_data(b"GET / HTTP/1.1\r\nlong: " + b"x" * 2 * MAX_HEAD)
        await ClientConnection(reader, cast("asyncio.StreamWriter", None), 1).receive()

    with pytest.raises(RequestError, match="head is too long"):
        asyncio.run(receive())


def test_a_head_is_answered_without_a_body_and_the_connection_goes_on(relay: Relay) -> None:
    place = urlsplit(relay.url)
    first = b"HEAD /a HTTP/1.1\r\nhost: localhost\r\n\r\n"
    second = b"GET /b HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n"
    with socket.create_connection((place.hostname, place.port), timeout=5) as sent:
        sent.sendall(first + second)
        received = b"".join(iter(lambda: sent.recv(65536), b"")).decode()
    head, _, rest = received.partition("\r\n\r\n")
    assert head.startswith("HTTP/1.1 404")
    assert rest.startswith("HTTP/1.1 404")
    assert "There is no GET /b" in rest


def test_a_client_that_waits_for_leave_to_send_gets_it(relay: Relay) -> None:
    place = urlsplit(relay.url)
    head = "POST /nowhere HTTP/1.1\r\nhost: localhost\r\ncontent-length: 2\r\n"
    with socket.create_connection((place.hostname, place.port), timeout=5) as sent:
        sent.sendall(f"{head}expect: 100-continue\r\n\r\n".encode())
        assert sent.recv(100) == b"HTTP/1.1 100 Continue\r\n\r\n"
        sent.sendall(b"{}")
        assert sent.recv(12) == b"HTTP/1.1 404"


def test_where_no_relay_answers_the_error_tells_how_to_start_one() -> None:
    with running() as relay:
        url = relay.url
    with pytest.raises(ProviderError, match="promptverdict relay serve"):
        client.take(url, wait=1)
    with pytest.raises(InputError, match="not the address of a relay"):
        client.take("localhost:many", wait=1)


def test_a_relay_that_stops_ends_those_who_wait_for_it() -> None:
    failed: list[BaseException] = []

    def work(url: str) -> None:
        try:
            client.take(url, wait=60)
        except ProviderError as error:
            failed.append(error)

    with running() as relay:
        taker = threading.Thread(target=work, args=(relay.url,))
        taker.start()
        time.sleep(0.2)
    taker.join(5)
    assert len(failed) == 1
