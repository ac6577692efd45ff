"""Chat Completions bodies, read into the relay's form and written from it."""

from __future__ import annotations

from typing import Any

import pytest
from promptverdict.providers.relay.canonical import RequestError, count_answered, hash_conversation
from promptverdict.providers.relay.openai_chat import (
    build_failure,
    build_reply,
    normalise_request,
    prepare_answer,
)

from tests.cases import try_cases

MODEL = "relay/claude"
ASK = {"role": "user", "content": "Hello"}
CALL = {"id": "call_1", "type": "function", "function": {"name": "Bash", "arguments": "{}"}}


def read(*messages: Any, **more: Any) -> dict[str, Any]:
    return normalise_request({"model": MODEL, "messages": list(messages), **more}, MODEL)


def test_a_conversation_is_read_into_the_form_of_the_messages_api() -> None:
    found = read(
        {"role": "system", "content": "Be brief."},
        ASK,
        {"role": "assistant", "content": "I look.", "refusal": None, "tool_calls": [CALL]},
        {"role": "tool", "tool_call_id": "call_1", "content": "a.py"},
        {"role": "user", "content": [{"type": "text", "text": "And?"}]},
        temperature=0.2,
        store=False,
        parallel_tool_calls=False,
        max_completion_tokens=32_000,
    )
    assert found == {
        "model": MODEL,
        "system": "Be brief.",
        "tools": [],
        "messages": [
            {"role": "user", "content": "Hello"},
            {
                "role": "assistant",
                "content": [
                    {"type": "text", "text": "I look."},
                    {"type": "tool_use", "id": "call_1", "name": "Bash", "input": {}},
                ],
            },
            {
                "role": "user",
                "content": [{"type": "tool_result", "tool_use_id": "call_1", "content": "a.py"}],
            },
            {"role": "user", "content": [{"type": "text", "text": "And?"}]},
        ],
    }


def test_the_results_of_one_answer_are_one_message_in_their_order() -> None:
    two = {**CALL, "id": "call_2"}
    found = read(
        ASK,
        {"role": "assistant", "content": None, "tool_calls": [CALL, two]},
        {"role": "tool", "tool_call_id": "call_2", "content": "second"},
        {"role": "tool", "tool_call_id": "call_1", "content": "first"},
    )
    assert len(found["messages"]) == 3
    results = found["messages"][2]["content"]
    assert [result["tool_use_id"] for result in results] == ["call_2", "call_1"]


def test_what_is_said_before_the_conversation_is_its_system_prompt() -> None:
    found = read(
        {"role": "developer", "content": "One."},
        {"role": "system", "content": [{"type": "text", "text": "Two."}]},
        ASK,
        {"role": "system", "content": "Later."},
    )
    assert [block["text"] for block in found["system"]] == ["One.", "Two."]
    assert found["messages"][1] == {"role": "system", "content": "Later."}
    assert "system" not in read(ASK)


def test_a_client_may_drop_what_is_empty_from_an_answer_it_carries_back() -> None:
    wordings: list[dict[str, Any]] = [
        {"content": None},
        {"content": ""},
        {},
        {"content": [], "refusal": None, "annotations": []},
    ]
    keys = set()
    for wording in wordings:
        found = read(
            ASK,
            {"role": "assistant", "tool_calls": [CALL], **wording},
            {"role": "tool", "tool_call_id": "call_1", "content": "a"},
        )
        keys.add(hash_conversation(found, found["messages"][: count_answered(found["messages"])]))
    assert len(keys) == 1


def test_an_answer_of_several_texts_is_said_as_one() -> None:
    content = prepare_answer(
        [
            {"type": "text", "text": "One."},
            {"type": "text", "text": "Two."},
            {"type": "tool_use", "name": "Bash", "input": {"command": 'echo "é"'}},
        ]
    )
    body = build_reply(read(ASK), content, "me", 1.26)
    message = body["choices"][0]["message"]
    assert message["content"] == "One.\n\nTwo."
    assert message["tool_calls"][0]["function"] == {
        "name": "Bash",
        "arguments": r'{"command":"echo \"é\""}',
    }
    assert read(ASK, message, ASK)["messages"][1] == {"role": "assistant", "content": content}
    assert body["relay"] == {"operator": "me", "usage": "estimated", "seconds": 1.3}


def test_an_answer_of_calls_alone_has_no_content() -> None:
    content = prepare_answer([{"type": "tool_use", "name": "Bash", "input": {}}])
    assert build_reply(read(ASK), content, "me", 0)["choices"][0]["message"]["content"] is None


@try_cases(
    ("choice", "read_as"),
    [
        ("auto", {"type": "auto"}),
        ("none", {"type": "none"}),
        ("required", {"type": "any"}),
        ({"type": "function", "function": {"name": "Bash"}}, {"type": "tool", "name": "Bash"}),
    ],
)
def test_a_choice_of_tools_is_read(choice: Any, read_as: dict[str, str]) -> None:
    assert read(ASK, tool_choice=choice)["tool_choice"] == read_as


def test_functions_are_tools_and_may_have_no_parameters() -> None:
    schema = {"type": "object", "properties": {"a": {"type": "string"}}}
    functions = [
        {"name": "a", "description": "Does a.", "parameters": schema, "strict": False},
        {"name": "b"},
    ]
    found = read(ASK, tools=[{"type": "function", "function": one} for one in functions])
    assert found["tools"] == [
        {"name": "a", "description": "Does a.", "input_schema": schema},
        {"name": "b", "input_schema": {"type": "object", "properties": {}}},
    ]


def called(**function: Any) -> dict[str, Any]:
    return {"role": "assistant", "tool_calls": [{**CALL, "function": function}]}


@try_cases(
    ("change", "param", "words"),
    [
        ({"model": None}, "model", "is required"),
        ({"messages": []}, "messages", "at least one message"),
        ({"messages": None}, "messages", "at least one message"),
        ({"messages": "Hello"}, "messages", "must be a list"),
        ({"messages": ["Hello"]}, "messages[0]", "must be an object"),
        ({"messages": [{"role": "system", "content": "a"}]}, "messages", "at least one message"),
        ({"messages": [{"content": "a"}]}, "messages[0].role", "must be one of"),
        ({"messages": [{"role": "function", "content": "a"}]}, "messages[0].role", "tool"),
        ({"messages": [{"role": "user"}]}, "messages[0].content", "a string or a list"),
        (
            {"messages": [{"role": "user", "content": [{"type": "tool_use"}]}]},
            "messages[0].content[0].type",
            "must be one of: text, image_url",
        ),
        (
            {"messages": [{"role": "user", "content": [{"type": "text"}]}]},
            "messages[0].content[0].text",
            "must be a string",
        ),
        ({"messages": [ASK, {"role": "assistant", "content": "a"}]}, "messages", "continues none"),
        ({"messages": [{"role": "assistant"}, ASK]}, "messages[0].content", "a string"),
        ({"messages": [{"role": "tool", "content": "a"}]}, "messages[0].tool_call_id", "a string"),
        (
            {"messages": [called(name="a", arguments="{"), ASK]},
            "messages[0].tool_calls[0].function.arguments",
            "is not valid JSON",
        ),
        (
            {"messages": [called(name="a", arguments='{"a": "\\ud800"}'), ASK]},
            "messages[0].tool_calls[0].function.arguments",
            "is not valid JSON",
        ),
        (
            {"messages": [called(name="a", arguments="[]"), ASK]},
            "messages[0].tool_calls[0].function.arguments",
            "is not a JSON object",
        ),
        (
            {"messages": [called(arguments="{}"), ASK]},
            "messages[0].tool_calls[0].function.name",
            "must be a string",
        ),
        (
            {"messages": [{"role": "assistant", "tool_calls": [{"type": "custom"}]}, ASK]},
            "messages[0].tool_calls[0]",
            "the call of a function",
        ),
        ({"stream": True}, "stream", "in one piece"),
        ({"n": 2}, "n", "one choice"),
        ({"max_completion_tokens": "many"}, "max_completion_tokens", "whole number"),
        ({"response_format": {"type": "json_object"}}, "response_format", "text alone"),
        ({"functions": [{"name": "a"}]}, "functions", "as `tools`"),
        ({"tools": {"a": 1}}, "tools", "must be a list"),
        ({"tools": [{"type": "custom", "custom": {"name": "a"}}]}, "tools[0].type", "functions"),
        ({"tools": [{"type": "function", "function": {}}]}, "tools[0].function.name", "a string"),
        (
            {"tools": [{"type": "function", "function": {"name": "a", "parameters": []}}]},
            "tools[0].function.parameters",
            "JSON schema",
        ),
        ({"tool_choice": "some"}, "tool_choice", "one of: auto, none, required"),
        ({"tool_choice": {"type": "allowed_tools"}}, "tool_choice", "one of: auto"),
    ],
)
def test_what_cannot_be_answered_is_refused_with_its_place(
    change: dict[str, Any], param: str, words: str
) -> None:
    with pytest.raises(RequestError, match=words) as caught:
        normalise_request({"model": MODEL, "messages": [ASK], **change}, MODEL)
    error = build_failure(caught.value)["error"]
    assert caught.value.status == 400
    assert (error["type"], error["param"]) == ("invalid_request_error", param)
    assert error["message"].startswith(param)
