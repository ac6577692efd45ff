"""Ids of calls, and calls that a server left in the text."""

from __future__ import annotations

from promptverdict.providers.calls import CallIds, has_call_as_text

from tests.cases import try_cases

TOOLS = ("Bash", "Read")


def test_an_id_is_kept_made_up_or_told_apart_always_alike() -> None:
    for _ in range(2):
        ids = CallIds()
        given = ["a", None, "a", "", "a-1", "call-1", 3]
        assert [ids.choose(id_) for id_ in given] == [
            *("a", "call-1", "a-1", "call-2", "a-1-1", "call-1-1", "call-3"),
        ]


@try_cases(
    "text",
    [
        '<tool_call>\n{"name": "Bash", "arguments": {"command": "ls"}}\n</tool_call>',
        "I look.\n<tool_call>",
        "<|tool_call|>[...]",
        '[TOOL_CALLS][{"name": "Bash"}]',
        "<function=Bash>{}</function>",
        '<function_calls>\n<invoke name="Bash">',
        "<|python_tag|>ls()",
        "<\uff5ctool▁calls▁begin\uff5c>",
        '```json\n{"name": "Bash", "arguments": {"command": "ls"}}\n```',
        'Let me look:\n```\n{"name": "Read", "parameters": {}}\n```\n',
        '{"name": "Bash", "arguments": "{}"}',
        '[{"name": "Bash", "arguments": {}}]',
        '{"tool_calls": [{"type": "function", "function": {"name": "Bash", "arguments": ""}}]}',
        '{"tool": "Bash", "command": "ls"}',
        '{"function": "Bash", "arguments": {}}',
    ],
)
def test_a_call_that_is_mere_text_is_found(text: str) -> None:
    assert has_call_as_text(text, TOOLS)


@try_cases(
    "text",
    [
        "",
        "I would call Bash with ls.",
        '{"name": "Ada", "arguments": []}',
        '{"year": 2020}',
        '{"name": "Bash"}',
        "```python\nprint({'name': 'Bash', 'arguments': {}})\n```",
        "```json\n{nonsense\n```",
        "[" * 10_000,
    ],
)
def test_other_text_is_none(text: str) -> None:
    assert not has_call_as_text(text, TOOLS)


def test_json_that_names_no_tool_on_offer_may_be_the_answer() -> None:
    assert not has_call_as_text('{"name": "Bash", "arguments": {}}', ())
