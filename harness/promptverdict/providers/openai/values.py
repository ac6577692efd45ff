"""What OpenAI's two APIs write alike: functions, their calls and the count of tokens. All pure."""

from __future__ import annotations

import json
from typing import Any

from promptverdict.core.errors import ProviderError
from promptverdict.providers.wire import build_failure, parse_json, read_count, shorten_to_line
from promptverdict.trials.transcript import Answered, Call, Usage

_STILL_GOING = ("calls", "done")


def write_function(tool: dict[str, Any]) -> dict[str, Any]:
    """Offer a tool as a function."""
    return {
        "name": tool["name"],
        "description": tool["description"],
        "parameters": tool["input_schema"],
    }


def write_call(call: Call) -> dict[str, Any]:
    """Write a call's name and arguments."""
    return {"name": call.tool, "arguments": _written(call.args)}


def read_call(id_: str, function_: dict[str, Any]) -> Call:
    """Read a call from what holds its name and arguments.

    Arguments that are no JSON object make an unreadable call.
    """
    text = read_arguments_text(function_)
    args, unreadable = _arguments(text)
    return Call(id=id_, tool=function_["name"], args=args, unreadable=unreadable)


def read_arguments_text(function_: dict[str, Any]) -> str:
    """Give the arguments of a call as the text that the APIs take back; some answer an object."""
    given = function_.get("arguments")
    return given if isinstance(given, str) else _written(given, allow_nan=True)


def build_answered(
    body: dict[Any, Any], stop: str, reason: str, *, refused: bool, asked: str, told: str
) -> Answered:
    """Give the end of an answer.

    stop: our word for reason, the provider's; a refusal ends what else would go on.
    asked, told: the names of the tokens that went in and came out.
    """
    relay = body.get("relay")
    by_hand = relay if isinstance(relay, dict) else {}
    return Answered(
        model=str(body.get("model")),
        stop="refusal" if refused and stop in _STILL_GOING else stop,
        stop_reason=reason,
        usage=_usage(body.get("usage"), asked, told, by_hand.get("usage") == "estimated"),
        operator=by_hand.get("operator"),
    )


def build_broken_off(error: object) -> ProviderError:
    """Give the error that a service tells of inside an answer it began."""
    told = shorten_to_line(json.dumps(error), 200)
    return build_failure(json.dumps({"error": error}), f"The API broke its answer off: {told}")


def _usage(counted: object, asked: str, told: str, estimated: bool) -> Usage:
    """Count tokens; those that a cache gave or took are among the ones that went in."""
    counts = counted if isinstance(counted, dict) else {}
    given = counts.get(f"{asked}_details")
    details = given if isinstance(given, dict) else {}
    return Usage(
        input=read_count(counts.get(asked)),
        output=read_count(counts.get(told)),
        cache_read=read_count(details.get("cached_tokens")),
        cache_write=read_count(details.get("cache_write_tokens")),
        estimated=estimated,
    )


def _arguments(text: str) -> tuple[dict[str, Any], str | None]:
    """Read a call's arguments, or give none and say why they could not be read."""
    try:
        args = parse_json(text)
        if isinstance(args, dict):
            _written(args)
            return args, None
    except ValueError:
        pass
    return {}, f"The arguments of this call are not a JSON object: {shorten_to_line(text, 200)}"


def _written(args: Any, *, allow_nan: bool = False) -> str:
    """Write arguments as the models do. Raises ValueError for numbers that JSON does not have."""
    return json.dumps(args, ensure_ascii=False, separators=(",", ":"), allow_nan=allow_nan)
