"""Stand-ins at the seams: a model that says what it is told, a provider on loopback, a project."""

from __future__ import annotations

import functools
import itertools
import json
import ssl
import textwrap
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx2
import pytest
from promptverdict.trials.transcript import Answered, Block, Call, Event, Result

Blocks = list[dict[str, Any]]


def say(text: str) -> dict[str, Any]:
    return {"type": "text", "text": text}


def use(tool: str, id_: str = "", **args: Any) -> dict[str, Any]:
    return {"type": "tool_use", "id": id_, "name": tool, "input": args}


class ScriptedModel:
    """Gives its answers in order; an answer with calls asks for their results."""

    def __init__(self, *answers: Sequence[Block], stop: str | None = None) -> None:
        self._answers, self._stop = list(answers), stop

    async def answer(self, events: tuple[Event, ...]) -> tuple[tuple[Block, ...], Answered]:
        blocks = tuple(self._answers.pop(0))
        calls = any(isinstance(block, Call) for block in blocks)
        return blocks, Answered(model="scripted", stop=self._stop or ("calls" if calls else "done"))


class EchoTools:
    """Answers every call with its arguments."""

    def __init__(self) -> None:
        self.seen: list[Call] = []

    async def run(self, call: Call) -> Result:
        self.seen.append(call)
        return Result(call=call.id, text=json.dumps(call.args))


@dataclass
class Provider:
    """A provider of the Messages API on loopback, and what it was asked."""

    url: str
    requests: list[dict[str, Any]] = field(default_factory=list)


@contextmanager
def provider(answer: Callable[[dict[str, Any]], Blocks | tuple[int, Any]]) -> Iterator[Provider]:
    """Serve answers that a function of the request's body gives: blocks, or a status and a body."""
    seen: list[dict[str, Any]] = []
    numbers = itertools.count(1)

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body in one piece: a body of its own waits 40 ms until the client's system
        # acknowledges the headers.
        wbufsize = -1

        def do_POST(self) -> None:
            body = json.loads(self.rfile.read(int(self.headers["content-length"])))
            seen.append(body)
            given = answer(body)
            status, reply = given if isinstance(given, tuple) else (200, self._message(body, given))
            raw = json.dumps(reply).encode()
            self.send_response(status)
            self.send_header("content-type", "application/json")
            self.send_header("set-cookie", "session=secret")
            self.send_header("content-length", str(len(raw)))
            self.end_headers()
            self.wfile.write(raw)

        def _message(self, body: dict[str, Any], blocks: Blocks) -> dict[str, Any]:
            number = next(numbers)
            content = [
                {**block, "id": block["id"] or f"toolu_{number}_{place}"}
                if block["type"] == "tool_use"
                else block
                for place, block in enumerate(blocks)
            ]
            called = any(block["type"] == "tool_use" for block in content)
            return {
                "id": f"msg_{number}",
                "type": "message",
                "role": "assistant",
                "model": body["model"],
                "content": content,
                "stop_reason": "tool_use" if called else "end_turn",
                "stop_sequence": None,
                "usage": {"input_tokens": 10 * number, "output_tokens": 5},
            }

        def log_message(self, *args: Any) -> None:
            """Keep the test output quiet."""

    class Server(ThreadingHTTPServer):
        request_queue_size = 512
        daemon_threads = True

    server = Server(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True)
    thread.start()
    try:
        yield Provider(f"http://127.0.0.1:{server.server_port}", seen)
    finally:
        server.shutdown()
        server.server_close()


@functools.cache
def read_certificates() -> ssl.SSLContext:
    """Read the certificates that this machine trusts, once for all tests."""
    return httpx2.create_ssl_context()


def open_network() -> httpx2.AsyncHTTPTransport:
    """Open a network as a run does."""
    return httpx2.AsyncHTTPTransport(verify=read_certificates())


def turn_of(body: dict[str, Any]) -> int:
    """Number the answer that a request asks for, from 0."""
    return sum(message["role"] == "assistant" for message in body["messages"])


def script(*answers: Blocks) -> Callable[[dict[str, Any]], Blocks]:
    """Answer the turns of every conversation alike."""
    return lambda body: answers[turn_of(body)]


AGENT = """\
---
name: helper
description: Helps
tools: Read, Write, Edit, Bash
---

You are a careful helper.
"""

SUITE = """\
title: A suite
variants: [helper/base, helper/terse]
baseline: helper/base
behaviours:
  kind: {says: It is kind}
"""

SCENARIO = """\
title: A scenario
description: For tests
task: |
  Say hello, then write hello.txt.
tools: [Read, Write, Bash]
behaviours: [kind]
"""

PYPROJECT = """\
[tool.promptverdict]
sandbox = "none"

[tool.promptverdict.models]
default = "relay/scripted"
"""


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(text), encoding="utf-8")
    return root


class ShortTraceback:
    """Leaves one frame of a session's interruption: pytest parses the source of every frame.

    A session that cannot collect everything ends in one, deep in pytest, and shows its words alone.
    """

    @pytest.hookimpl(tryfirst=True)
    def pytest_keyboard_interrupt(self, excinfo: pytest.ExceptionInfo[BaseException]) -> None:
        excinfo.traceback = excinfo.traceback[-1:]


def run(evals: pytest.Pytester, *args: str) -> pytest.RunResult:
    """Run pytest in this process, with none of the other plugins that are installed here.

    To find all of them takes as long as a third of a replay.
    """
    from promptverdict.pytest_plugin import plugin

    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTEST_DISABLE_PLUGIN_AUTOLOAD", "1")
        return evals.runpytest_inprocess(*args, plugins=[plugin, ShortTraceback()])


def project(root: Path, **more: str) -> Path:
    """Write a small project: two variants of one agent, one suite with one scenario."""
    return write(
        root,
        {
            "pyproject.toml": PYPROJECT,
            "agents/helper/base.md": AGENT,
            "agents/helper/terse.md": AGENT.replace("careful", "terse"),
            "evals/small/suite.yaml": SUITE,
            "evals/small/hello.yaml": SCENARIO,
            "evals/small/files/hello/README.md": "# Hello\n",
            **more,
        },
    )
