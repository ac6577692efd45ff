"""What comes of a request in which something is not where it should be."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from promptverdict.providers.relay import openai_chat, openai_responses
from promptverdict.providers.relay.apis import RelayApi
from promptverdict.providers.relay.canonical import RequestError, View, hash_conversation
from promptverdict.providers.relay.pages import render_turn

from tests.cases import try_cases

MODEL = "relay/claude"

CHAT_BODY: dict[str, Any] = {
    "model": MODEL,
    "messages": [
        {"role": "developer", "content": [{"type": "text", "text": "Be brief."}]},
        {"role": "user", "content": "Hello"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "1", "type": "function", "function": {"name": "a", "arguments": "{}"}}
            ],
        },
        {"role": "tool", "tool_call_id": "1", "content": [{"type": "text", "text": "a"}]},
    ],
    "tools": [{"type": "function", "function": {"name": "a", "description": "b"}}],
    "tool_choice": {"type": "function", "function": {"name": "a"}},
    "response_format": {"type": "text"},
    "max_completion_tokens": 1,
}
RESPONSES_BODY: dict[str, Any] = {
    "model": MODEL,
    "instructions": "Be brief.",
    "input": [
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]},
        {"type": "reasoning", "summary": []},
        {"type": "function_call", "call_id": "1", "name": "a", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "1", "output": "a"},
    ],
    "tools": [{"type": "function", "name": "a", "description": "b", "parameters": {}}],
    "tool_choice": {"type": "function", "name": "a"},
    "text": {"format": {"type": "text"}},
    "max_output_tokens": 1,
}


def altered(value: Any) -> Iterator[Any]:
    """Put something else in each place of a value, one at a time."""
    yield from (None, True, -1, "", "x", [], [1], [[]], {}, {"type": "text"})
    if not isinstance(value, dict | list):
        return
    for place, inner in list(value.items() if isinstance(value, dict) else enumerate(value)):
        for other in altered(inner):
            changed = value.copy()
            changed[place] = other
            yield changed


@try_cases(
    ("api", "body"),
    [(openai_chat, CHAT_BODY), (openai_responses, RESPONSES_BODY)],
    ids=["chat", "responses"],
)
def test_a_body_with_anything_out_of_place_is_refused_or_can_be_shown(
    api: RelayApi, body: dict[str, Any]
) -> None:
    known = {"conversation": "abcd", "turn": 1, "tag": "t4g", "whole": True, "fresh": 0}
    read, refused = 0, []
    for changed in (other for other in altered(body) if isinstance(other, dict)):
        try:
            found = api.normalise_request(changed, MODEL)
        except RequestError as error:
            refused.append(error)
            continue
        assert hash_conversation(found, found["messages"])
        rest = {name: value for name, value in found.items() if name != "model"}
        assert render_turn(View.model_validate(known | rest))
        read += 1
    assert read > 30
    assert len(refused) > 200
    assert all(error.status in (400, 404) and error.message for error in refused)
