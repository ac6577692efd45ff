"""Requests go through the proxies that the environment names, as both SDKs send them."""

from __future__ import annotations

import asyncio
import base64
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx2
import pytest
from promptverdict.core.errors import ProviderError
from promptverdict.providers.environment_network import EnvironmentNetwork

VERIFY = httpx2.create_ssl_context()


@dataclass
class Server:
    """A server that answers every request, and what it was asked."""

    url: str
    asked: list[tuple[str, dict[str, str]]] = field(default_factory=list)


@contextmanager
def serving(status: int = 200) -> Iterator[Server]:
    asked: list[tuple[str, dict[str, str]]] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            asked.append((self.path, dict(self.headers.items())))
            self.send_response(status)
            self.send_header("content-length", "2")
            self.send_header("location", "http://elsewhere.invalid/")
            self.end_headers()
            self.wfile.write(b"{}")

        def do_CONNECT(self) -> None:
            self.do_POST()

        def log_message(self, *args: Any) -> None:
            """Keep the test output quiet."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield Server(f"http://127.0.0.1:{server.server_port}", asked)
    finally:
        server.shutdown()
        server.server_close()


def post(url: str, direct: str = "http://127.0.0.1:1") -> httpx2.Response:
    async def once() -> httpx2.Response:
        network = EnvironmentNetwork(VERIFY, direct)
        try:
            request = httpx2.Request("POST", url, content=b"{}")
            response = await network.handle_async_request(request)
            await response.aread()
            return response
        finally:
            await network.aclose()

    return asyncio.run(once())


@pytest.fixture(autouse=True)
def _no_proxies(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
        monkeypatch.delenv(name.lower(), raising=False)


def test_without_proxies_the_server_itself_is_asked() -> None:
    with serving() as server:
        assert post(f"{server.url}/v1/messages").status_code == 200
    assert [path for path, _ in server.asked] == ["/v1/messages"]


def test_a_proxy_is_asked_with_its_user_and_password(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as proxy:
        monkeypatch.setenv("HTTP_PROXY", proxy.url.replace("http://", "http://me:pass@"))
        assert post("http://provider.invalid/v1/messages").status_code == 200
    ((path, headers),) = proxy.asked
    assert path == "http://provider.invalid/v1/messages"
    named = {name.lower(): value for name, value in headers.items()}
    assert named["proxy-authorization"] == f"Basic {base64.b64encode(b'me:pass').decode()}"


def test_no_proxy_names_who_is_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as server:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        monkeypatch.setenv("NO_PROXY", "example.org,127.0.0.1")
        assert post(server.url).status_code == 200


def test_https_is_asked_for_through_a_tunnel(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving(403) as proxy:
        monkeypatch.setenv("HTTPS_PROXY", proxy.url)
        with pytest.raises(httpx2.ProxyError):
            post("https://provider.invalid/v1/messages")
    assert [path for path, _ in proxy.asked] == ["provider.invalid:443"]


def test_the_relay_of_this_machine_is_asked_directly(monkeypatch: pytest.MonkeyPatch) -> None:
    with serving() as server:
        monkeypatch.setenv("HTTP_PROXY", "http://127.0.0.1:1")
        monkeypatch.setenv("ALL_PROXY", "http://127.0.0.1:1")
        assert post(f"{server.url}/v1/messages", direct=f"{server.url}/").status_code == 200
        with pytest.raises(httpx2.TransportError):
            post(server.url)


def test_a_redirect_is_not_followed() -> None:
    with serving(307) as server:
        assert post(server.url).status_code == 307


def test_proxies_that_cannot_be_used_are_an_error_of_ours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTP_PROXY", "ftp://me:canary-password@proxy:21")
    with pytest.raises(ProviderError, match="proxies of the environment cannot be used") as caught:
        EnvironmentNetwork(VERIFY, "http://127.0.0.1:1")
    assert "canary" not in str(caught.value)
