"""Frontmatter that only looks like YAML, read line by line; every repair is a diagnostic."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from promptverdict.agents.dialects.rules import split_words
from promptverdict.agents.dialects.tool_names import split_at_commas
from promptverdict.agents.variant import Diagnostic
from promptverdict.core.errors import InputError
from promptverdict.core.strict_yaml import parse

MAX_REPAIRED_DEPTH = 5
"""Keys below keys that are read line by line."""

KEY = re.compile(r"""(["']?)([A-Za-z_*][\w.*-]*)\1[^\S\n]*:(?=\s|$)[^\S\n]*(.*)""")
"""White space of any kind: some editors put a no-break space behind the colon."""
FIELDS = split_words(
    "name description model tools color mode disallowedTools permissionMode allowed-tools skills"
    " permission temperature"
)
"""Keys that stand for themselves wherever a line begins with them."""
_LISTS = ("tools", "disallowedTools")
"""Keys whose text in brackets is a list, though it is not YAML: `[Bash(git: *), Read]`."""
_EXAMPLE = re.compile(r"<(/?)example>")
_EXAMPLE_END = "</example>"
_BLOCK = re.compile(r"[|>][-+0-9]{0,2}")


@dataclass(frozen=True)
class Reading:
    """Keys, the line of each, and what was repaired."""

    keys: dict[str, Any]
    lines: dict[str, int]
    repairs: tuple[Diagnostic, ...] = ()


@dataclass(frozen=True)
class _Entry:
    """A key, what follows its colon, and the lines below that belong to it."""

    key: str
    value: str
    line: int
    below: list[str]


def read_leniently(lines: list[str], start: int, within: tuple[str, ...] = ()) -> Reading:
    """Read `key: value` lines one by one; a value that is not YAML by itself is plain text.

    `within` are the keys that the lines stand below.
    """
    keys: dict[str, Any] = {}
    at: dict[str, int] = {}
    diagnostics: list[Diagnostic] = []
    for entry in _group_by_key(lines, start):
        value, repairs = _read_value(entry, (*within, entry.key))
        if entry.key.startswith("*"):
            name = ".".join(within) or "the frontmatter"
            repairs.insert(0, (entry.line, f"unquoted {entry.key} as a key of {name}"))
        if entry.key in keys:
            twice = f"{entry.key} is given twice, in lines {at[entry.key]} and {entry.line}"
            repairs.append((entry.line, f"{twice}: the last one counts"))
        keys[entry.key], at[entry.key] = value, entry.line
        diagnostics += [Diagnostic(line=n, kind="repaired", text=text) for n, text in repairs]
    return Reading(keys, at, tuple(diagnostics))


def _group_by_key(lines: list[str], start: int) -> Iterator[_Entry]:
    """Group lines by key. No key is what stands in or just above <example> tags that close."""
    entry: _Entry | None = None
    depth = 0
    closing = sum(_EXAMPLE_END in line for line in lines)
    for number, line in enumerate(lines, start=start):
        closing -= _EXAMPLE_END in line
        key = None if depth > 0 else KEY.match(line)
        is_text = key and key[2] not in FIELDS and _is_before_example(lines[number - start :])
        if key and not (entry and is_text):
            if entry:
                yield entry
            entry = _Entry(key[2], key[3].strip(), number, [])
            depth = 0
        elif entry and (depth > 0 or not line.startswith("#")):
            entry.below.append(line)
        depth = depth + count_unclosed_examples(line) if closing else 0
    if entry:
        yield entry


def _is_before_example(lines: list[str]) -> bool:
    below = next((line for line in lines[1:] if line.strip()), "")
    return lines[0].rstrip().endswith(":") and below.startswith("<example>")


def count_unclosed_examples(line: str) -> int:
    """Count the `<example>` tags of a line, less those that close."""
    return sum(-1 if slash else 1 for slash in _EXAMPLE.findall(line))


def _read_value(entry: _Entry, keys: tuple[str, ...]) -> tuple[Any, list[tuple[int, str]]]:
    """Read an entry's value; return it, and the line and words of each repair it took."""
    try:
        document = parse("\n".join([f"key: {entry.value}", *entry.below, ""]), "", typed=True)
    except InputError as error:
        problem = error.problems[0].found
    else:
        if isinstance(document.data, dict) and list(document.data) == ["key"]:
            return document.data["key"], []
        problem = "its lines are not indented"
    name = ".".join(keys)
    inner = textwrap.dedent("\n".join(entry.below)).split("\n")
    filled = [] if entry.value else [line for line in inner if line.strip()]
    if _is_mapping(filled) and len(keys) < MAX_REPAIRED_DEPTH:
        read = read_leniently(inner, entry.line + 1, keys)
        return read.keys, [(repair.line, repair.text) for repair in read.repairs]
    if filled and all(line.startswith("-") for line in filled):
        items = [_strip_quotes(line[1:].strip(" \t")) for line in filled]
        return items, [(entry.line, f"{name} is read as a list of plain texts: {problem}")]
    text = _join_text(entry, inner)
    if keys[-1] in _LISTS and text[:1] == "[" and text[-1:] == "]":
        items = [_strip_quotes(item.strip()) for item in split_at_commas(text[1:-1])]
        return items, [(entry.line, f"{name} is read as a list of plain texts: {problem}")]
    return _strip_quotes(text), [(entry.line, _describe_repair(text, name, problem))]


def _is_mapping(filled: list[str]) -> bool:
    """Return whether lines are keys, with whatever is indented below each."""
    outer = [line for line in filled if line[:1] not in (" ", "\t")]
    return bool(filled) and filled[0] in outer and all(KEY.match(line) for line in outer)


def _join_text(entry: _Entry, inner: list[str]) -> str:
    """Join a value's lines; those that are indented with spaces between, as YAML does."""
    text = "\n".join(inner)
    if not _BLOCK.fullmatch(entry.value):
        text = f"{entry.value}\n{text}"
        if all(line[:1] in ("", " ", "\t") for line in entry.below):
            text = re.sub(r"(?<!\n)\n(?!\n)", " ", text)
    return text.strip("\n \t")


def _strip_quotes(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    quoted = quoted and f"{text[0]}," not in text
    return text[1:-1] if quoted else text


def _describe_repair(value: str, name: str, problem: str) -> str:
    """Name what made a value no YAML, in the words of who wrote it."""
    if "tabs" in problem or "invisible" in problem:
        return f"{name} is read as plain text: {problem}"
    if value[:1] in ("*", "&", "!", "@", "%", "`", "[", "]", "{", "}", ",", "|", ">"):
        return f"unquoted {value[0]} in {name}"
    if value[:1] in ('"', "'"):
        alone = value.count(value[0]) == 1
        return f"{'a quote that is not closed' if alone else 'quotes that do not pair'} in {name}"
    if re.search(r":(\s|$)", value):
        return f"unquoted colon in {name}"
    return f"{name} is read as plain text: {problem}"
