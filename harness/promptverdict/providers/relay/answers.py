"""The two forms in which an answer may be written, read into content blocks and checked.

JSON is a list of blocks, or an object that holds one under `content`. The text form is free text
followed by calls, in which nothing needs escaping:

    What is said to the user.
    @call NAME
    parameter = value on one line
    other <<WORD
    value of
    several lines
    WORD

`<<WORD` joins the lines and adds no line end after the last one, save for a parameter called
`content`, which is a file's and ends with one; `<<+WORD` adds it and `<<-WORD` leaves it out for
any parameter. An Edit thus replaces exactly what is written, and a Write ends its last line.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NoReturn

from promptverdict.core.errors import InputError, Problem
from promptverdict.providers.relay.canonical import Blocks
from promptverdict.providers.relay.schema import find_faults, list_types, suggest_name

CALL = re.compile(r"(\\*)@call[ \t]+(\S+)[ \t]*")
_ONE_LINE = re.compile(r"([^\s=<]+)[ \t]*= ?(.*)")
_LINES = re.compile(r"([^\s=<]+)[ \t]*<<([-+]?)([\"']?)(\w+)\3[ \t]*")
_MEANT_AS_JSON = re.compile(
    r"""\s*(\{\s*"content"\s*:\s*)?\[\s*\{(?s:.*)"type"\s*:\s*"(text|tool_use)\""""
)
_KEYS = {"text": {"type", "text"}, "tool_use": {"type", "name", "input"}}


def read_answer(text: str, tools: tuple[dict[str, Any], ...]) -> Blocks:
    """Read an answer in either form; calls get no ids yet.

    Raises InputError, with every problem found, when it cannot be delivered.
    """
    schemas = {tool["name"]: tool["input_schema"] for tool in tools}
    written = _read_json_form(text)
    blocks = _LineReader(text, schemas).read_blocks() if written is None else written
    problems = list(_list_problems(blocks, schemas))
    if problems:
        raise InputError(problems)
    return blocks


def _read_json_form(text: str) -> Blocks | None:
    """Read the JSON form; None when the text is not in it, such as an answer that is JSON."""
    if text.lstrip()[:1] not in ("[", "{"):
        return None
    try:
        value = json.loads(text)
    except (ValueError, RecursionError) as error:
        if not _MEANT_AS_JSON.match(text):
            return None
        found = f"reads like a list of content blocks, but is not valid JSON: {error}"
        _refuse("answer", found, "Mend it, or use the text form, in which nothing is escaped.")
    blocks = value.get("content") if isinstance(value, dict) else value
    if not isinstance(blocks, list) or (blocks and not any(map(_is_block, blocks))):
        return None
    for number, block in enumerate(blocks, 1):
        if not _is_block(block):
            found = "is neither a text block nor a tool_use block"
            _refuse(f"answer, block {number}", found, "An answer holds no other kinds.")
    if isinstance(value, dict) and value.keys() - {"content", "role", "type"}:
        found = f"has keys besides `content`: {', '.join(value.keys() - {'content'})}"
        _refuse("answer", found, "Leave them out; to say this JSON as text, put it in a block.")
    return blocks


def _is_block(value: Any) -> bool:
    return isinstance(value, dict) and value.get("type") in _KEYS


class _LineReader:
    """Reads the text form, line by line."""

    def __init__(self, text: str, schemas: dict[str, dict[str, Any]]) -> None:
        if not re.search(r"(?<!\r)\n", text):
            # Every line ends as Windows ends lines: an editor's doing. Otherwise they are content.
            text = text.replace("\r\n", "\n")
        self._lines = text.split("\n")
        self._schemas = schemas
        self._at = 0

    def read_blocks(self) -> Blocks:
        """Read all lines. Raises InputError at the first that does not fit."""
        lines: list[str] = []
        while self._has_more() and not self._is_call():
            line = self._take_line()
            escaped = CALL.fullmatch(line)
            lines.append(line[1:] if escaped and escaped[1] else line)
        calls: Blocks = []
        while self._has_more():
            calls.append(self._read_call())
        spoken = "\n".join(_trim_blank_lines(lines))
        return [{"type": "text", "text": spoken}, *calls] if spoken else calls

    def _has_more(self) -> bool:
        return self._at < len(self._lines)

    def _take_line(self) -> str:
        self._at += 1
        return self._lines[self._at - 1]

    def _is_call(self) -> bool:
        """Return whether a call begins here. Raises InputError when one is meant and misspelt."""
        opening = CALL.fullmatch(self._lines[self._at])
        if not opening or opening[1]:
            return False
        name, below = opening[2], "".join(self._lines[self._at + 1 : self._at + 2])
        hint = suggest_name(name, self._schemas, cutoff=0.75)
        if name not in self._schemas and (hint or _is_parameter(below)):
            self._at += 1
            self._refuse_here(
                f"no tool `{name}` is offered{hint}",
                f"To say this line as text, write \\@call {name}",
            )
        return name in self._schemas

    def _read_call(self) -> dict[str, Any]:
        name = self._take_line().split()[1]
        given: dict[str, Any] = {}
        while self._has_more() and not self._is_call():
            line = self._take_line()
            several, single = _LINES.fullmatch(line), _ONE_LINE.fullmatch(line)
            parts = several or single
            if parts is None and not line.strip():
                continue
            if parts is None:
                self._refuse_line(name, line)
            parameter = parts[1]
            if parameter in given:
                self._refuse_here(
                    f"parameter `{parameter}` of {name} is given twice", "Leave one out."
                )
            text = self._read_lines(*parts.groups()) if several else parts[2]
            given[parameter] = self._read_value(name, parameter, text)
        return {"type": "tool_use", "name": name, "input": given}

    def _read_lines(self, name: str, mark: str, _quote: str, word: str) -> str:
        """Read the lines of a value up to the one that is WORD and nothing else."""
        start = self._at
        try:
            end = self._lines.index(word, start)
        except ValueError:
            loose = [n for n, line in enumerate(self._lines[start:], start + 1) if word in line]
            near = f" (line {loose[0]} holds it, but not alone)" if loose else ""
            self._refuse_here(
                f"`{name} <<{word}` is never ended{near}",
                f"End the value with a line that is {word} and nothing else.",
            )
        self._at = end + 1
        value = "\n".join(self._lines[start:end])
        ends = mark == "+" or (mark == "" and name == "content")
        return value + "\n" if ends and end > start else value

    def _read_value(self, call: str, name: str, text: str) -> Any:
        """Read a value as its schema wants it: text as it stands, anything else as JSON."""
        schema = (self._schemas[call].get("properties") or {}).get(name, {})
        wanted = list_types(schema)
        if not wanted or "string" in wanted:
            return text
        try:
            return json.loads(text)
        except (ValueError, RecursionError) as error:
            self._refuse_here(
                f"parameter `{name}` of {call} is not valid JSON: {error}",
                f"Its type is {' or '.join(wanted)}; only strings are written as they stand.",
            )

    def _refuse_line(self, name: str, line: str) -> NoReturn:
        self._refuse_here(
            f"{line[:60]!r} is no parameter of {name} and begins no call",
            "Text must stand before the first call. A value of several lines needs `parameter"
            " <<WORD` above it and WORD below; choose a WORD that no line of the value is.",
        )

    def _refuse_here(self, found: str, cure: str) -> NoReturn:
        _refuse(f"answer, line {self._at}", found, cure)


def _is_parameter(line: str) -> bool:
    return bool(_ONE_LINE.fullmatch(line) or _LINES.fullmatch(line))


def _trim_blank_lines(lines: list[str]) -> list[str]:
    """Drop the blank lines around a text."""
    full = [at for at, line in enumerate(lines) if line.strip()]
    return lines[full[0] : full[-1] + 1] if full else []


def _list_problems(blocks: Blocks, schemas: dict[str, dict[str, Any]]) -> Iterator[Problem]:
    if not blocks:
        yield Problem("answer", "is empty", "Say something, call a tool, or both.")
    called = False
    for number, block in enumerate(blocks, 1):
        where = f"answer, block {number}"
        called |= block["type"] == "tool_use"
        for extra in block.keys() - _KEYS[block["type"]]:
            yield Problem(
                where, f"key `{extra}` is not expected", "Leave it out; the relay adds ids."
            )
        if block["type"] == "tool_use":
            yield from _list_call_problems(where, block, schemas)
        elif not isinstance(block.get("text"), str) or not block["text"].strip():
            yield Problem(where, "its text is empty", "Say something, or leave the block out.")
        elif called:
            yield Problem(where, "text stands after a call", "Put all text before the first call.")
        if not _is_sound(block):
            found = "holds NaN, Infinity or half of a surrogate pair"
            yield Problem(where, found, "Write it in another way: JSON has none of them.")


def _list_call_problems(
    where: str, block: dict[str, Any], schemas: dict[str, dict[str, Any]]
) -> Iterator[Problem]:
    name, given = block.get("name"), block.get("input")
    if not isinstance(name, str) or name not in schemas:
        offered = f"Offered are: {', '.join(schemas)}." if schemas else "No tools are offered."
        hint = suggest_name(str(name), schemas)
        yield Problem(where, f"no tool `{name}` is offered{hint}", offered)
        return
    if not isinstance(given, dict):
        yield Problem(name, "`input` must be an object", 'Such as "input": {"parameter": "value"}.')
        return
    parameters = ", ".join(schemas[name].get("properties") or {}) or "none"
    for fault in find_faults(given, schemas[name]):
        yield Problem(name, fault, f"The parameters of {name}: {parameters}.")


def _is_sound(value: Any) -> bool:
    try:
        json.dumps(value, ensure_ascii=False, allow_nan=False).encode("utf-8")
    except ValueError:
        return False
    return True


def _refuse(where: str, found: str, cure: str) -> NoReturn:
    raise InputError([Problem(where, found, cure)])
