"""A verdict is read out of the one call that is due, and out of nothing else."""

from __future__ import annotations

import json
from typing import Any

from promptverdict.judging.answer import read_answer

from tests.cases import try_cases

GIVEN = {"verdict": "no", "quote": "as is", "reason": "So."}


def messages(*blocks: dict[str, Any], stop: str = "tool_use") -> bytes:
    return json.dumps(
        {
            "id": "m",
            "type": "message",
            "role": "assistant",
            "model": "m",
            "content": list(blocks),
            "stop_reason": stop,
            "usage": {"input_tokens": 1, "output_tokens": 1},
        }
    ).encode()


def call(given: Any = None, name: str = "answer", id_: str = "c1") -> dict[str, Any]:
    return {"type": "tool_use", "id": id_, "name": name, "input": given or GIVEN}


def chat(arguments: str, name: str = "answer") -> bytes:
    function = {"name": name, "arguments": arguments}
    message = {
        "role": "assistant",
        "content": None,
        "tool_calls": [{"id": "c", "type": "function", "function": function}],
    }
    choice = {"index": 0, "message": message, "finish_reason": "stop"}
    return json.dumps({"id": "x", "model": "m", "choices": [choice]}).encode()


def responses(arguments: str) -> bytes:
    item = {"type": "function_call", "call_id": "c", "name": "answer", "arguments": arguments}
    return json.dumps(
        {"id": "r", "object": "response", "model": "m", "status": "completed", "output": [item]}
    ).encode()


@try_cases(
    ("model", "body"),
    [
        ("anthropic/x", messages(call())),
        ("relay/x", messages({"type": "text", "text": "Verdict: yes"}, call())),
        ("openai-chat/x", chat(json.dumps(GIVEN))),
        ("openai/x", responses(json.dumps(GIVEN))),
        ("relay-openai/x", responses(json.dumps(GIVEN))),
    ],
)
def test_the_call_is_read_whichever_api_carries_it(model: str, body: bytes) -> None:
    verdict, answered = read_answer(model, body)
    assert (verdict.answer, verdict.quote, verdict.reason) == ("no", "as is", "So.")
    assert verdict.fault is None
    assert answered is not None


@try_cases(
    ("body", "fault"),
    [
        (messages({"type": "text", "text": json.dumps(GIVEN)}, stop="end_turn"), "got: none"),
        (messages(call(), call(id_="c2")), "got: 'answer', 'answer'"),
        (messages(call(name="Bash")), "got: 'Bash'"),
        (messages(), "holds no call"),
        (
            messages(call({"verdict": "maybe", "quote": "", "reason": ""})),
            "fit: verdict: 'yes', 'no'",
        ),
        (
            messages(call({"verdict": True, "quote": "", "reason": ""})),
            "fit: verdict: 'yes', 'no'",
        ),
        (
            messages(call({"verdict": "yes", "quote": ""})),
            "fit: reason: this key is missing",
        ),
        (messages(call({**GIVEN, "score": 1})), "fit: score: unknown key"),
        (messages(call({**GIVEN, "quote": 3})), "fit: quote: text is expected"),
        (messages(call(), stop="max_tokens"), "stopped early (length)"),
        (messages({"type": "text", "text": "No."}, stop="refusal"), "stopped early (refusal)"),
        (b"<html>yes</html>", "not a message"),
        (b"", "not a message"),
        (b"\xff\xfe", "not a message"),
        (b'{"verdict": "yes"}', "not a message"),
    ],
)
def test_anything_else_is_a_fault_and_no_verdict(body: bytes, fault: str) -> None:
    verdict, _ = read_answer("anthropic/x", body)
    assert verdict.answer is None
    assert verdict.fault is not None
    assert verdict.fault.startswith("judge-error: ")
    assert fault in verdict.fault
    assert "\n" not in verdict.fault
    assert len(verdict.fault) < 350


@try_cases("arguments", ["{", "[]", "null", "yes", '{"verdict": "yes"} yes'])
def test_arguments_that_are_no_object_are_a_fault(arguments: str) -> None:
    verdict, _ = read_answer("openai-chat/x", chat(arguments))
    assert verdict.answer is None
    assert verdict.fault
    assert "does not fit" not in verdict.fault
