"""What OpenAI's two APIs write alike: functions, their calls and the count of tokens. All pure."""

from __future__ import annotations

import json
from typing import Any

from promptverdict.core.errors import ProviderError
from promptverdict.providers.failures import (
    build_failure,
)
from promptverdict.providers.stops import classify_stop, list_notices, read_model_name
from promptverdict.providers.wire import (
    parse_json,
    read_count,
    shorten_to_line,
)
from promptverdict.trials.transcript import Answered, Block, Call, Usage


def write_function(tool: dict[str, Any]) -> dict[str, Any]:
    """Offer a tool as a function."""
    return {
        "name": tool["name"],
        "description": tool["description"],
        "parameters": tool["input_schema"],
    }


def write_schema(tool: dict[str, Any]) -> dict[str, Any]:
    """Write the arguments of a tool as the schema of a whole answer."""
    return {"name": tool["name"], "schema": tool["input_schema"], "strict": True}


def write_call(call: Call) -> dict[str, Any]:
    """Write a call's name and arguments."""
    return {"name": call.tool, "arguments": _write_arguments(call.args)}


def read_call(id_: str, function_: dict[str, Any]) -> Call:
    """Read a call from what holds its name and arguments.

    Arguments that are no JSON object make an unreadable call.
    """
    text = read_arguments_text(function_)
    args, unreadable = _read_arguments(text)
    return Call(id=id_, tool=function_["name"], args=args, unreadable=unreadable)


def read_arguments_text(function_: dict[str, Any]) -> str:
    """Return the arguments of a call as the text that the APIs take back.

    Some services answer an object, or call it `parameters`; and nothing, or `null`, for a call
    without any. Others encode them twice, send a call in pieces and once more as a whole, or begin
    it with `{}`.
    """
    given = function_.get("arguments")
    if given is None:
        given = function_.get("parameters")
    if given is None or (isinstance(given, str) and given.strip() in ("", "null")):
        return "{}"
    if not isinstance(given, str):
        return _write_arguments(given, allow_nan=True)
    return _unwrap_arguments(given)


def describe_custom_call(name: str) -> str:
    """Return what answers the call of a custom tool: none is ever offered."""
    return f"There is no custom tool {name}. Call one of the functions that are offered."


def build_answered(
    body: dict[Any, Any],
    reason: str | None,
    blocks: tuple[Block, ...],
    *,
    refused: bool,
    tokens: tuple[str, str],
) -> Answered:
    """Build the end of an answer.

    reason: the service's word for why it stopped, None where it said none. refused: whether the
    model gave a refusal, which ends what else would go on. tokens: the names of the counts of
    tokens that went in and came out. Raises ProviderError for an answer that is not whole.
    """
    relay = body.get("relay")
    by_hand = relay if isinstance(relay, dict) else {}
    stop = classify_stop(reason, blocks)
    model = read_model_name(body)
    # A refusal stands beside the usual words for an end, and only a cut says more than it.
    return Answered(
        model=model,
        stop="refusal" if refused and stop in ("calls", "done") else stop,
        stop_reason=reason or "",
        usage=_read_usage(body.get("usage"), *tokens, by_hand.get("usage") == "estimated"),
        operator=by_hand.get("operator"),
        notices=list_notices(reason, model),
    )


def build_broken_off(error: object) -> ProviderError:
    """Build the error of a service that reports one inside an answer it began."""
    words = shorten_to_line(json.dumps(error), 200)
    return build_failure(json.dumps({"error": error}), f"The API broke its answer off: {words}")


def _read_usage(counted: object, read: str, written: str, estimated: bool) -> Usage:
    """Read the counts of tokens; those that a cache gave or took are among the ones read."""
    counts = counted if isinstance(counted, dict) else {}
    given = counts.get(f"{read}_details")
    details = given if isinstance(given, dict) else {}
    return Usage(
        input=read_count(counts.get(read)),
        output=read_count(counts.get(written)),
        cache_read=read_count(details.get("cached_tokens")),
        cache_write=read_count(details.get("cache_write_tokens")),
        estimated=estimated,
    )


def _read_arguments(text: str) -> tuple[dict[str, Any], str | None]:
    """Return a call's arguments, or none and why they could not be read."""
    try:
        args = parse_json(text)
        if isinstance(args, dict):
            _write_arguments(args)
            return args, None
    except ValueError:
        pass
    return {}, f"The arguments of this call are not a JSON object: {shorten_to_line(text, 200)}"


def _unwrap_arguments(text: str) -> str:
    """Return the text of the one object that a text encodes, or repeats, empty ones aside.

    Any other text is returned as it is.
    """
    decoder, at = json.JSONDecoder(), 0
    values, texts = [], []
    try:
        while at < len(text):
            value, end = decoder.raw_decode(text, at)
            values.append(value)
            texts.append(text[at:end])
            at = end + len(text[end:]) - len(text[end:].lstrip())
    except (ValueError, RecursionError):
        return text
    match values:
        case [str(inner)] if inner.lstrip().startswith("{"):
            return inner
        case [_, _, *_] if all(isinstance(value, dict) for value in values):
            full = [place for place, value in enumerate(values) if value] or [0]
            if all(values[place] == values[full[0]] for place in full):
                return texts[full[0]]
    return text


def _write_arguments(args: Any, *, allow_nan: bool = False) -> str:
    """Write arguments as the models do. Raises ValueError for numbers that JSON does not have."""
    return json.dumps(args, ensure_ascii=False, separators=(",", ":"), allow_nan=allow_nan)
