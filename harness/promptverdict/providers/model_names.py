"""The name under which a model answers. Pure."""

from __future__ import annotations

import json
import re

import httpx2

from promptverdict.providers.wire import is_stream, parse_json, read_event_data

_PATH = re.compile(r"(?:file://)?(?:/|~/|[A-Za-z]:[\\/]).*[\\/]([^\\/]+)[\\/]*", re.DOTALL)
"""A path on the server's machine; `org/model` is none."""


def shorten_model_path(response: httpx2.Response) -> httpx2.Response:
    """Return an answer in which a model that is named by its file's path has the file's name.

    A server of local models without an alias (llama.cpp) names its file so. The path tells a
    machine and a user, and a recording with it would be refused.
    """
    path = _read_model(response.content)
    named = _PATH.fullmatch(path)
    if named is None:
        return response
    # The bytes are changed and not the JSON: all the rest is kept as it came.
    content = response.content
    for written in {json.dumps(path), json.dumps(path, ensure_ascii=False)}:
        key = rb'("model"\s*:\s*)' + re.escape(written.encode("utf-8", "surrogatepass"))
        name = json.dumps(named[1]).encode()
        content = re.sub(key, rb"\1" + name.replace(b"\\", rb"\\"), content)
    return httpx2.Response(
        response.status_code,
        headers=response.headers,
        content=content,
        extensions=response.extensions,
    )


def _read_model(content: bytes) -> str:
    """Read which model an answer, plain or streamed, says it came from; empty where it is not."""
    texts = read_event_data(content) if is_stream(content) else [content]
    for text in texts:
        try:
            body = parse_json(text)
        except ValueError:
            continue
        match body:
            case (
                {"model": str(name)}
                | {"message": {"model": str(name)}}
                | {"response": {"model": str(name)}}
            ):
                return name
    return ""
