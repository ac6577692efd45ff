"""A key is planted in every way it may come back, and looked for in everything that is put out."""

from __future__ import annotations

import base64
import json
import socketserver
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from promptverdict.cli import main

from tests.fakes import run

pytestmark = pytest.mark.e2e

CANARY = "canary-0123456789-abcdefgh"
FORMS = (CANARY, "canary-01", base64.b64encode(CANARY.encode()).decode().rstrip("="))
"""What must stand nowhere: the key, a good part of it, and what a header makes of it."""

Respond = Callable[[str], bytes]
"""Returns the raw answer to a request, whose body it is given."""


def respond(
    body: object, status: str = "200 OK", headers: str = "", kind: str = "application/json"
) -> Respond:
    raw = body if isinstance(body, bytes) else json.dumps(body).encode()
    head = f"HTTP/1.1 {status}\r\ncontent-type: {kind}\r\n{headers}content-length: {len(raw)}\r\n"
    return lambda _body: head.encode() + b"\r\n" + raw


def complete(content: str = "Done.", **more: object) -> dict[str, object]:
    choice = {"message": {"role": "assistant", "content": content}, "finish_reason": "stop"}
    usage = {"prompt_tokens": 3, "completion_tokens": 2}
    return {"model": "m-1", "choices": [choice | more], "usage": usage}


def fail(words: str) -> dict[str, object]:
    return {"error": {"message": words, "type": "invalid_request_error", "code": None}}


def call(text: str) -> dict[str, object]:
    function = {"name": "Bash", "arguments": json.dumps({"command": f"echo {text}"})}
    message = {"content": None, "tool_calls": [{"id": "c", "function": function}]}
    return complete(message=message)


@contextmanager
def serving(answer: Respond) -> Iterator[str]:
    class Handler(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            length = 0
            for line in iter(self.rfile.readline, b""):
                name, _, value = line.strip().partition(b":")
                length = int(value) if name.lower() == b"content-length" else length
                if not name:
                    self.wfile.write(answer(self.rfile.read(length).decode()))
                    return
            # Nothing was asked: somebody looked whether anybody listens.

    class Server(socketserver.ThreadingTCPServer):
        allow_reuse_address, daemon_threads = True, True

    with Server(("127.0.0.1", 0), Handler) as server:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
        yield f"127.0.0.1:{server.server_address[1]}"
        server.shutdown()


DONE = respond(complete())


@dataclass(frozen=True)
class Way:
    """One way for a key to come back: what the environment holds, and what the server does."""

    environment: dict[str, str] = field(default_factory=dict)
    """`{}` stands for the server's host and port."""
    answer: Respond = DONE
    kept: bool = False
    """Whether a recording is made all the same."""
    model: str = "openai-chat/m"
    arguments: tuple[str, ...] = ()
    scenario: str = ""
    """What the scenario says besides."""


KEY = {"OPENAI_API_KEY": CANARY}
ANY = {"OPENAI_API_KEY": "any-key-does"}
PROXY = {"HTTP_PROXY": f"http://me:{CANARY}@{{}}", "OPENAI_BASE_URL": "http://provider.invalid/v1"}
STREAM = "text/event-stream"

JUDGED = respond(complete(json.dumps({"verdict": "yes", "quote": "", "reason": CANARY})))

WAYS = {
    "a line end": Way({"OPENAI_API_KEY": f"{CANARY}\n"}, kept=True),
    "a trailing blank": Way({"OPENAI_API_KEY": f"{CANARY} \t"}, kept=True),
    "a leading blank": Way({"OPENAI_API_KEY": f" {CANARY}"}, kept=True),
    "curly quotes": Way({"OPENAI_API_KEY": f"\u201c{CANARY}\u201d"}),
    "a letter that no header takes": Way({"OPENAI_API_KEY": f"{CANARY}\u2011x"}),
    "a second line": Way({"OPENAI_API_KEY": f"{CANARY}\nexport B={CANARY}"}),
    "the password of an address": Way(
        {**ANY, "OPENAI_BASE_URL": f"http://me:{CANARY}@{{}}/v1"}, kept=True
    ),
    "the user of an address": Way(
        {**ANY, "OPENAI_BASE_URL": f"http://{CANARY}@{{}}/v1"}, kept=True
    ),
    "the password of an address, refused": Way(
        {**ANY, "OPENAI_BASE_URL": f"http://me:{CANARY}@{{}}/v1"},
        respond(fail("No"), "401 Unauthorized"),
    ),
    "the password of an address without a path": Way(
        {**ANY, "OPENAI_BASE_URL": f"http://me:{CANARY}@{{}}"}
    ),
    "a parameter of an address": Way(
        {**ANY, "OPENAI_BASE_URL": f"http://{{}}/v1?api-key={CANARY}"}, kept=True
    ),
    "a parameter of an address, refused": Way(
        {**ANY, "OPENAI_BASE_URL": f"http://{{}}/v1?api-key={CANARY}"},
        respond(fail(f"no api-key={CANARY}"), "400 Bad Request"),
    ),
    "a proxy's password": Way({**ANY, **PROXY}, kept=True),
    "a proxy that refuses": Way(
        {**ANY, **PROXY}, respond(f"me:{CANARY}".encode(), "407 Proxy Authentication Required")
    ),
    "a proxy that is none": Way({**ANY, "HTTP_PROXY": f"ftp://me:{CANARY}@{{}}"}),
    "the body of a 401": Way(
        KEY, respond(fail(f"Incorrect API key provided: {CANARY}."), "401 Unauthorized")
    ),
    "the body of a 400": Way(KEY, respond(fail(f"Bearer {CANARY} is odd"), "400 Bad Request")),
    "the body of a 503": Way(KEY, respond(f"<html>{CANARY}".encode(), "503 Busy")),
    "a body that is cut amid it": Way(
        KEY, respond(fail("x" * 285 + CANARY), "422 Unprocessable Entity")
    ),
    "an exception's text": Way(KEY, lambda _body: f"HTTP/9 {CANARY}\r\n\r\n".encode()),
    "a header": Way(KEY, respond(complete(), headers=f"x-request-id: {CANARY}\r\n"), kept=True),
    "a header of a refusal": Way(
        KEY, respond(fail("No"), "401 Unauthorized", f"www-authenticate: Bearer {CANARY}\r\n")
    ),
    "a redirect": Way(
        KEY, respond(b"", "307 Temporary", f"location: http://x.invalid/?key={CANARY}\r\n")
    ),
    "a reason phrase": Way(KEY, respond(complete(), f"200 {CANARY}")),
    "the model's name": Way(KEY, respond(complete() | {"model": CANARY})),
    "the model's path": Way(
        KEY, respond(complete() | {"model": f"/home/{CANARY}/m.gguf"}), kept=True
    ),
    "the reason of an end": Way(KEY, respond(complete(finish_reason=f"{CANARY}"))),
    "an answer": Way(KEY, respond(complete(f"Your key is {CANARY}."))),
    "thinking": Way(KEY, respond(complete(f"<think>{CANARY}</think> Done."))),
    "a call": Way(KEY, respond(call(CANARY))),
    "a judge's answer": Way(
        {**KEY, "PROMPTVERDICT_JUDGE": "openai-chat/judge"},
        lambda body: (JUDGED if "response_format" in body else DONE)(body),
        kept=True,
        scenario="grades:\n  kind: {type: rubric, question: Is it kind?}\n",
    ),
    "the password of a relay": Way(
        {"PROMPTVERDICT_RELAY": f"http://me:{CANARY}@{{}}"},
        respond(
            {
                "type": "message",
                "model": "relay/scripted",
                "content": [{"type": "text", "text": "Done."}],
                "stop_reason": "end_turn",
            }
        ),
        kept=True,
        model="relay/scripted",
    ),
    "the password of a relay on the command line": Way(
        arguments=("--relay", f"http://me:{CANARY}@127.0.0.1:1"), model="relay/scripted"
    ),
    "the password of a relay that is none": Way(
        {"PROMPTVERDICT_RELAY": f"http://me:{CANARY}@127.0.0.1:1"}, model="relay/scripted"
    ),
    "an answer that is none": Way(KEY, respond(f"<html>{CANARY}".encode())),
    "an error in a stream": Way(
        KEY, respond(f"data: {json.dumps(fail(CANARY))}\n\n".encode(), kind=STREAM)
    ),
    "a stream that is cut": Way(
        KEY, respond(f"data: {json.dumps(complete(CANARY))}"[:-200].encode(), kind=STREAM)
    ),
}


@pytest.mark.parametrize("name", WAYS)
def test_a_key_comes_back_in_nothing_that_is_put_out(
    name: str,
    evals: pytest.Pytester,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> None:
    way = WAYS[name]
    pyproject = evals.path / "pyproject.toml"
    pyproject.write_text(pyproject.read_text().replace("relay/scripted", way.model))
    scenario = evals.path / "evals/small/hello.yaml"
    scenario.write_text(scenario.read_text() + way.scenario)
    # Nothing is waited for: what comes back comes back at the first try.
    monkeypatch.setattr("promptverdict.providers.throttle.Throttle.draw_wait", lambda *_: 0.0)
    with serving(way.answer) as place:
        monkeypatch.setenv("OPENAI_BASE_URL", f"http://{place}/v1")
        for variable, value in way.environment.items():
            monkeypatch.setenv(variable, value.format(place))
        shown = ["-o", "log_cli=true", "--log-level=DEBUG", "--showlocals", "-rA", "--tb=long"]
        result = run(
            evals, "evals", "--record", "once", "--junitxml=junit.xml", *shown, *way.arguments
        )
    put_out = [*result.outlines, *result.errlines]
    recordings = [*evals.path.glob("evals/**/*.http.yaml")]
    assert bool(recordings) is way.kept, result.stdout.str()
    for arguments in (
        ["report"],
        ["show", "--failed"],
        ["show", "evals/small/hello.yaml::helper/base", "--whole"],
        ["export", "exported"],
        ["runs"],
    ):
        main(arguments)
    put_out += capfd.readouterr()
    files = [path for path in evals.path.rglob("*") if path.is_file()]
    put_out += [str(path) for path in files] + [_read(path) for path in files]
    assert len(files) > 5
    for form in FORMS:
        assert [text[:300] for text in put_out if form in text] == []


def _read(path: Path) -> str:
    return path.read_bytes().decode("utf-8", "replace")


def test_the_traceback_of_a_bug_shows_no_key(
    evals: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> None:
    """pytest quotes the arguments of functions, and one may be what an agent said."""

    def fail(said: str) -> None:
        raise RuntimeError("a bug")

    monkeypatch.setenv("OPENAI_API_KEY", CANARY)
    finish = "promptverdict.pytest_plugin.session.EvalSession.finish_cell"
    monkeypatch.setattr(finish, lambda *_: fail(f"the key is {CANARY}"))
    result = run(evals, "evals", "--showlocals", "--junitxml=junit.xml")
    shown = result.stdout.str() + (evals.path / "junit.xml").read_text()
    assert "a bug" in shown
    assert "the key is ***" in shown
    assert CANARY not in shown
