"""What an answer that is none means: ask again, ask no more in this run, or neither. Pure.

The providers agree in their statuses and, under `error`, in how they name what went wrong.
"""

from __future__ import annotations

import math
import re
import ssl
import time
from collections.abc import Callable
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from typing import Any

import httpx2

from promptverdict.core.errors import ContextOverflow, ProviderError, RefusedByProvider
from promptverdict.providers.wire import is_stream, parse_json, read_event_data, shorten_to_line

_REFUSES = {
    401: "the key is not accepted",
    402: "there is no credit",
    403: "the key may not do this",
    404: "there is no such model or place",
}
"""Statuses that every further request would meet too."""

_NO_CREDIT = re.compile(r"credit balance is too low|insufficient_quota", re.IGNORECASE)
"""How providers say it with a status that means other things as well."""

_CROWDED = re.compile(r"overloaded|rate_limit|too_many_requests|slow_down|429|529", re.IGNORECASE)

_LASTING = re.compile(
    r"invalid|authentication|permission|not_found|too_large|billing|quota|unsupported"
    r"|\b(?:40[0-4]|413|422)\b",
    re.IGNORECASE,
)
"""Kinds of error in an answer that was begun, which asking again does not cure."""


@dataclass(frozen=True)
class Trouble:
    """Why a request has to be made again."""

    told: str
    wait: float | None = None
    """Seconds that the provider says to wait, not negative, maybe infinite."""
    crowded: bool = False
    """Whether the provider has too much to do, or says that we ask too much."""
    status: int | None = None
    """None where no whole answer came."""


def find_refusal(response: httpx2.Response, url: str) -> RefusedByProvider | None:
    """Say whether a whole answer means that every further request is refused as well."""
    status, content = response.status_code, response.content
    if status < 400:
        return None
    why = _REFUSES.get(status)
    if status in (400, 429) and _NO_CREDIT.search(_said(content)):
        why = _REFUSES[402]
    if why is None:
        return None
    return RefusedByProvider(
        f"{url} refuses this run, {why}: HTTP {status}: {_text(content)}\n"
        "  no more is recorded; mend this first: the end of the run says how to record the rest"
    )


def find_trouble(response: httpx2.Response, read: Callable[[bytes], object]) -> Trouble | None:
    """Say whether a whole answer is to be asked for again; neither is what `refusal` tells.

    read: the provider's own reader, which knows where its streams end. A plain body that it cannot
    read and that names no error is no trouble: it was paid for and would come like this again.
    """
    status, content = response.status_code, response.content
    if status in (408, 409, 429) or status >= 500:
        told = f"HTTP {status}: {_text(content)}"
        crowded = status in (429, 529) or bool(status >= 500 and _CROWDED.search(_said(content)))
        return Trouble(told, read_retry_after(response.headers), crowded, status)
    if status >= 400:
        return None
    error = _stream_error(content) if is_stream(content) else _plain_error(content)
    if not error and not is_stream(content):
        return None
    try:
        read(content)
    except ContextOverflow:
        return None
    except ProviderError as failed:
        kind = _kind(error)
        told = shorten_to_line(str(failed), 300)
        return None if _LASTING.search(kind) else Trouble(told, crowded=bool(_CROWDED.search(kind)))
    return None


def read_retry_after(headers: httpx2.Headers, now: Callable[[], float] = time.time) -> float | None:
    """Read how many seconds to wait, told as such or as a date; None for what is neither."""
    value = headers.get("retry-after")
    if value is None:
        return None
    try:
        seconds = float(value)
    except ValueError:
        try:
            seconds = parsedate_to_datetime(value).timestamp() - now()
        except (ValueError, OverflowError):
            return None
    return None if math.isnan(seconds) else max(0.0, seconds)


def is_lasting(error: Exception) -> bool:
    """Whether what kept an answer from coming would keep the next one from coming too."""
    if isinstance(error, httpx2.LocalProtocolError | httpx2.UnsupportedProtocol):
        return True
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _text(content: bytes) -> str:
    """Tell what an error's body says, on one line."""
    error = _plain_error(content)
    said = error.get("message")
    text = said if isinstance(said, str) else content[:2000].decode("utf-8", "replace")
    return shorten_to_line(text, 200) or "nothing else is said"


def _said(content: bytes) -> str:
    """Give the kind and the message of a plain body's error, to look for words in."""
    error = _plain_error(content)
    return f"{_kind(error)} {error.get('message')}"


def _kind(error: dict[str, Any]) -> str:
    return f"{error.get('type')} {error.get('code')}"


def _plain_error(content: bytes) -> dict[str, Any]:
    try:
        return _error(parse_json(content))
    except ValueError:
        return {}


def _stream_error(content: bytes) -> dict[str, Any]:
    for data in read_event_data(content):
        try:
            event = parse_json(data)
        except ValueError:
            continue
        if found := _error(event):
            return found
    return {}


def _error(body: Any) -> dict[str, Any]:
    match body:
        case {"error": dict(error)} | {"response": {"error": dict(error)}}:
            return error
        case {"type": "error"}:
            return {**body, "type": None}
    return {}
