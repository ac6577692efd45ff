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
from typing import TYPE_CHECKING, Any

from promptverdict.core.errors import ContextOverflow, ProviderError
from promptverdict.providers.failures import read_error_words
from promptverdict.providers.wire import is_stream, parse_json, read_event_data, shorten_to_line

if TYPE_CHECKING:
    import httpx2

_REFUSES = {
    401: "the key is not accepted",
    402: "there is no credit",
    403: "the key may not do this",
    404: "there is no such model or address",
    407: "the proxy does not accept our credentials",
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

    reason: str
    wait: float | None = None
    """Seconds that the provider says to wait, not negative, maybe infinite."""
    crowded: bool = False
    """Whether the provider has too much to do, or says that we ask too much."""
    status: int | None = None
    """None where no whole answer came."""


def find_lasting_refusal(response: httpx2.Response) -> str | None:
    """Return why every further request would be refused as well, or None."""
    status, content = response.status_code, response.content
    if status in (400, 429) and _NO_CREDIT.search(_read_kind_and_message(content)):
        return _REFUSES[402]
    return _REFUSES.get(status)


def find_trouble(response: httpx2.Response, read: Callable[[bytes], object]) -> Trouble | None:
    """Return why a whole answer is to be asked for again, or None; refusals that last aside.

    read: the provider's own reader, which knows where its streams end.
    """
    status, content = response.status_code, response.content
    if status in (408, 409, 429) or status >= 500:
        reason = f"HTTP {status}: {read_error_words(content, 200) or 'nothing else is said'}"
        says_crowded = bool(_CROWDED.search(_read_kind_and_message(content)))
        crowded = status in (429, 529) or (status >= 500 and says_crowded)
        return Trouble(reason, read_retry_after(response.headers), crowded, status)
    return None if status >= 300 else _find_broken_answer(content, read)


def _find_broken_answer(content: bytes, read: Callable[[bytes], object]) -> Trouble | None:
    """Return why an answer that was begun is to be asked for again, or None.

    A plain body that cannot be read and that names no error is no trouble: it was paid for and
    would come like this again.
    """
    error = _read_stream_error(content) if is_stream(content) else _read_plain_error(content)
    if error or is_stream(content):
        try:
            read(content)
        except ContextOverflow:
            pass
        except ProviderError as failed:
            kind, reason = _read_kind(error), shorten_to_line(str(failed), 300)
            if not _LASTING.search(kind):
                return Trouble(reason, crowded=bool(_CROWDED.search(kind)))
    return None


def read_retry_after(headers: httpx2.Headers, now: Callable[[], float] = time.time) -> float | None:
    """Read how many seconds to wait, given as such or as a date; None for what is neither."""
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
    """Return whether what kept an answer from coming would keep the next one from coming too."""
    import httpx2

    if isinstance(error, httpx2.LocalProtocolError | httpx2.UnsupportedProtocol):
        return True
    # A tunnel that a proxy refuses has no response: the status stands in the words alone.
    if isinstance(error, httpx2.ProxyError) and "407" in str(error):
        return True
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, ssl.SSLCertVerificationError):
            return True
        cause = cause.__cause__ or cause.__context__
    return False


def _read_kind_and_message(content: bytes) -> str:
    """Return the kind and the message of a plain body's error, to look for words in."""
    error = _read_plain_error(content)
    return f"{_read_kind(error)} {error.get('message')}"


def _read_kind(error: dict[str, Any]) -> str:
    return f"{error.get('type')} {error.get('code')}"


def _read_plain_error(content: bytes) -> dict[str, Any]:
    try:
        return _find_error(parse_json(content))
    except ValueError:
        return {}


def _read_stream_error(content: bytes) -> dict[str, Any]:
    for data in read_event_data(content):
        try:
            event = parse_json(data)
        except ValueError:
            continue
        if error := _find_error(event):
            return error
    return {}


def _find_error(body: Any) -> dict[str, Any]:
    match body:
        case {"error": dict(error)} | {"response": {"error": dict(error)}}:
            return error
        case {"type": "error"}:
            return {**body, "type": None}
    return {}
