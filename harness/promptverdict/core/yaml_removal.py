"""Edits YAML that a person wrote, and leaves the rest as it stands, comments too."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Mapping

import yaml

from promptverdict.core.errors import InputError
from promptverdict.core.strict_yaml import parse

Keys = tuple[str, ...]
"""A key and those around it, from the top."""


def remove_keys(text: str, where: str, paths: Collection[Keys]) -> str:
    """Return a document without some keys, those that it has; `where` names it in errors.

    A comment right above a key goes with it. Where the lines cannot be taken out alone (`{a: 1}`),
    the whole document is written anew, without comments. Raises InputError where it cannot be read.
    """
    document = parse(text, where)
    present = [path for path in paths if path in document.lines]
    if not present:
        return text
    wanted = document.data
    for path in present:
        wanted = _drop(wanted, path)
    lines = text.split("\n")
    gone: set[int] = set()
    for path in present:
        gone |= _find_lines(lines, document.lines[path] - 1)
    edited = "\n".join(line for number, line in enumerate(lines) if number not in gone)
    return _choose(edited, wanted, where)


def replace_text(text: str, where: str, key: str, value: str) -> str:
    """Return a document with another text under a key at the top, which it must have.

    Raises InputError where the document cannot be read.
    """
    document = parse(text, where)
    if not isinstance(document.data, Mapping):
        raise TypeError(f"{where} is no mapping")
    lines = text.split("\n")
    first = document.lines[(key,)] - 1
    last = max(_find_lines(lines, first))
    folded = textwrap.wrap(value, 98, break_long_words=False, break_on_hyphens=False)
    lines[first : last + 1] = [f"{key}: >-", *(f"  {line}" for line in folded)]
    return _choose("\n".join(lines), {**document.data, key: value}, where)


def _choose(edited: str, wanted: object, where: str) -> str:
    """Return an edited text if it holds what it must, and else write that anew."""
    try:
        is_right = parse(edited, where).data == wanted
    except InputError:
        is_right = False
    return edited if is_right else _render(wanted)


def _find_lines(lines: list[str], first: int) -> set[int]:
    """Find the lines of a key, its value and the comment right above it; counted from 0."""
    depth = _measure_indent(lines[first])
    last = first
    for number in range(first + 1, len(lines)):
        line = lines[number]
        # A list may stand as far to the left as the key that it belongs to.
        is_entry = _measure_indent(line) == depth and re.match(r"\s*-(\s|$)", line)
        if line.strip() and _measure_indent(line) <= depth and not is_entry:
            break
        if line.strip():
            last = number
    while first and re.match(rf" {{{depth}}}#", lines[first - 1]):
        # The first line of a file is a comment about the file: `yaml-language-server`.
        if first == 1:
            break
        first -= 1
    return set(range(first, last + 1))


def _measure_indent(line: str) -> int:
    return len(line) - len(line.lstrip(" "))


def _drop(data: object, path: Keys) -> object:
    if not isinstance(data, Mapping):
        return data
    key, *inner = path
    if not inner:
        return {name: value for name, value in data.items() if name != key}
    return {
        name: _drop(value, tuple(inner)) if name == key else value for name, value in data.items()
    }


def _render(data: object) -> str:
    return yaml.safe_dump(data, sort_keys=False, allow_unicode=True, width=100)
