"""Anthropic's Messages API through its own SDK, and the relay, which speaks the same.

`request` and `read` are pure: the digest is taken of what `request` builds, and a recording is read
back with `read`, without the SDK. Streaming, caching and thinking are parameters, off by default.
"""

from __future__ import annotations

import json
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

from pydantic import ValidationError

from harness.errors import HarnessError, ProviderError
from harness.transcript import (
    Answered,
    Block,
    Call,
    Event,
    Message,
    Opaque,
    Result,
    Say,
    Usage,
    User,
    messages,
)

if TYPE_CHECKING:
    import httpx2
    from anthropic import AsyncAnthropic

SDK = "anthropic"
KEY = "ANTHROPIC_API_KEY"
URL = "https://api.anthropic.com"
URL_VARIABLE = "ANTHROPIC_BASE_URL"

MAX_TOKENS = 32_000
"""Far above the longest answer seen (some 12,000 tokens of code)."""

TIMEOUT = 3600.0
"""Seconds for one answer. Explicit, or the SDK refuses a long plain request; as long as a person
who answers by hand may take."""

_STOPS = {
    "tool_use": "calls",
    "end_turn": "done",
    "stop_sequence": "done",
    "max_tokens": "length",
    "refusal": "refusal",
}


_NONE: Mapping[str, Any] = MappingProxyType({})


def request(
    model: str,
    system: str,
    tools: tuple[dict[str, Any], ...],
    events: tuple[Event, ...],
    parameters: Mapping[str, Any] = _NONE,
) -> dict[str, Any]:
    """Build the body of the next request. Frozen: a change here makes every recording stale."""
    body: dict[str, Any] = {
        "model": model,
        "max_tokens": MAX_TOKENS,
        "system": system,
        "messages": [_message(message) for message in messages(events)],
    }
    if tools:
        body["tools"] = list(tools)
    return body | dict(parameters)


def parts(body: dict[str, Any]) -> dict[str, Any]:
    """Take a first request apart into what a digest names."""
    rest = dict(body)
    return {
        "model": rest.pop("model"),
        "system": rest.pop("system"),
        "tools": rest.pop("tools", None),
        "message": rest.pop("messages"),
        "parameters": rest,
    }


def read(content: bytes) -> tuple[tuple[Block, ...], Answered]:
    """Read the body of an answer.

    Raises ProviderError when it is not a message.
    """
    try:
        body: object = json.loads(content)
    except ValueError:
        body = content.decode("utf-8", "replace")
    match body:
        case {"type": "message", "content": [*blocks], **rest}:
            try:
                return tuple(_block(block) for block in blocks), _answered(rest)
            except ValidationError:
                pass
    raise ProviderError(f"The API's answer is not a message: {_on_one_line(str(body), 80)}")


class AnthropicModel:
    """A model behind the Messages API, as one conversation sees it."""

    def __init__(
        self,
        client: AsyncAnthropic,
        model: str,
        system: str,
        tools: tuple[dict[str, Any], ...],
        parameters: Mapping[str, Any],
    ) -> None:
        self._client = client
        self._model, self._system, self._tools = model, system, tools
        self._parameters = parameters

    async def answer(self, events: tuple[Event, ...]) -> tuple[tuple[Block, ...], Answered]:
        """Ask for the next answer. Raises ProviderError, or what the transport raised."""
        import httpx2

        body = request(self._model, self._system, self._tools, events, self._parameters)
        # Not messages.create: it warns of old models through the process-wide warning filters,
        # which trials that run at once cannot catch apart. `deprecation` tells it instead.
        try:
            reply = await self._client.post("/v1/messages", cast_to=httpx2.Response, body=body)
        except Exception as error:
            raise _ours(error) from error
        return read(reply.content)


def deprecation(model: str) -> str | None:
    """Say when the SDK expects a model to end, if it does."""
    from anthropic.resources.messages import DEPRECATED_MODELS

    end = DEPRECATED_MODELS.get(model)
    return f"{model} is deprecated and will reach its end of life on {end}" if end else None


@asynccontextmanager
async def open_model(
    transport: httpx2.AsyncBaseTransport,
    base_url: str,
    api_key: str,
    model: str,
    system: str,
    tools: tuple[dict[str, Any], ...],
    parameters: Mapping[str, Any] = _NONE,
) -> AsyncIterator[AnthropicModel]:
    """Open a conversation on a transport of ours: the SDK never reaches the network by itself.

    Its retries are off: a slow answer must not be asked for twice, and retrying is ours to decide.
    """
    import httpx2
    from anthropic import AsyncAnthropic

    http = httpx2.AsyncClient(transport=transport, trust_env=False)
    async with AsyncAnthropic(
        api_key=api_key, base_url=base_url, timeout=TIMEOUT, max_retries=0, http_client=http
    ) as client:
        yield AnthropicModel(client, model, system, tools, parameters)


def _message(message: Message) -> dict[str, Any]:
    if isinstance(message, User):
        return {"role": "user", "content": message.text}
    if message and isinstance(message[0], Result):
        results = [_result(result) for result in message if isinstance(result, Result)]
        return {"role": "user", "content": results}
    return {
        "role": "assistant",
        "content": [_sent(block) for block in message if not isinstance(block, Result)],
    }


def _result(result: Result) -> dict[str, Any]:
    sent: dict[str, Any] = {
        "type": "tool_result",
        "tool_use_id": result.call,
        "content": result.text,
    }
    return sent | {"is_error": True} if result.error else sent


def _sent(block: Block) -> dict[str, Any]:
    match block:
        case Say(text=text):
            return {"type": "text", "text": text}
        case Call(id=id_, tool=tool, args=args):
            return {"type": "tool_use", "id": id_, "name": tool, "input": args}
        case Opaque(block=raw):
            return raw


def _answered(rest: dict[Any, Any]) -> Answered:
    stop, usage, relay = (rest.get(key) for key in ("stop_reason", "usage", "relay"))
    if not isinstance(stop, str):
        raise ProviderError(f"The API's answer does not say why it stopped: {stop!r}")
    counted = usage if isinstance(usage, dict) else {}
    by_hand = relay if isinstance(relay, dict) else {}
    return Answered(
        model=str(rest.get("model")),
        stop=_STOPS.get(stop, stop),
        stop_reason=stop,
        usage=Usage(
            input=counted.get("input_tokens"),
            output=counted.get("output_tokens"),
            estimated=by_hand.get("usage") == "estimated",
        ),
        operator=by_hand.get("operator"),
    )


def _block(raw: Any) -> Block:
    match raw:
        case {"type": "text", "text": str(text)}:
            return Say(text=text)
        case {"type": "tool_use", "id": str(id_), "name": str(tool), "input": dict(args)}:
            return Call(id=id_, tool=tool, args=args)
    return Opaque(block=raw)


def _ours(error: Exception) -> Exception:
    """Find the error of ours that the SDK wrapped, or name the provider's own."""
    cause: BaseException | None = error
    while cause is not None:
        if isinstance(cause, HarnessError):
            return cause
        cause = cause.__cause__ or cause.__context__
    import anthropic

    if not isinstance(error, anthropic.AnthropicError):
        return error
    asked = f"{error.request.url}: " if isinstance(error, anthropic.APIError) else ""
    why = f" ({error.__cause__})" if str(error.__cause__ or "") else ""
    return ProviderError(_on_one_line(f"{asked}{type(error).__name__}: {error}{why}", 500))


def _on_one_line(text: str, longest: int) -> str:
    return " ".join(text.split())[:longest]
