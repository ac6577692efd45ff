"""The calls of those who answer: take a turn, deliver an answer."""

from __future__ import annotations

import http.client
import json
from typing import Any, Literal
from urllib.parse import urlsplit

from promptverdict.core.errors import InputError, Problem, ProviderError
from promptverdict.providers.relay.canonical import View

URL = "http://127.0.0.1:8765"
WAIT = 540.0
"""Seconds that taking a turn waits for one: under the ten minutes that agents give a command."""

_SPARE = 30.0
"""Seconds that the relay has for its own work."""


def take(
    url: str, conversation: str | None = None, wait: float = WAIT
) -> View | Literal["finished", "nothing"]:
    """Take a conversation that nobody has taken, or wait for the next turn of one.

    `nothing` says that none came within `wait` seconds. Raises InputError when the relay knows no
    such conversation, ProviderError when no relay answers.
    """
    reply = _post(url, "/relay/take", {"id": conversation, "wait": wait}, wait + _SPARE)
    match reply:
        case {"state": "turn", "turn": dict(turn)}:
            return View.model_validate(turn)
        case {"state": "finished"}:
            return "finished"
        case {"state": "nothing"}:
            return "nothing"
    raise _build_not_a_relay(url)


def answer(url: str, conversation: str, text: str) -> Literal["delivered", "finished"]:
    """Deliver an answer in either form; `finished` says that whoever asked is gone.

    Raises InputError when the answer cannot be used (it can be sent again), ProviderError when no
    relay answers.
    """
    match _post(url, "/relay/answer", {"id": conversation, "text": text}, _SPARE):
        case {"state": "delivered"}:
            return "delivered"
        case {"state": "finished"}:
            return "finished"
    raise _build_not_a_relay(url)


def _post(url: str, path: str, order: dict[str, Any], timeout: float) -> Any:
    host, port = _split_address(url)
    # Not urllib's opener: it would send what is asked on this machine to a proxy it finds set.
    connection = http.client.HTTPConnection(host, port, timeout=timeout)
    try:
        connection.request("POST", path, json.dumps(order), {"content-type": "application/json"})
        response = connection.getresponse()
        status, raw = response.status, response.read()
    except (OSError, http.client.HTTPException) as error:
        raise ProviderError(
            f"No relay answers at {url}: {error}\n"
            "  Start one with `promptverdict relay serve`, or give its address with --url."
        ) from error
    finally:
        connection.close()
    try:
        body = json.loads(raw)
    except ValueError as error:
        raise _build_not_a_relay(url) from error
    match body:
        case {"problems": list(problems)} if status == 422:
            raise InputError(Problem(*problem) for problem in problems)
    return body


def _split_address(url: str) -> tuple[str, int]:
    try:
        place = urlsplit(url)
        if place.scheme == "http" and place.hostname:
            return place.hostname, place.port or 80
    except ValueError:
        pass  # told below: no number, or one that is no port
    raise InputError(
        [Problem("--url", f"{url!r} is not the address of a relay", f"Such as {URL}.")]
    )


def _build_not_a_relay(url: str) -> ProviderError:
    return ProviderError(
        f"What answers at {url} is not a relay\n"
        "  Give the relay's address with --url; `promptverdict relay serve` prints it."
    )
