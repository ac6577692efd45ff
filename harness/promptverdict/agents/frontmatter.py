"""Take an agent file apart: the keys between its two lines of `---`, and the body below.

Most frontmatter in the wild is YAML; a good part of it only looks like YAML, above all where a
description holds a colon. What strict YAML refuses is read line by line, and told as repaired.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from promptverdict.agents.variant import Diagnostic, Source
from promptverdict.core.errors import InputError
from promptverdict.core.strict_yaml import parse

MAX_REPAIRED_LINES = 2_000
"""Frontmatter that is longer and no valid YAML counts as none."""
MAX_REPAIRED_DEPTH = 5
"""Keys below keys that are read line by line."""

_FENCE = re.compile(r"(`{3,}|~{3,})[ \t]*(?:ya?ml|markdown|md)?[ \t]*")
_FENCE_END = re.compile(r"(`{3,}|~{3,})[ \t]*")
_KEY = re.compile(r"""(["']?)([A-Za-z_*][\w.*-]*)\1[ \t]*:(?=[ \t]|$)[ \t]*(.*)""")
_EXAMPLE = re.compile(r"<(/?)example>")
_EXAMPLE_END = "</example>"
_BLOCK = re.compile(r"[|>][-+0-9]{0,2}")


def split(text: str) -> Source:
    """Split an agent file's text into frontmatter and body. Nothing is refused.

    The frontmatter begins with `---` on line 1 and ends at the next line `---`; later ones belong
    to the body. Blank lines before it, and a code fence around it or around the whole file, are
    passed over and told as repaired. Without a second `---`, or with no keys between the two, there
    is no frontmatter and the whole text is the body.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    first, fence = _begin(lines)
    if first is None:
        told = Diagnostic(line=1, kind="no-frontmatter", text="the whole text is the prompt")
        return Source(None, {}, text, 1, (told,))
    end = next((number for number in range(first + 1, len(lines)) if _is_rule(lines[number])), None)
    if end is None:
        found = "the `---` of this line is never closed: the whole text is the prompt"
        return _without(text, first, "unterminated", found)
    read = _read_keys(lines[first + 1 : end], first + 2)
    if read is None:
        found = "no frontmatter can be read between this `---` and the next: the whole text is"
        return _without(text, first, "not-a-mapping", f"{found} the prompt")
    told_before = list(_about_begin(first, fence))
    after, rest = (end + 1, lines[end + 1 :]) if fence is None else _unfenced(lines, end, fence)
    second = _second_frontmatter(rest, after + 1)
    return Source(
        read.keys, read.lines, "\n".join(rest), after + 1, (*told_before, *read.told, *second)
    )


@dataclass(frozen=True)
class _Read:
    """Keys, the line of each, and what was repaired."""

    keys: dict[str, Any]
    lines: dict[str, int]
    told: tuple[Diagnostic, ...] = ()


def _begin(lines: list[str]) -> tuple[int | None, str | None]:
    """Find the line that opens the frontmatter (from 0) and the code fence before it, if any."""
    first = next((number for number, line in enumerate(lines) if line.strip()), None)
    if first is None:
        return None, None
    if _is_rule(lines[first]):
        return first, None
    fence = _FENCE.fullmatch(lines[first])
    if fence and first + 1 < len(lines) and _is_rule(lines[first + 1]):
        return first + 1, fence[1]
    return None, None


def _about_begin(first: int, fence: str | None) -> Iterator[Diagnostic]:
    if fence is not None:
        yield Diagnostic(line=first, kind="repaired", text="frontmatter inside a code fence")
    elif first > 0:
        text = "frontmatter that does not begin on line 1"
        yield Diagnostic(line=first + 1, kind="repaired", text=text)


def _is_rule(line: str) -> bool:
    return line.rstrip(" \t") == "---"


def _without(text: str, first: int, kind: str, found: str) -> Source:
    return Source(None, {}, text, 1, (Diagnostic(line=first + 1, kind=kind, text=found),))


def _unfenced(lines: list[str], end: int, fence: str) -> tuple[int, list[str]]:
    """Drop the end of the fence, right below the frontmatter or at the end of the file.

    Gives the lines passed over and the body's. At the end of the file it closes the outer fence
    only where the fences between are in pairs.
    """
    rest = lines[end + 1 :]
    filled = [number for number, line in enumerate(rest) if line.strip()]
    if filled and _closes(rest[filled[0]], fence):
        return end + 2 + filled[0], rest[filled[0] + 1 :]
    inner = sum(1 for line in rest if line.startswith(fence))
    if filled and _closes(rest[filled[-1]], fence) and inner % 2 == 1:
        return end + 1, rest[: filled[-1]]
    return end + 1, rest


def _closes(line: str, fence: str) -> bool:
    found = _FENCE_END.fullmatch(line)
    return found is not None and found[1].startswith(fence)


def _second_frontmatter(rest: list[str], line: int) -> Iterator[Diagnostic]:
    first = next((number for number, content in enumerate(rest) if content.strip()), None)
    if first is None or not _is_rule(rest[first]):
        return
    between: list[str] = []
    for content in rest[first + 1 :]:
        if _is_rule(content):
            if between and all(_KEY.match(one) for one in between):
                text = "a second frontmatter: it belongs to the prompt"
                yield Diagnostic(line=line + first, kind="second-frontmatter", text=text)
            return
        between.append(content)


def _read_keys(lines: list[str], start: int) -> _Read | None:
    """Read the lines between the two `---`; `start` is the first one's number in the file.

    None where they hold no mapping; no lines, or only comments, are an empty one.
    """
    if all(not line.strip() or line.lstrip().startswith("#") for line in lines):
        return _Read({}, {})
    try:
        placed = "\n" * (start - 1) + "\n".join(lines)
        document = parse(placed, "", typed=True)
    except InputError as error:
        problem = error.problems[0]
        if len(lines) > MAX_REPAIRED_LINES or _holds_prose(lines):
            return None
        read = _read_leniently(textwrap.dedent("\n".join(lines)).split("\n"), start)
        if not read.keys:
            return None
        line = int(problem.where.rpartition(":")[2])
        whole = Diagnostic(line=line, kind="repaired", text=f"no valid YAML: {problem.found}")
        return _Read(read.keys, read.lines, read.told or (whole,))
    if not isinstance(document.data, dict):
        return None
    return _Read(document.data, {key: document.lines[(key,)] for key in document.data})


def _holds_prose(lines: list[str]) -> bool:
    """Tell whether a paragraph begins among the keys: then the second `---` is the body's."""
    depth, blank = 0, False
    for line in lines:
        begins = line[:1] not in ("", " ", "\t", "-", "<", "#", "]", "}")
        if blank and depth <= 0 and begins and not _KEY.match(line):
            return True
        depth += _unclosed(line)
        blank = not line.strip()
    return False


@dataclass(frozen=True)
class _Entry:
    """A key, what follows its colon, and the lines below that belong to it."""

    key: str
    value: str
    line: int
    below: list[str]


def _read_leniently(lines: list[str], start: int, within: tuple[str, ...] = ()) -> _Read:
    """Read `key: value` lines one by one; a value that is no YAML on its own is text as it stands.

    `within` are the keys that the lines stand below.
    """
    keys: dict[str, Any] = {}
    at: dict[str, int] = {}
    told: list[Diagnostic] = []
    for entry in _entries(lines, start):
        value, repairs = _value(entry, (*within, entry.key))
        if entry.key.startswith("*"):
            name = ".".join(within) or "the frontmatter"
            repairs.insert(0, (entry.line, f"unquoted {entry.key} as a key of {name}"))
        if entry.key in keys:
            twice = f"{entry.key} is given twice, in lines {at[entry.key]} and {entry.line}"
            repairs.append((entry.line, f"{twice}: the last one counts"))
        keys[entry.key], at[entry.key] = value, entry.line
        told += [Diagnostic(line=line, kind="repaired", text=text) for line, text in repairs]
    return _Read(keys, at, tuple(told))


def _entries(lines: list[str], start: int) -> Iterator[_Entry]:
    """Group lines by key. No key is what stands in or just above <example> tags that close."""
    entry: _Entry | None = None
    depth = 0
    closing = sum(_EXAMPLE_END in line for line in lines)
    for number, line in enumerate(lines, start=start):
        closing -= _EXAMPLE_END in line
        found = None if depth > 0 else _KEY.match(line)
        if found and not (entry and _leads_to_example(lines[number - start :])):
            if entry:
                yield entry
            entry = _Entry(found[2], found[3].strip(" \t"), number, [])
            depth = 0
        elif entry and (depth > 0 or not line.startswith("#")):
            entry.below.append(line)
        depth = depth + _unclosed(line) if closing else 0
    if entry:
        yield entry


def _leads_to_example(lines: list[str]) -> bool:
    below = next((line for line in lines[1:] if line.strip()), "")
    return lines[0].rstrip().endswith(":") and below.startswith("<example>")


def _unclosed(line: str) -> int:
    return sum(-1 if slash else 1 for slash in _EXAMPLE.findall(line))


def _value(entry: _Entry, keys: tuple[str, ...]) -> tuple[Any, list[tuple[int, str]]]:
    """Give an entry's value, and the line and words of each repair it took."""
    try:
        document = parse("\n".join([f"key: {entry.value}", *entry.below]), "", typed=True)
    except InputError as error:
        found = error.problems[0].found
    else:
        if isinstance(document.data, dict) and list(document.data) == ["key"]:
            return document.data["key"], []
        found = "its lines are not indented"
    name = ".".join(keys)
    inner = textwrap.dedent("\n".join(entry.below)).split("\n")
    filled = [] if entry.value else [line for line in inner if line.strip()]
    if filled and all(_KEY.match(line) for line in filled) and len(keys) < MAX_REPAIRED_DEPTH:
        read = _read_leniently(inner, entry.line + 1, keys)
        return read.keys, [(told.line, told.text) for told in read.told]
    if filled and all(line.startswith("-") for line in filled):
        items = [_unquoted(line[1:].strip(" \t")) for line in filled]
        return items, [(entry.line, f"{name} is read as a list of plain texts: {found}")]
    text = _text(entry, inner)
    return _unquoted(text), [(entry.line, _reason(text, name, found))]


def _text(entry: _Entry, inner: list[str]) -> str:
    """Join a value's lines; those that are indented with spaces between, as YAML does."""
    text = "\n".join(inner)
    if not _BLOCK.fullmatch(entry.value):
        text = f"{entry.value}\n{text}"
        if all(line[:1] in ("", " ", "\t") for line in entry.below):
            text = re.sub(r"(?<!\n)\n(?!\n)", " ", text)
    return text.strip("\n \t")


def _unquoted(text: str) -> str:
    quoted = len(text) > 1 and text[0] == text[-1] and text[0] in "\"'"
    quoted = quoted and f"{text[0]}," not in text
    return text[1:-1] if quoted else text


def _reason(value: str, name: str, found: str) -> str:
    """Name what made a value no YAML, in the words of who wrote it."""
    if "tabs" in found or "invisible" in found:
        return f"{name} is read as plain text: {found}"
    if value[:1] in ("*", "&", "!", "@", "%", "`", "[", "]", "{", "}", ",", "|", ">"):
        return f"unquoted {value[0]} in {name}"
    if value[:1] in ('"', "'"):
        alone = value.count(value[0]) == 1
        return f"{'a quote that is not closed' if alone else 'quotes that do not pair'} in {name}"
    if re.search(r":(\s|$)", value):
        return f"unquoted colon in {name}"
    return f"{name} is read as plain text: {found}"
