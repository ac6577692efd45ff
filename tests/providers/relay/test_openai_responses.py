"""Responses bodies, read into the relay's form and written from it."""

from __future__ import annotations

from typing import Any

import pytest
from promptverdict.providers.relay.canonical import RequestError, count_answered, hash_conversation
from promptverdict.providers.relay.openai_responses import (
    build_failure,
    build_reply,
    normalise_request,
    prepare_answer,
)

from tests.cases import try_cases

MODEL = "relay/claude"
ASK = {"role": "user", "content": "Hello"}
SAID = {"type": "message", "role": "assistant", "content": [{"type": "output_text", "text": "Hm."}]}
THOUGHT = {"type": "reasoning", "id": "rs_1", "summary": [], "encrypted_content": "x"}


def call(id_: str) -> dict[str, Any]:
    return {"type": "function_call", "call_id": id_, "name": "Bash", "arguments": "{}"}


def output(id_: str, result: Any = "a.py") -> dict[str, Any]:
    return {"type": "function_call_output", "call_id": id_, "output": result}


def read(*items: Any, **more: Any) -> dict[str, Any]:
    return normalise_request({"model": MODEL, "input": list(items), **more}, MODEL)


def test_a_conversation_is_read_into_the_form_of_the_messages_api() -> None:
    found = read(
        {"type": "message", "role": "user", "content": [{"type": "input_text", "text": "Hello"}]},
        THOUGHT,
        SAID,
        call("call_1"),
        call("call_2"),
        output("call_1"),
        output("call_2", [{"type": "input_text", "text": "b.py"}]),
        ASK,
        instructions="Be brief.",
        store=False,
        include=["reasoning.encrypted_content"],
        parallel_tool_calls=True,
        temperature=1,
        max_output_tokens=32_000,
    )
    b_py = [{"type": "text", "text": "b.py"}]
    assert found == {
        "model": MODEL,
        "system": "Be brief.",
        "tools": [],
        "messages": [
            {"role": "user", "content": [{"type": "text", "text": "Hello"}]},
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": "Hm."},
                    {"type": "tool_use", "id": "call_1", "name": "Bash", "input": {}},
                    {"type": "tool_use", "id": "call_2", "name": "Bash", "input": {}},
                ],
            },
            {
                "role": "user",
                "content": [
                    {"type": "tool_result", "tool_use_id": "call_1", "content": "a.py"},
                    {"type": "tool_result", "tool_use_id": "call_2", "content": b_py},
                ],
            },
            {"role": "user", "content": "Hello"},
        ],
    }


def test_an_input_of_text_is_what_the_user_says() -> None:
    found = normalise_request({"model": MODEL, "input": "Hello", "instructions": None}, MODEL)
    assert found["messages"] == [ASK]
    assert "system" not in found


def test_instructions_come_before_what_the_developer_says_first() -> None:
    developer = {"role": "developer", "content": "Two."}
    found = read(developer, ASK, developer, instructions="One.")
    assert [block["text"] for block in found["system"]] == ["One.", "Two."]
    assert found["messages"][1] == developer


def test_a_conversation_is_the_same_with_and_without_its_reasoning() -> None:
    keys = set()
    for items in (
        [ASK, THOUGHT, call("call_1"), output("call_1")],
        [ASK, call("call_1"), output("call_1")],
        [ASK, call("call_1"), THOUGHT, output("call_1")],
    ):
        found = read(*items)
        keys.add(hash_conversation(found, found["messages"][: count_answered(found["messages"])]))
    assert len(keys) == 1


def test_an_answer_is_carried_back_as_it_was_given() -> None:
    content = prepare_answer(
        [
            {"type": "text", "text": "One."},
            {"type": "text", "text": "Two."},
            {"type": "tool_use", "name": "Bash", "input": {"command": 'echo "é"'}},
        ]
    )
    body = build_reply(read(ASK), content, "me", 1.26)
    message, calling = body["output"]
    assert message["content"][0]["text"] == "One.\n\nTwo."
    assert calling["arguments"] == r'{"command":"echo \"é\""}'
    assert calling["call_id"] != calling["id"]
    back = read(ASK, *body["output"], output(calling["call_id"]))
    assert back["messages"][1] == {"role": "assistant", "content": content}
    assert body["relay"] == {"operator": "me", "usage": "estimated", "seconds": 1.3}


def test_a_choice_of_one_function_is_read() -> None:
    choice = {"type": "function", "name": "Bash"}
    assert read(ASK, tool_choice=choice)["tool_choice"] == {"type": "tool", "name": "Bash"}
    assert read(ASK, tool_choice="required")["tool_choice"] == {"type": "any"}


@try_cases(
    ("change", "param", "words"),
    [
        ({"model": 1}, "model", "is required"),
        ({"input": []}, "input", "at least one message"),
        ({"input": None}, "input", "at least one message"),
        ({"input": {"role": "user"}}, "input", "must be a list"),
        ({"input": [1]}, "input[0]", "must be an object"),
        ({"input": [{"content": "a"}]}, "input[0].role", "must be one of"),
        ({"input": [{"role": "user"}]}, "input[0].content", "a string or a list"),
        (
            {"input": [{"role": "user", "content": [{"type": "text", "text": "a"}]}]},
            "input[0].content[0].type",
            "must be one of: input_text, output_text",
        ),
        ({"input": [ASK, SAID]}, "input", "continues none"),
        ({"input": [ASK, call("call_1")]}, "input", "continues none"),
        ({"input": [{"type": "item_reference", "id": "a"}]}, "input[0].type", "'item_reference'"),
        ({"input": [{"type": "web_search_call"}]}, "input[0].type", "'web_search_call'"),
        ({"input": [output("call_1", None)]}, "input[0].output", "a string or a list"),
        ({"input": [{"type": "function_call_output"}]}, "input[0].call_id", "must be a string"),
        ({"input": [{**call("a"), "arguments": "{"}]}, "input[0].arguments", "not valid JSON"),
        ({"instructions": ["a"]}, "instructions", "must be a string"),
        ({"stream": True}, "stream", "in one piece"),
        ({"previous_response_id": "resp_1"}, "previous_response_id", "keeps nothing"),
        ({"conversation": "conv_1"}, "conversation", "keeps nothing"),
        ({"prompt": {"id": "pmpt_1"}}, "prompt", "as `instructions`"),
        ({"background": True}, "background", "waits"),
        ({"max_output_tokens": 0}, "max_output_tokens", "whole number"),
        ({"text": {"format": {"type": "json_schema"}}}, "text.format", "text alone"),
        ({"tools": [{"type": "web_search"}]}, "tools[0].type", "functions alone"),
        ({"tools": [{"type": "function"}]}, "tools[0].name", "must be a string"),
        ({"tool_choice": {"type": "web_search"}}, "tool_choice", "one of: auto"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_its_place(
    change: dict[str, Any], param: str, words: str
) -> None:
    with pytest.raises(RequestError, match=words) as caught:
        normalise_request({"model": MODEL, "input": [ASK], **change}, MODEL)
    error = build_failure(caught.value)["error"]
    assert caught.value.status == 400
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert error["message"].startswith(param)
