"""What the modules of the providers share: reading what a stranger wrote, and the SDKs' errors."""

from __future__ import annotations

import gc
import json
import re
import sys
from collections.abc import Iterator, Mapping
from importlib import import_module
from typing import Any

from promptverdict.core.errors import ContextOverflow, HarnessError, ProviderError

MAX_DEPTH = 64
"""How deep an answer may be nested: a cassette, which holds it, is read to a depth of 100."""

_OVERFLOW = re.compile(
    r"prompt is too long|context_length_exceeded|maximum context length"
    r"|exceed.{0,40}context (?:window|limit|length|size)",
    re.IGNORECASE,
)
"""How providers say that a conversation no longer fits; none has a status of its own for it."""

_LINE_END = re.compile(r"\r\n|\n|\r")
"""Not `splitlines`, which also ends a line at characters that stand inside JSON."""


def import_sdk(sdk: str) -> None:
    """Import an SDK, the first time without the garbage collector.

    It makes a great many objects that all stay: looking through them again and again takes a
    seventh of the import, and as long once more when pytest collects at its end.
    """
    if sdk in sys.modules:
        return
    gc.collect()  # so that nothing which is garbage already is kept
    collects = gc.isenabled()
    gc.disable()
    try:
        import_module(sdk)
        gc.freeze()
    finally:
        if collects:
            gc.enable()


def merge_parameters(body: dict[str, Any], parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Put parameters over a request's body; one that is None takes its key away."""
    return {key: value for key, value in (body | dict(parameters)).items() if value is not None}


def parse_json(content: bytes | str) -> Any:
    """Parse JSON into data that can be sent and stored again: halves of characters are replaced.

    Raises ValueError for what is not JSON, or nested deeper than MAX_DEPTH.
    """
    try:
        return _sound(json.loads(content), 0)
    except RecursionError:
        raise ValueError("nested too deeply") from None


def read_event_data(content: bytes) -> Iterator[str]:
    """Give the data of each event of a stream, in order; events without any are left out.

    An event that was cut off at the stream's end is given as far as it came.
    """
    data: list[str] = []
    for line in (*_LINE_END.split(content.decode("utf-8-sig", "replace")), ""):
        field, _, value = line.partition(":")
        if field == "data":
            data.append(value.removeprefix(" "))
        elif not line:
            if any(data):
                yield "\n".join(data)
            data = []


def is_stream(content: bytes) -> bool:
    """Whether a body is a stream of events and not one JSON document."""
    return content.lstrip().startswith((b"event:", b"data:", b":"))


def read_count(value: object) -> int | None:
    """Read a number of tokens; whatever is no such number is unknown, not zero."""
    return value if type(value) is int and value >= 0 else None


def is_agents_outcome(status: int, content: bytes) -> bool:
    """Whether a refusal is the agent's own outcome, which a recording holds, and no fault."""
    return status == 400 and _overflows(content)


def build_failure(content: bytes | str, told: str) -> ProviderError:
    """Give the error that a body without an answer stands for, in the words `told`."""
    raw = content.encode() if isinstance(content, str) else content
    return ContextOverflow(told) if _overflows(raw) else ProviderError(told)


def build_unreadable(content: bytes, what: str) -> ProviderError:
    """Give the error of a body that is not `what`: an article and a noun."""
    text = shorten_to_line(content.decode("utf-8", "replace"), 80)
    return build_failure(content, f"The API's answer is not {what}: {text}")


def build_early_end(content: bytes, end: str) -> ProviderError:
    """Give the error of a stream that stopped before `end`, which every whole one has."""
    last = shorten_to_line(content[-400:].decode("utf-8", "replace"), 400)[-80:]
    return ProviderError(f"The stream ended early, before {end}: {last}")


def translate_error(error: Exception, root: type[Exception]) -> Exception:
    """Find the error of ours that an SDK wrapped, or name the provider's own.

    root: the class of all the SDK's errors; any other is given back as it is.
    """
    cause: BaseException | None = error
    seen: list[BaseException] = []
    # An error that is raised again may have become a cause of itself.
    while cause is not None and not any(cause is one for one in seen):
        if isinstance(cause, HarnessError):
            return cause
        seen.append(cause)
        cause = cause.__cause__ or cause.__context__
    if not isinstance(error, root):
        return error
    request, response = (getattr(error, name, None) for name in ("request", "response"))
    asked = f"{request.url}: " if request is not None else ""
    why = f" ({error.__cause__})" if str(error.__cause__ or "") else ""
    if response is not None and not _repeats(str(error), response.content):
        # OpenAI's SDK repeats no words that are not where OpenAI writes them.
        why = f" - {response.text}"
    told = shorten_to_line(f"{asked}{type(error).__name__}: {error}{why}", 500)
    if response is not None and is_agents_outcome(response.status_code, response.content):
        return ContextOverflow(told)
    return ProviderError(told)


def shorten_to_line(text: str, longest: int) -> str:
    """Put a text on one line of so many characters at most."""
    return " ".join(text.split())[:longest]


def _repeats(message: str, content: bytes) -> bool:
    """Whether an SDK's message holds what a refusal's body says."""
    try:
        body = parse_json(content)
    except ValueError:
        body = None
    match body:
        case {"error": {"message": str(words)}}:
            return words in message
    return content.decode("utf-8", "replace").strip() in message


def _overflows(content: bytes) -> bool:
    """Look at what the provider says, never at what it quotes: the error's code and message."""
    try:
        body = parse_json(content)
    except ValueError:
        return False
    match body:
        case {"error": {**error}}:
            said = (error.get("code"), error.get("message"))
            return any(isinstance(one, str) and bool(_OVERFLOW.search(one)) for one in said)
    return False


def _sound(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise ValueError("nested too deeply")
    if isinstance(value, dict):
        return {_sound(key, depth): _sound(one, depth + 1) for key, one in value.items()}
    if isinstance(value, list):
        return [_sound(one, depth + 1) for one in value]
    if isinstance(value, str) and not value.isascii():
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value
