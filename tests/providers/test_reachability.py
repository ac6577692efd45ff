"""One look before anything is recorded: does anybody answer there, and what models has it?"""

from __future__ import annotations

import json
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer
from typing import Any

import pytest
from promptverdict.core.errors import InputError
from promptverdict.providers.reachability import check_reachable, describe_servers

MODEL = "openai-chat/small"
VARIABLE = "OPENAI_BASE_URL"


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def find_closed_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        return int(server.getsockname()[1])


@contextmanager
def serve(body: bytes, status: int = 200, location: str = "") -> Iterator[tuple[str, list[str]]]:
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(f"{self.path} {self.headers['authorization']}")
            self.send_response(status)
            self.send_header("content-length", str(len(body)))
            if location:
                self.send_header("location", location)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *args: Any) -> None:
            """Keep the test output quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1", asked
    finally:
        server.shutdown()
        server.server_close()


def refuse(models: list[str], environment: dict[str, str], relay: str = "") -> str:
    with pytest.raises(InputError) as caught:
        check_reachable(models, relay, environment)
    return str(caught.value)


def test_an_address_where_nothing_listens_is_named_by_its_variable() -> None:
    url = f"http://127.0.0.1:{find_closed_port()}/v1"
    told = refuse([MODEL, MODEL], {VARIABLE: url})
    assert told.splitlines() == [
        f"environment: {VARIABLE}: nothing answers at {url} for {MODEL}: nothing listens there",
        "  start the server, or correct the address",
    ]


@pytest.mark.parametrize("host", ["x" * 300, "host..x"])
def test_what_can_be_no_name_of_a_host_is_told(host: str) -> None:
    told = refuse([MODEL], {VARIABLE: f"http://{host}/v1"})
    assert told.splitlines()[0].endswith("this can be no name of a host")


def test_a_name_that_nobody_knows_is_no_reason_to_wait() -> None:
    told = refuse([MODEL], {VARIABLE: "http://no-such-host.invalid/v1"})
    assert "its name is not known here" in told


def test_a_password_in_an_address_is_not_shown() -> None:
    told = refuse([MODEL], {VARIABLE: f"http://ann:pa55word@127.0.0.1:{find_closed_port()}/v1"})
    assert "pa55word" not in told


def test_a_relay_that_is_not_there_is_told_with_the_command_that_starts_it() -> None:
    told = refuse(["relay/me"], {}, f"http://127.0.0.1:{find_closed_port()}")
    assert told.startswith("--relay: nothing answers at http://127.0.0.1:")
    assert "promptverdict relay serve --name me --operator" in told


def test_whoever_listens_is_enough() -> None:
    with serve(b"", 500) as (url, asked):
        check_reachable([MODEL, "relay/me"], url, {VARIABLE: url})
    assert asked == []


def test_what_a_proxy_asks_is_left_to_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:9")
    check_reachable([MODEL], "", {VARIABLE: "http://no-such-host.invalid/v1"})


@pytest.mark.parametrize(
    ("listed", "told"),
    [
        ([{"id": "/home/ann/qwen.gguf", "meta": {"n_ctx_train": 8192}}], "qwen.gguf (context"),
        ([{"id": "qwen", "max_model_len": 4096}], "qwen (context 4,096 tokens)"),
        ([{"id": f"m{number}"} for number in range(5)], "has m0, m1, m2, and 2 more"),
    ],
)
def test_a_server_of_ones_own_says_what_it_has(listed: list[Any], told: str) -> None:
    with serve(json.dumps({"data": listed}).encode()) as (url, asked):
        environment = {VARIABLE: url, "OPENAI_API_KEY": "k"}
        (line,) = describe_servers([MODEL, MODEL], environment)
    assert line.startswith(f"{MODEL}: the server at {url} has ")
    assert told in line
    assert asked == ["/v1/models Bearer k"]


@pytest.mark.parametrize("body", [b"", b"[]", b"{}", b'{"data": [1]}', b'{"data": [{}]}', b"\xff"])
def test_one_that_says_nothing_of_use_is_no_trouble(body: bytes) -> None:
    with serve(body) as (url, _):
        assert list(describe_servers([MODEL], {VARIABLE: url})) == []


def test_one_that_answers_no_http_is_no_trouble() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:

        def answer() -> None:
            client, _ = server.accept()
            with client:
                client.recv(1 << 16)
                client.sendall(b"HTTP/9 nonsense\r\n\r\n")

        thread = threading.Thread(target=answer)
        thread.start()
        url = f"http://127.0.0.1:{server.getsockname()[1]}/v1"
        assert list(describe_servers([MODEL], {VARIABLE: url})) == []
        thread.join()


def test_nobody_is_asked_what_it_has_who_has_the_usual_address() -> None:
    assert list(describe_servers([MODEL, "relay/me", "anthropic/claude-x"], {})) == []


def test_a_key_does_not_go_along_where_a_server_redirects() -> None:
    with (
        serve(b'{"data": []}') as (elsewhere, heard),
        serve(b"", 302, f"{elsewhere}/models") as (url, asked),
    ):
        list(describe_servers([MODEL], {VARIABLE: url, "OPENAI_API_KEY": "local-key-1"}))
    assert asked == ["/v1/models Bearer local-key-1"]
    assert heard == ["/v1/models None"]
