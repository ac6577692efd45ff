"""Exchanges that others recorded with the real services: evidence from outside the project."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import yaml

_BESIDE = Path(__file__).parents[2].parent / "shared" / "data"
FOLDER = Path(os.environ.get("PROMPTVERDICT_DATA", _BESIDE)) / "real_cassettes"
"""Where the recordings lie; they are not part of the project, so the folder may be absent."""


@dataclass(frozen=True)
class Exchange:
    """One request and what the service answered."""

    method: str
    path: str
    """Of the URL, without host and query."""
    request_body: dict[str, Any] | None
    """None where it was no JSON object."""
    status: int
    response_headers: dict[str, str]
    """Names in lower case."""
    response_body: bytes


def recordings(prefix: str) -> list[Path]:
    """Give the recordings whose name begins so, in order; none where the folder is absent."""
    return sorted(path for path in FOLDER.glob("*.yaml") if path.name.startswith(prefix))


def exchanges(path: Path) -> list[Exchange]:
    """Read a recording: vcrpy's format, with JSON kept parsed."""
    recorded = yaml.load(path.read_text(encoding="utf-8"), yaml.CSafeLoader)
    return [_exchange(**interaction) for interaction in recorded["interactions"]]


def _exchange(request: dict[str, Any], response: dict[str, Any]) -> Exchange:
    asked = request.get("parsed_body")
    return Exchange(
        method=request["method"],
        path=urlsplit(request["uri"]).path,
        request_body=asked if isinstance(asked, dict) else None,
        status=response["status"]["code"],
        response_headers={name.lower(): ", ".join(v) for name, v in response["headers"].items()},
        response_body=_content(response),
    )


def _content(response: dict[str, Any]) -> bytes:
    if "parsed_body" in response:
        return json.dumps(response["parsed_body"], ensure_ascii=False).encode()
    body = response["body"]["string"]
    return body if isinstance(body, bytes) else body.encode()
