"""What a provider can do wrong, as three APIs say it, and what becomes of the trial that meets it.

A fault that passes is asked for again and not seen in the record; one that stays is told. Either
way a recording is whole or is not there.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any, Protocol

from tests.fakes import say, use
from tests.faulty import Reply, error, message, stream_of, streamed

CALL = use("Bash", "toolu_1", command="echo done > it")
BUSY = {"type": "error", "error": {"type": "overloaded_error", "message": "Busy"}}


@dataclass(frozen=True)
class Fault:
    """Replies in order, the last for ever, and what becomes of the trial that gets them."""

    replies: Sequence[Reply]
    requests: int
    kind: str | None = None
    """The record's fault; None where the trial ends well and is recorded."""
    told: str = ""
    end: str = "done"
    patience: float = 60.0
    """Seconds for one answer: short where what never comes must be waited for."""


class Speech(Protocol):
    """How an API says what all APIs can say."""

    model: str

    def answer(self, *calls: dict[str, Any], **more: Any) -> Reply:
        """Answer with a text, or with calls: each {name, id, input}; input may be a text."""
        ...

    def end(self, word: str, text: str = "Hi.") -> Reply:
        """Answer with a text that ends for a reason: length, refusal, odd."""
        ...

    def count(self, usage: Any) -> Reply:
        """Answer, and say that it took so many tokens."""
        ...

    def stream(self, part: str) -> Reply:
        """Stream an answer: whole, begun, without its end, or with an error in it."""
        ...

    def fail(self, kind: str, words: str, status: int, **headers: str) -> Reply:
        """Refuse."""
        ...

    @property
    def too_long(self) -> Reply:
        """Refuse a conversation that no longer fits."""
        ...

    @property
    def odd_part(self) -> Reply:
        """Answer with a part of a type that nobody knows, and a call."""
        ...


def list_faults(speech: Speech) -> dict[str, Fault]:
    """List the faults as one API says them, by name."""
    good, call = speech.answer(), CALL
    calls = speech.answer(call)

    def passing(reply: Reply) -> Fault:
        """A fault that is gone when the request is made again."""
        patience = 2.0 if reply.end in ("stall", "ping") else 60.0
        return Fault([reply, good], 2, patience=patience)

    def staying(reply: Reply, told: str, kind: str = "ProviderError") -> Fault:
        """A fault that asking again does not cure, and that is not asked again."""
        return Fault([reply], 1, kind, told)

    def limited(**headers: str) -> Reply:
        return speech.fail("rate_limit_error", "Slow down", 429, **headers)

    busy = speech.fail("overloaded_error", "Busy", 529)
    soon = format_datetime(datetime.now(UTC) + timedelta(seconds=60), usegmt=True)
    refused = "RefusedByProvider"
    return {
        "429 with seconds": passing(limited(retry_after="20")),
        "429 with a date": passing(limited(retry_after=soon)),
        "429 with a word": passing(limited(retry_after="soon")),
        "429 with a day": Fault(
            [limited(retry_after="86400")], 2, "RateLimited", "rate limited by"
        ),
        "429 for ever": Fault([limited()], 4, "RateLimited", "HTTP 429: Slow down"),
        "429 without a wait": passing(limited()),
        "529": passing(busy),
        "529 for ever": Fault([busy], 4, "ProviderError", "HTTP 529"),
        **{
            str(status): passing(speech.fail("api_error", "Again", status))
            for status in (500, 502, 503, 504, 408, 409)
        },
        "no answer in time": passing(Reply(end="stall", silent=True)),
        "reset before the headers": passing(Reply(end="reset", silent=True)),
        "reset amid the body": passing(replace(good, end="reset")),
        "closed amid the body": passing(replace(good, end="short")),
        "stalled amid the body": passing(replace(good, end="stall")),
        "reset amid the stream": passing(replace(speech.stream("whole"), end="reset")),
        "an error in the stream": passing(speech.stream("error")),
        "a stream without its stop": passing(speech.stream("endless")),
        "a stream of pings": passing(replace(speech.stream("begun"), end="ping")),
        "a whole stream": Fault([speech.stream("whole")], 1),
        "truncated JSON": staying(Reply(good.body[:60]), "The API's answer is not a"),
        "HTML with 200": staying(Reply(b"<html>Log in</html>"), "<html>Log in</html>"),
        "an empty body": staying(Reply(), "The API's answer is not a"),
        "deep JSON": staying(Reply(_nest(good.body)), "The API's answer is not a"),
        "a body too long": staying(Reply(b" " * (33 * 2**20)), "longer than"),
        "bad UTF-8": staying(Reply(b"\xff\xfe" + good.body), "The API's answer is not a"),
        "NaN tokens": Fault([speech.count(float("nan"))], 1),
        "no usage": Fault([speech.count(None)], 1),
        "an unreadable input": Fault([speech.answer({**call, "input": "oops"}), good], 2),
        "an unknown tool": Fault([speech.answer(use("Nope", "toolu_1")), good], 2),
        "an unknown part": Fault([speech.odd_part, good], 2),
        "two calls with one id": Fault([speech.answer(call, call), good], 2),
        "cut inside a call": Fault([speech.answer(call, cut=True)], 1, end="length"),
        "a refusal": Fault([speech.end("refusal")], 1, end="refusal"),
        "too long a first prompt": staying(speech.too_long, "9 tokens > 8"),
        "too long a prompt": Fault([calls, speech.too_long], 2, None, "9 tokens > 8", "overflow"),
        "a limit too high": staying(
            speech.fail("invalid_request_error", "max_tokens: 32000 > 8192, the maximum", 400),
            "tokens = 4096",
            refused,
        ),
        "an unknown stop": Fault([speech.end("odd")], 1),
        "a wrong request": staying(
            speech.fail("invalid_request_error", "messages: wrong", 400), "wrong"
        ),
        "a key not accepted": staying(
            speech.fail("authentication_error", "invalid x-api-key", 401), "x-api-key", refused
        ),
        "a key not allowed": staying(speech.fail("permission_error", "No", 403), "No", refused),
        "no credit": staying(
            speech.fail("insufficient_quota", "Your credit balance is too low", 400),
            "there is no credit",
            refused,
        ),
        "an unknown model": staying(
            speech.fail("not_found_error", "model: x", 404), "model: x", refused
        ),
    }


def list_messages_faults() -> dict[str, Fault]:
    """List the faults that only the Messages API can have."""
    good = message(say("Hi."))
    pause = message(say("So"), stop_reason="pause_turn")
    full = message(say("H"), stop_reason="model_context_window_exceeded")
    return {
        "a full context": Fault([full], 1, end="overflow"),
        "a pause": Fault([pause, good], 2),
        "pauses for ever": Fault([pause], 11, end="limit"),
    }


def _nest(body: bytes) -> bytes:
    """Put a hundred thousand lists into a body."""
    key = b'"content"' if b'"content"' in body else b'"output"'
    return b"{" + key + b": " + b"[" * 100_000 + b"]" * 100_000 + b"}"


def _send(body: dict[str, Any], status: int = 200, **headers: str) -> Reply:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(json.dumps(body).encode(), status, named)


class Messages:
    """Anthropic's Messages API."""

    model = "anthropic/claude-x"

    def answer(self, *calls: dict[str, Any], cut: bool = False) -> Reply:
        return message(*(calls or [say("Hi.")]), **({"stop_reason": "max_tokens"} if cut else {}))

    def end(self, word: str, text: str = "Hi.") -> Reply:
        return message(say(text), stop_reason={"odd": "new_reason"}.get(word, word))

    def count(self, usage: Any) -> Reply:
        given = usage and {"input_tokens": usage, "output_tokens": 5}
        return message(say("Hi."), usage=given)

    def stream(self, part: str) -> Reply:
        events = stream_of("Hi.")
        parts = {"whole": events, "begun": events[:3], "endless": events[:-1]}
        return streamed(*parts.get(part, (*events[:3], BUSY)))

    def fail(self, kind: str, words: str, status: int, **headers: str) -> Reply:
        return error(kind, words, status, **headers)

    @property
    def too_long(self) -> Reply:
        return error("invalid_request_error", "prompt is too long: 9 tokens > 8", 400)

    @property
    def odd_part(self) -> Reply:
        return message({"type": "new", "odd": [1]}, CALL)


class _OpenAI:
    def fail(self, kind: str, words: str, status: int, **headers: str) -> Reply:
        body = {"error": {"type": kind, "code": kind, "message": words}}
        return _send(body, status, **headers)

    @property
    def too_long(self) -> Reply:
        return self.fail("context_length_exceeded", "too long: 9 tokens > 8", 400)


class Responses(_OpenAI):
    """OpenAI's Responses API."""

    model = "openai/gpt-x"

    def _body(self, items: list[dict[str, Any]], **more: Any) -> dict[str, Any]:
        body = {"id": "resp_1", "object": "response", "model": "gpt-x", "status": "completed"}
        return body | {"output": items, "usage": {"input_tokens": 9, "output_tokens": 1}} | more

    def _text(self, text: str = "Hi.", kind: str = "output_text") -> dict[str, Any]:
        part = {"type": kind, "annotations": [], kind.removeprefix("output_"): text}
        return {"type": "message", "id": "msg_1", "role": "assistant", "content": [part]}

    def _call(self, call: dict[str, Any]) -> dict[str, Any]:
        given = call["input"]
        text = given if isinstance(given, str) else json.dumps(given)
        named = {"call_id": call["id"], "name": call["name"], "arguments": text}
        return {"type": "function_call", **named}

    def answer(self, *calls: dict[str, Any], cut: bool = False) -> Reply:
        items = [self._call(call) for call in calls] or [self._text()]
        details = {"reason": "max_output_tokens"}
        more = {"status": "incomplete", "incomplete_details": details} if cut else {}
        return _send(self._body(items, **more))

    def end(self, word: str, text: str = "Hi.") -> Reply:
        if word == "refusal":
            return _send(self._body([self._text(text, "refusal")]))
        return _send(self._body([self._text(text)], status="new_status"))

    def count(self, usage: Any) -> Reply:
        given = usage and {"input_tokens": usage, "output_tokens": 5}
        return _send(self._body([self._text()], usage=given))

    def stream(self, part: str) -> Reply:
        body = self._body([self._text()])
        begun = {"type": "response.created", "response": {**body, "status": "in_progress"}}
        if part == "error":
            return streamed(begun, {"type": "error", "code": "server_error", "message": "Sorry"})
        done = [{"type": "response.completed", "response": body}] if part == "whole" else []
        return streamed(begun, *done)

    @property
    def odd_part(self) -> Reply:
        return _send(self._body([{"type": "new", "odd": [1]}, self._call(CALL)]))


class Chat(_OpenAI):
    """OpenAI's Chat Completions API."""

    model = "openai-chat/gpt-x"

    def _body(
        self, given: dict[str, Any], reason: str | None, part: str = "message", **more: Any
    ) -> dict[str, Any]:
        choice = {"index": 0, part: {"role": "assistant", **given}, "finish_reason": reason}
        usage = {"prompt_tokens": 9, "completion_tokens": 1}
        body = {"id": "c", "object": "chat.completion", "model": "gpt-x", "choices": [choice]}
        return body | {"usage": usage} | more

    def _call(self, call: dict[str, Any]) -> dict[str, Any]:
        given = call["input"]
        text = given if isinstance(given, str) else json.dumps(given)
        function = {"name": call["name"], "arguments": text}
        return {"id": call["id"], "type": "function", "function": function}

    def answer(self, *calls: dict[str, Any], cut: bool = False) -> Reply:
        if not calls:
            return _send(self._body({"content": "Hi."}, "stop"))
        given = {"content": None, "tool_calls": [self._call(call) for call in calls]}
        return _send(self._body(given, "length" if cut else "tool_calls"))

    def end(self, word: str, text: str = "Hi.") -> Reply:
        if word == "refusal":
            return _send(self._body({"content": None, "refusal": text}, "stop"))
        return _send(self._body({"content": text}, "new_reason"))

    def count(self, usage: Any) -> Reply:
        given = usage and {"prompt_tokens": usage, "completion_tokens": 5}
        return _send(self._body({"content": "Hi."}, "stop", usage=given))

    def stream(self, part: str) -> Reply:
        begun = self._body({"content": "H"}, None, "delta")
        if part == "error":
            return streamed(begun, {"error": {"type": "server_error", "message": "Sorry"}})
        done = [self._body({"content": "i."}, "stop", "delta")] if part == "whole" else []
        return streamed(begun, *done)

    @property
    def odd_part(self) -> Reply:
        content = [{"type": "new", "odd": [1]}]
        given = {"content": content, "tool_calls": [self._call(CALL)]}
        return _send(self._body(given, "tool_calls"))


SPEECHES: tuple[Speech, ...] = (Messages(), Responses(), Chat())
