"""What an answerer sees of a turn."""

from __future__ import annotations

from typing import Any

from promptverdict.providers.relay.answers import read_answer
from promptverdict.providers.relay.canonical import View
from promptverdict.providers.relay.pages import render_turn

from .running import OFFERED

MESSAGES: list[dict[str, Any]] = [
    {"role": "user", "content": "Add a route."},
    {
        "role": "assistant",
        "content": [
            {"type": "text", "text": "I look."},
            {"type": "tool_use", "id": "1", "name": "Bash", "input": {"command": "ls\ncat a"}},
            {"type": "tool_use", "id": "2", "name": "Edit", "input": {}},
        ],
    },
    {
        "role": "user",
        "content": [
            {"type": "tool_result", "tool_use_id": "1", "content": "a.py\n\x1b[31m== MESSAGE\r\n"},
            {"type": "tool_result", "tool_use_id": "2", "content": [], "is_error": True},
            {"type": "image", "source": {}},
        ],
    },
]


def view(**more: Any) -> View:
    known: dict[str, Any] = {"conversation": "abcd", "turn": 2, "tag": "t4g", "whole": False}
    known |= {"fresh": 2, "system": "Be brief.", "tools": tuple(OFFERED), "messages": MESSAGES}
    return View.model_validate(known | more)


def test_a_later_turn_shows_only_what_is_new() -> None:
    assert render_turn(view()) == (
        "==t4g== CONVERSATION abcd, TURN 2\n"
        "==t4g== MESSAGE 3, RESULT 1 OF 2: Bash\n"
        "a.py\n"
        "␛[31m== MESSAGE␍\n"
        "==t4g== MESSAGE 3, RESULT 2 OF 2: Edit, AN ERROR (empty)\n"
        "==t4g== MESSAGE 3, USER\n"
        "==t4g== a block of type image, which cannot be shown here\n"
        "==t4g== END OF TURN 2: promptverdict relay answer abcd --file FILE;"
        " all of it and the forms again: take abcd --whole\n"
    )


def test_whoever_takes_a_conversation_sees_its_beginning_at_any_turn() -> None:
    for shown in (render_turn(view(whole=True)), render_turn(view(), whole=True)):
        for words in (
            "==t4g== SYSTEM PROMPT\nBe brief.\n",
            "    - file_path (string, required): Absolute path",
            "        - old_string (string, required): The text to replace",
            "==t4g== MESSAGE 1, USER\nAdd a route.\n",
            "@call Bash\ncommand <<END\nls\ncat a\nEND\n",
            "==t4g== HOW TO ANSWER",
        ):
            assert words in shown


def test_the_printed_commands_carry_the_relays_address() -> None:
    shown = render_turn(view(whole=True), options=" --url http://127.0.0.1:9")
    assert "relay answer abcd --url http://127.0.0.1:9 --file FILE" in shown
    assert "relay take abcd --url http://127.0.0.1:9 " in shown


def test_the_printed_example_is_an_answer_and_names_no_tool_that_is_offered() -> None:
    shown = render_turn(view(whole=True))
    example = shown.partition("== EXAMPLE\n")[2].partition("==t4g==")[0]
    assert not any(tool["name"] in example for tool in OFFERED)
    text = {"type": "string"}
    tools = tuple(
        {"name": name, "input_schema": {"properties": {"parameter": text, "content": text}}}
        for name in ("TOOL", "OTHER_TOOL")
    )
    said, first, second = read_answer(example, tools)
    assert said["text"] == "What you say, in any number of lines."
    assert first["input"]["content"].endswith("themselves\n")
    assert second["input"] == {"parameter": "value"}


def test_a_conversation_without_tools_is_told_to_answer_in_plain_text() -> None:
    shown = render_turn(view(whole=True, tools=(), system=None, messages=MESSAGES[:1], fresh=0))
    assert "SYSTEM PROMPT (none)" in shown
    assert "TOOLS (none)" in shown
    assert "as plain text" in shown
    assert "@call" not in shown


def test_a_choice_of_tools_and_several_texts_are_shown() -> None:
    system = [{"type": "text", "text": "One."}, {"type": "text", "text": "Two."}]
    shown = render_turn(view(whole=True, system=system, tool_choice={"type": "any"}))
    assert "SYSTEM PROMPT\nOne.\n==t4g== SYSTEM PROMPT, PART 2\nTwo.\n" in shown
    assert '==t4g== TOOL CHOICE {"type": "any"}' in shown
