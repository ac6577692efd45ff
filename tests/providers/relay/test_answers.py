"""The two forms of an answer, and what is refused."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
from promptverdict.core.errors import InputError
from promptverdict.providers.relay.answers import read_answer
from promptverdict.providers.relay.pages import render_call
from promptverdict.providers.relay.schema import find_faults
from promptverdict.trials.toolset import TOOLS

from tests.cases import try_cases

NASTY = [
    "cat <<END > x\nEND\nEOF\n@call Bash\ncommand = rm\nWORD",
    "print(\"a 'b' \\\\ \\n\")\n",
    "\n\n\tx = 1\n",
    "a\r\nb\r\n",
    "a\r",
    "no line end",
    "two line ends\n\n",
    "\n",
    "",
    "  leading and trailing  ",
    "END",
    "END\nEND_\n",
    "\u2028 \x0c \u00e9 \U0001f600 \x85\n",
    "= <<END\n",
]


def calls(text: str) -> list[dict[str, Any]]:
    return [block for block in read_answer(text, TOOLS) if block["type"] == "tool_use"]


def only_input(text: str) -> Any:
    (call,) = calls(text)
    return call["input"]


def told(text: str, tools: tuple[dict[str, Any], ...] = TOOLS) -> str:
    with pytest.raises(InputError) as caught:
        read_answer(text, tools)
    return str(caught.value)


def test_text_and_calls_are_read_in_their_order() -> None:
    text = """I write it.

Then I test.
@call Write
file_path = /w/a.py
content <<END
def f():
    ...
END

@call Bash
command <<END
python3 -m pytest -q
END
timeout = 1000
"""
    assert read_answer(text, TOOLS) == [
        {"type": "text", "text": "I write it.\n\nThen I test."},
        {
            "type": "tool_use",
            "name": "Write",
            "input": {"file_path": "/w/a.py", "content": "def f():\n    ...\n"},
        },
        {
            "type": "tool_use",
            "name": "Bash",
            "input": {"command": "python3 -m pytest -q", "timeout": 1000},
        },
    ]


def test_an_edit_gets_no_line_end_that_was_not_written() -> None:
    edit = "@call Edit\nfile_path = a\nold_string = x = 1\nnew_string <<END\nx = 1\ny = 2\nEND"
    assert only_input(edit) == {
        "file_path": "a",
        "old_string": "x = 1",
        "new_string": "x = 1\ny = 2",
    }


@try_cases(
    ("opening", "lines", "value"),
    [
        ("content <<END", "a\n", "a\n"),
        ("content <<-END", "a\n", "a"),
        ("content <<END", "", ""),
        ("content <<END", "\n", "\n"),
        ("content <<END", "a\n\n", "a\n\n"),
        ("content <<'END'", "$x\n", "$x\n"),
    ],
)
def test_content_ends_its_last_line_unless_told_not_to(
    opening: str, lines: str, value: str
) -> None:
    assert only_input(f"@call Write\nfile_path = a\n{opening}\n{lines}END\n")["content"] == value


@try_cases(
    ("opening", "lines", "value"),
    [
        ("<<END", "a\n", "a"),
        ("<<+END", "a\n", "a\n"),
        ("<<END", "a\n\n", "a\n"),
        ("<<END", "", ""),
        ('<<"END"', "\n\ta\n", "\n\ta"),
    ],
)
def test_other_parameters_end_no_line_unless_told_to(opening: str, lines: str, value: str) -> None:
    assert only_input(f"@call Bash\ncommand {opening}\n{lines}END\n")["command"] == value


def test_a_call_as_it_is_printed_reads_back_as_the_same_call() -> None:
    for value in NASTY:
        edits = [{"old_string": value, "new_string": "é\n"}]
        inputs: dict[str, dict[str, Any]] = {
            "Write": {"file_path": value.strip() or "x", "content": value},
            "Edit": {"file_path": "a", "old_string": value, "new_string": value + "x"},
            "Bash": {"command": value, "timeout": 5},
            "MultiEdit": {"file_path": "a", "edits": edits},
        }
        for name, given in inputs.items():
            text = f"Said.\n{render_call(name, given)}\n"
            assert calls(text) == [{"type": "tool_use", "name": name, "input": given}], value


def test_random_text_survives_both_forms() -> None:
    pick = random.Random(7)
    for _ in range(300):
        value = "".join(
            pick.choices("aE \t\n\r\\\"'<=@", k=pick.randrange(30))
        ) + "END" * pick.randrange(2)
        given = {"file_path": "p", "content": value}
        block = {"type": "tool_use", "name": "Write", "input": given}
        assert calls(render_call("Write", given) + "\n") == [block]
        assert read_answer(json.dumps([block]), TOOLS) == [block]


def test_line_ends_of_windows_are_the_editors_only_when_every_line_has_them() -> None:
    text = "@call Write\nfile_path = a\ncontent <<END\nx\r\ny\r\nEND\n"
    assert only_input(text)["content"] == "x\r\ny\r\n"
    assert only_input(text.replace("\r\n", "\n").replace("\n", "\r\n"))["content"] == "x\ny\n"


def test_json_is_a_list_of_blocks_or_an_object_with_content() -> None:
    blocks = [
        {"type": "text", "text": "Hm."},
        {"type": "tool_use", "name": "Bash", "input": {"command": "ls"}},
    ]
    assert read_answer(json.dumps(blocks), TOOLS) == blocks
    assert read_answer(json.dumps({"content": blocks}, indent=1) + "\n", TOOLS) == blocks


@try_cases(
    "text",
    [
        '{"api_endpoints": [], "summary": "all of it"}',
        '{"content": [{"type": "string"}]}',
        '[{"method": "GET"}]',
        "{not json}",
        "[x] done",
        '{"columns": [{"name": "a", "type": "text"},]}',
    ],
)
def test_an_answer_that_is_json_of_its_own_is_text(text: str) -> None:
    assert read_answer(text, TOOLS) == [{"type": "text", "text": text}]


def test_blank_lines_around_the_text_are_dropped_and_inside_are_kept() -> None:
    assert read_answer("\n  \n  a\n\nb\n\n", TOOLS) == [{"type": "text", "text": "  a\n\nb"}]


def test_a_line_that_would_begin_a_call_is_said_with_a_backslash() -> None:
    text = "Write it so:\n\\@call Write\n\\\\@call Write\n  @call Write\n@call somebody"
    (block,) = read_answer(text, TOOLS)
    said = "Write it so:\n@call Write\n\\@call Write\n  @call Write\n@call somebody"
    assert block == {"type": "text", "text": said}


def test_a_tool_that_is_not_offered_begins_no_call() -> None:
    assert read_answer("@call Write", ()) == [{"type": "text", "text": "@call Write"}]


@try_cases(
    ("text", "words"),
    [
        ("", "is empty"),
        (" \n\n", "is empty"),
        ("[]", "is empty"),
        (
            "@call Write\nPath = x\n",
            "Write: parameter `Path` is unknown; did you mean `file_path`?",
        ),
        ("@call Write\nfile_path = x", "Write: parameter `content` is missing"),
        ("@call Wirte\nfile_path = x", "no tool `Wirte` is offered; did you mean `Write`?"),
        ("@call write", "did you mean `Write`?"),
        ("@call Bash\ncommand = ls\nThat was it.", "Text must stand before the first call"),
        ("@call Bash\ncommand <<END\nls\n END", "`command <<END` is never ended (line 4 holds it"),
        ("@call Bash\ncommand = ls\ncommand = ls", "`command` of Bash is given twice"),
        ("@call Bash\ncommand = ls\ntimeout = 1s", "`timeout` of Bash is not valid JSON"),
        ("@call Bash\ncommand = ls\ntimeout = 1.5", "`timeout` must be integer, not number"),
        ("@call Bash\ncommand = ls\ntimeout = true", "`timeout` must be integer, not boolean"),
        ("@call Bash\ncommand = ls\ntimeout = NaN", "NaN"),
        ("@call Bash\ncommand <<END\ncat <<END\nx\nEND\nEND", "choose a WORD that no line"),
        ("@call Grep\npattern = x\noutput_mode = all", "must be one of: content, files_with"),
        (
            '@call MultiEdit\nfile_path = x\nedits = [{"old_string": "a", "newString": "b"}]',
            "`edits[0].newString` is unknown; did you mean `new_string`?",
        ),
        ('[{"type": "text", "text": "a" "b"}]', "is not valid JSON"),
        ('{"content": [{"type": "text", "text": "a"}], "title": 1}', "keys besides `content`"),
        ('[{"type": "text", "text": "a"}, {"type": "image"}]', "block 2: is neither a text"),
        ('[{"type": "text", "text": " "}]', "its text is empty"),
        ('[{"type": "text", "text": "\\ud800"}]', "half of a surrogate pair"),
        ('[{"type": "tool_use", "name": "Bash", "input": "ls"}]', "`input` must be an object"),
        ('[{"type": "tool_use", "name": "Bsh", "input": {}}]', "did you mean `Bash`?"),
        (
            '[{"type": "tool_use", "id": "1", "name": "Bash", "input": {"command": "ls"}}]',
            "key `id` is not expected",
        ),
        (
            '[{"type": "tool_use", "name": "Bash", "input": {"command": "ls"}},'
            ' {"type": "text", "text": "a"}]',
            "text stands after a call",
        ),
    ],
)
def test_what_cannot_be_delivered_is_refused_in_words_that_help(text: str, words: str) -> None:
    assert words in told(text)


def test_a_misspelt_parameter_is_told_with_the_right_one() -> None:
    text = "@call Write\npath = app/a.py\ncontent = x"
    assert "Write: parameter `path` is unknown; did you mean `file_path`?" in told(text)


def test_all_problems_are_told_at_once() -> None:
    message = told("@call Write\npath = a\n@call Bash\ncmd = ls")
    for words in ("`path` is unknown", "`content` is missing", "`cmd` is unknown"):
        assert words in message


def test_a_schema_checks_nested_values_and_allows_what_it_does_not_mention() -> None:
    schema = {
        "type": "object",
        "properties": {"a": {"type": ["string", "null"]}, "n": {"enum": [1]}},
        "additionalProperties": {"type": "array", "items": {"type": "number"}},
    }
    assert not list(find_faults({"a": None, "n": 1, "more": [1, 2.5]}, schema))
    assert list(find_faults({"a": 1, "n": True, "more": [True]}, schema)) == [
        "parameter `a` must be string or null, not integer",
        "parameter `n` must be one of: 1",
        "parameter `more[0]` must be number, not boolean",
    ]
