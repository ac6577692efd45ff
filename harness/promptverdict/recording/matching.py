"""What a request of a replay is matched by, and how two requests differ."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from vcr.request import Request

REQUEST_HEADERS = frozenset({"content-type", "anthropic-version", "anthropic-beta", "openai-beta"})
"""All that is stored of a request's headers: others name keys, machines and versions."""

ENDPOINTS = ("/messages", "/chat/completions", "/responses")
"""How a request's path may end; no recording says where its API was served."""


def prepare_request(request: Request) -> Request:
    """Leave out what names a machine or an account, and note what a request is matched by."""
    from vcr.request import Request

    path = shorten_path(urlsplit(request.uri).path)
    headers = {
        name: value for name, value in request.headers.items() if name.lower() in REQUEST_HEADERS
    }
    stored = Request(request.method, path, request.body, headers)
    # vcrpy prepares a request again at each look-up, and hashing a long conversation takes time.
    stored.key = getattr(request, "key", None) or _hash_request(request.method, path, request.body)
    return stored


def shorten_path(path: str) -> str:
    """Leave out where an API is served: the place may be a company's own, and it may move."""
    return next((f"/v1{end}" for end in ENDPOINTS if path.endswith(end)), path)


def _hash_request(method: str, path: str, body: bytes | None) -> str:
    try:
        text = json.dumps(json.loads(body or b"null"), sort_keys=True)
    except (ValueError, RecursionError):
        text = repr(body)
    return hashlib.sha256(f"{method} {path}\n{text}".encode()).hexdigest()


def is_same(recorded: Request, request: Request) -> bool:
    """Whether two prepared requests ask the same, whatever the order of their keys."""
    return bool(recorded.key == request.key)


def find_difference(old: str | bytes | None, new: str | bytes | None) -> str:
    """Return the first difference of two requests' bodies in words."""
    try:
        bodies = json.loads(old or b""), json.loads(new or b"")
        return _find_body_difference(*bodies, "") or "the path differs"
    except (TypeError, ValueError, RecursionError):
        return "the bodies differ"


def _find_body_difference(old: Any, new: Any, at: str) -> str | None:
    if isinstance(old, dict) and isinstance(new, dict):
        for key in sorted({*old, *new}):
            name = f"{at}.{key}" if at else key
            if key not in old or key not in new:
                return f"{name} is only in the {'recording' if key in old else 'request'}"
            if difference := _find_body_difference(old[key], new[key], name):
                return difference
        return None
    if isinstance(old, list) and isinstance(new, list):
        for number, entries in enumerate(zip(old, new, strict=False)):
            if difference := _find_body_difference(*entries, f"{at}[{number}]"):
                return difference
        return (
            None if len(old) == len(new) else f"{at} has {len(new)} entries instead of {len(old)}"
        )
    return None if old == new else f"{at} was {format_briefly(old)} and is {format_briefly(new)}"


def format_briefly(value: Any) -> str:
    """Return a value as Python writes it, cut to 60 characters."""
    text = repr(value)
    return text if len(text) <= 60 else f"{text[:57]}..."
