"""The loopback server: the providers' APIs for clients, /relay/ for those who answer.

Everything happens on one event loop. A request waits in its connection's task until somebody
answers; whatever changes a conversation wakes all who wait, and they look again.
"""

from __future__ import annotations

import asyncio
import math
import re
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Any

from promptverdict.core.errors import InputError, Problem
from promptverdict.providers.relay import anthropic_messages
from promptverdict.providers.relay.answers import read_answer
from promptverdict.providers.relay.apis import APIS, RelayApi
from promptverdict.providers.relay.canonical import RequestError, View, parse_object
from promptverdict.providers.relay.conversations import Conversations, Patience
from promptverdict.providers.relay.http import ClientConnection, HangUpError, HttpRequest, is_local

BACKLOG = 512
"""Connections that may wait to be accepted: a whole evaluation starts at once."""

_TICK = 0.1
"""Seconds between looks at what has waited long enough."""


@asynccontextmanager
async def open_relay(
    name: str,
    operator: str,
    port: int,
    log: Callable[[str], None],
    patience: Patience | None = None,
) -> AsyncIterator[str]:
    """Serve on 127.0.0.1 (port 0 takes a free one) and give the address; closes at the end.

    `log` gets one line an event. Raises InputError when the name or the port cannot be used.
    """
    if not re.fullmatch(r"[a-z0-9][a-z0-9._-]*", name):
        cure = "Use lower-case letters, digits, dots and dashes, such as claude."
        raise InputError([Problem("--name", f"{name!r} cannot be part of a model's name", cure)])
    relay = _Relay(f"relay/{name}", operator, log, patience or Patience())
    try:
        server = await asyncio.start_server(relay.accept, "127.0.0.1", port, backlog=BACKLOG)
    except (OSError, OverflowError) as error:
        cure = "Choose another port, or stop what listens there."
        raise InputError([Problem(f"--port {port}", str(error), cure)]) from error
    ticking = asyncio.create_task(relay.sweep_forever())
    try:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
    finally:
        server.close()
        await relay.close(ticking)
        await server.wait_closed()


class _Relay:
    def __init__(
        self, model: str, operator: str, log: Callable[[str], None], patience: Patience
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._model, self._operator, self._log = model, operator, log
        self._conversations = Conversations(self._loop.time, self._log_event, patience)
        self._changed = self._loop.create_future()
        self._tasks: set[asyncio.Task[None]] = set()
        self._connections: dict[int, ClientConnection] = {}
        self._accepted = 0

    def accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Serve a new connection in a task of its own."""
        self._accepted += 1
        connection = ClientConnection(reader, writer, self._accepted)
        self._connections[connection.number] = connection
        task = self._loop.create_task(self._serve(connection))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def sweep_forever(self) -> None:
        """Finish what nobody follows up, for ever."""
        while True:
            await asyncio.sleep(_TICK)
            self._conversations.sweep()

    async def close(self, *others: asyncio.Task[None]) -> None:
        """End every connection."""
        tasks = [*self._tasks, *others]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _log_event(self, conversation: str, turn: int, event: str) -> None:
        self._log(f"{conversation} turn {turn} {event}")
        self._changed.set_result(None)
        self._changed = self._loop.create_future()

    async def _serve(self, connection: ClientConnection) -> None:
        try:
            while await self._serve_request(connection):
                pass
        except HangUpError:
            pass
        finally:
            self._conversations.note_hang_up(connection.number)
            del self._connections[connection.number]
            await connection.close()

    async def _serve_request(self, connection: ClientConnection) -> bool:
        """Answer one request; False when the connection is to be closed. Raises HangUpError."""
        id_ = f"req_{secrets.token_urlsafe(18)}"
        try:
            request = await connection.receive()
        except RequestError as error:
            await connection.send(
                error.status,
                anthropic_messages.build_failure(error),
                {anthropic_messages.REQUEST_ID: id_},
            )
            return False
        api = APIS.get(request.path, anthropic_messages)
        # Reading goes on while the answer is waited for: only so is a client's leaving noticed.
        gone = self._loop.create_task(connection.wait_until_gone())
        try:
            body = await self._answer(request, connection.number, gone)
            status = 200
        except RequestError as error:
            status, body = error.status, api.build_failure(error)
        except InputError as error:
            status = 422
            body = {"problems": [[p.where, p.found, p.cure] for p in error.problems]}
        finally:
            gone.cancel()
            await asyncio.wait({gone})
        await connection.send(status, body, {api.REQUEST_ID: id_})
        return not connection.must_close

    async def _answer(
        self, request: HttpRequest, carrier: int, gone: asyncio.Task[None]
    ) -> dict[str, Any]:
        if not is_local(request):
            raise RequestError(403, "permission_error", "Web pages may not use the relay")
        match request.method, request.path:
            case "POST", path if path in APIS:
                return await self._await_answer(
                    APIS[path], parse_object(request.body), carrier, gone
                )
            case "POST", "/relay/take":
                return await self._await_turn(parse_object(request.body), gone)
            case "POST", "/relay/answer":
                return self._deliver_answer(parse_object(request.body))
        raise RequestError(
            404, "not_found_error", f"There is no {request.method} {request.path} here"
        )

    async def _await_answer(
        self, api: RelayApi, body: dict[str, Any], carrier: int, gone: asyncio.Task[None]
    ) -> dict[str, Any]:
        request = api.normalise_request(body, self._model)
        self._note_closed()
        turn = self._conversations.ask(api, request, carrier)
        while turn.reply is None:
            await self._wait_for_change(gone, math.inf)
        return turn.reply

    async def _await_turn(self, order: dict[str, Any], gone: asyncio.Task[None]) -> dict[str, Any]:
        """Wait for a turn, of one conversation or of any that nobody has taken."""
        id_, wait = order.get("id"), order.get("wait")
        if not isinstance(id_, str | None) or not isinstance(wait, int | float):
            raise RequestError(400, "invalid_request_error", "id is a string, wait is in seconds")
        end = self._loop.time() + wait
        while True:
            self._note_closed()
            view = self._conversations.take() if id_ is None else self._conversations.look(id_)
            if isinstance(view, View):
                return {"state": "turn", "turn": view.model_dump()}
            if view == "finished":
                return {"state": "finished"}
            if self._loop.time() >= end:
                return {"state": "nothing"}
            await self._wait_for_change(gone, end)

    def _deliver_answer(self, order: dict[str, Any]) -> dict[str, Any]:
        self._note_closed()
        turn = self._conversations.find_answerable(str(order.get("id")))
        if turn == "finished":
            return {"state": "finished"}
        blocks = read_answer(str(order.get("text")), tuple(turn.body.get("tools") or ()))
        self._conversations.answer(turn, blocks, self._operator)
        return {"state": "delivered"}

    def _note_closed(self) -> None:
        """Note clients that are gone before their own tasks do, which wake a little later."""
        for connection in self._connections.values():
            if connection.closed:
                self._conversations.note_hang_up(connection.number)

    async def _wait_for_change(self, gone: asyncio.Task[None], end: float) -> None:
        """Wait until something changed or the time has come.

        Raises HangUpError when the client is gone.
        """
        left = None if math.isinf(end) else max(0.0, end - self._loop.time())
        await asyncio.wait({gone, self._changed}, timeout=left, return_when=asyncio.FIRST_COMPLETED)
        if gone.done():
            raise HangUpError
