"""The errors of ours that an answer without an answer stands for, in the service's own words."""

from __future__ import annotations

import re

from promptverdict.core.errors import ContextOverflow, HarnessError, ProviderError
from promptverdict.core.secrets import format_address
from promptverdict.providers.wire import parse_json, shorten_to_line

_OVERFLOW = re.compile(
    r"prompt is too long|context_length_exceeded|maximum context length"
    r"|exceed.{0,40}context (?:window|limit|length|size)"
    r"|longer than the (?:maximum )?model(?:'s context)? length|maximum prompt length"
    r"|input is too long|prompt exceeds max length|exceeded model token limit"
    r"|input token count .{0,40}exceeds the maximum|inputs?`? tokens \+ `?max_new_tokens"
    r"|context the overflows|range of input length should be"
    r"|too many tokens: total number of tokens",
    re.IGNORECASE,
)
"""How providers say that a conversation no longer fits; none has a status of its own for it."""
_OVERFLOW_STATUSES = (400, 413, 422)


def is_overflow(status: int, content: bytes) -> bool:
    """Return whether a refusal says that the conversation no longer fits the model."""
    return status in _OVERFLOW_STATUSES and _is_overflow_body(content)


def read_error_words(content: bytes, longest: int = 300) -> str:
    """Return what the body of a refusal says, on one line: its error's message, or all of it."""
    try:
        body = parse_json(content)
    except ValueError:
        body = None
    if isinstance(body, list) and body:
        body = body[0]
    match body:
        case {"error": {"message": str(words)}} | {"error": str(words)}:
            pass
        case {"message": str(words)} | {"detail": str(words)} | {"error": {"code": str(words)}}:
            pass
        case _:
            words = content.decode("utf-8", "replace")
    return shorten_to_line(words, longest)


def build_failure(content: bytes | str, message: str) -> ProviderError:
    """Build the error that a body without an answer stands for: an overflow where it says so."""
    raw = content.encode() if isinstance(content, str) else content
    return (
        ContextOverflow(message, read_error_words(raw))
        if _is_overflow_body(raw)
        else ProviderError(message)
    )


def build_unreadable(content: bytes, what: str) -> ProviderError:
    """Build the error of a body that is not `what`: an article and a noun."""
    text = shorten_to_line(content.decode("utf-8", "replace"), 80)
    return build_failure(content, f"The API's answer is not {what}: {text}")


def build_early_end(content: bytes, end: str) -> ProviderError:
    """Build the error of a stream that stopped before `end`, which every whole one has."""
    # Looked at is more than is shown: a key that stands across the cut must be seen whole.
    last = shorten_to_line(content[-4000:].decode("utf-8", "replace"), 4000)[-80:]
    return ProviderError(f"The stream ended early, before {end}: {last}")


def translate_error(error: Exception, root: type[Exception]) -> Exception:
    """Return the error of ours that an SDK wrapped, or one of ours for the provider's own.

    root: the class of all the SDK's errors; any other is returned as it is.
    """
    cause: BaseException | None = error
    seen: list[BaseException] = []
    # An error that is raised again may have become a cause of itself.
    while cause is not None and not any(cause is known for known in seen):
        if isinstance(cause, HarnessError):
            return cause
        seen.append(cause)
        cause = cause.__cause__ or cause.__context__
    if not isinstance(error, root):
        return error
    request, response = (getattr(error, name, None) for name in ("request", "response"))
    place = f"{format_address(str(request.url))}: " if request is not None else ""
    why = f" ({error.__cause__})" if str(error.__cause__ or "") else ""
    if response is not None and str(error) == f"Error code: {response.status_code}":
        # OpenAI's SDK repeats no words that are not where OpenAI writes them.
        why = f" - {response.text}"
    message = shorten_to_line(f"{place}{type(error).__name__}: {error}{why}", 500)
    if response is None:
        return ProviderError(message)
    words = read_error_words(response.content)
    overflows = is_overflow(response.status_code, response.content)
    return ContextOverflow(message, words) if overflows else ProviderError(message, words)


def _is_overflow_body(content: bytes) -> bool:
    """Look at what the provider says, never at what it quotes: the error's code and message."""
    try:
        body = parse_json(content)
    except ValueError:
        return False
    if isinstance(body, list) and body:  # Google's service puts its error into a list
        body = body[0]
    match body:
        case {"error": {**error}}:
            words = (error.get("code"), error.get("message"))
        case {"error": str(said)} | {"message": str(said)} | {"detail": str(said)}:
            words = (said, None)
        case _:
            return False
    return any(isinstance(word, str) and bool(_OVERFLOW.search(word)) for word in words)
