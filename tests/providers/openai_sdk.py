"""How OpenAI's own SDK puts a stream together."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import httpx2
import openai


def completion(content: bytes) -> dict[str, Any]:
    """Read a streamed completion, without the numbers of calls, which the SDK keeps."""
    asked: Any = [{"role": "user", "content": "Hi"}]
    with (
        _client(content) as client,
        client.chat.completions.stream(model="gpt-x", messages=asked) as stream,
    ):
        whole = stream.get_final_completion().to_dict()
    (choice,) = whole["choices"]
    for call in choice["message"].get("tool_calls") or ():
        call.pop("index", None)
    return whole


def response(content: bytes) -> dict[str, Any]:
    """Read a streamed response, without what the SDK parses of it by itself."""
    with _client(content) as client, client.responses.stream(model="gpt-x", input="Hi") as stream:
        whole = stream.get_final_response().to_dict()
    for item in whole["output"]:
        item.pop("parsed_arguments", None)
        for part in item.get("content") or ():
            part.pop("parsed", None)
    return whole


def without_nulls(value: Any) -> Any:
    """Leave out what is null, at every depth."""
    if isinstance(value, dict):
        return {key: without_nulls(one) for key, one in value.items() if one is not None}
    return [without_nulls(one) for one in value] if isinstance(value, list) else value


@contextmanager
def _client(content: bytes) -> Iterator[openai.OpenAI]:
    def answer(_: httpx2.Request) -> httpx2.Response:
        headers = {"content-type": "text/event-stream"}
        return httpx2.Response(200, content=content, headers=headers)

    http = httpx2.Client(transport=httpx2.MockTransport(answer))
    with openai.OpenAI(api_key="none", http_client=http, max_retries=0) as client:
        yield client
