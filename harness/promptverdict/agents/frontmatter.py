"""Take an agent file apart: the keys between its two lines of `---`, and the body below.

Most frontmatter in the wild is YAML; a good part of it only looks like YAML, above all where a
description holds a colon. What strict YAML refuses is read line by line (lenient_yaml.py); every
repair is a diagnostic.
"""

from __future__ import annotations

import re
import textwrap
from collections.abc import Iterator

from promptverdict.agents.lenient_yaml import (
    FIELDS,
    KEY,
    Reading,
    count_unclosed_examples,
    read_leniently,
)
from promptverdict.agents.variant import Diagnostic, Source, Variant
from promptverdict.core.errors import InputError
from promptverdict.core.strict_yaml import parse

MAX_REPAIRED_LINES = 2_000
"""Frontmatter that is longer and no valid YAML counts as none."""

_RULE_LIKE = re.compile(r"[\s\ufeff\u200b\u2060]*(?:[-\u2013\u2014]{1,4}|\+{3})\s*")
"""A line that was meant as `---`: indented, behind something invisible, or another dash."""
_LOOKED_AT = 40
_FENCE = re.compile(r"(`{3,}|~{3,})[ \t]*(?:ya?ml|markdown|md)?[ \t]*")
_FENCE_END = re.compile(r"(`{3,}|~{3,})[ \t]*")


NOT_READ = ("unterminated", "not-a-mapping")
"""Kinds of diagnostics where a frontmatter was begun and none could be read."""


def describe_unread(variant: Variant) -> str | None:
    """Describe where a variant's frontmatter was begun and could not be read; None where it was."""
    found = next((each for each in variant.diagnostics if each.kind in NOT_READ), None)
    return f"{variant.path}:{found.line}: {found.text}" if found else None


def split_frontmatter(text: str) -> Source:
    """Split an agent file's text into frontmatter and body. Nothing is refused.

    The frontmatter begins with `---` on line 1 and ends at the next line `---`; later ones belong
    to the body. Blank lines before it, and a code fence around it or around the whole file, are
    passed over and listed as repaired. Without a second `---`, or with no keys between the two,
    there is no frontmatter and the whole text is the body.
    """
    text = text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")
    lines = text.split("\n")
    first, fence = _find_begin(lines)
    if first is None:
        reason = f"{_describe_lookalike(lines)}the whole text is the prompt"
        without = Diagnostic(line=1, kind="no-frontmatter", text=reason)
        return Source(None, {}, text, 1, (without,))
    end = next((number for number in range(first + 1, len(lines)) if _is_rule(lines[number])), None)
    if end is None:
        reason = "the `---` of this line is never closed: the whole text is the prompt"
        return _build_plain_source(text, first, "unterminated", reason)
    read = _read_keys(lines[first + 1 : end], first + 2)
    if (
        read is None
        and not any(map(str.strip, lines[end + 1 :]))
        and _is_list(lines[first + 1 : end])
    ):
        # Gemini CLI defines remote agents so: a list, and no prompt.
        return Source(None, {}, "", end + 2, ())
    if read is None:
        reason = "there are no keys between this `---` and the next: the whole text is the prompt"
        return _build_plain_source(text, first, "not-a-mapping", reason)
    odd_begin = _find_odd_begin(first, fence)
    after, rest = (end + 1, lines[end + 1 :]) if fence is None else _drop_fence(lines, end, fence)
    second = _find_second_frontmatter(rest, after + 1)
    return Source(
        read.keys, read.lines, "\n".join(rest), after + 1, (*odd_begin, *read.repairs, *second)
    )


def _find_begin(lines: list[str]) -> tuple[int | None, str | None]:
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


def _describe_lookalike(lines: list[str]) -> str:
    """Describe what was meant as frontmatter near the begin of a text; empty where nothing was."""
    for number, line in enumerate(lines[:_LOOKED_AT]):
        if _RULE_LIKE.fullmatch(line) and any(map(_is_field, lines[number + 1 : number + 2])):
            return f"line {number + 1} begins no frontmatter, which is `---` on line 1: "
    return ""


def _find_odd_begin(first: int, fence: str | None) -> Iterator[Diagnostic]:
    if fence is not None:
        yield Diagnostic(line=first, kind="repaired", text="frontmatter inside a code fence")
    elif first > 0:
        text = "frontmatter that does not begin on line 1"
        yield Diagnostic(line=first + 1, kind="repaired", text=text)


def _is_list(lines: list[str]) -> bool:
    return all(line[:1] in ("", "-", " ", "#") for line in lines)


def _is_rule(line: str) -> bool:
    return line.rstrip(" \t") == "---"


def _build_plain_source(text: str, first: int, kind: str, reason: str) -> Source:
    return Source(None, {}, text, 1, (Diagnostic(line=first + 1, kind=kind, text=reason),))


def _drop_fence(lines: list[str], end: int, fence: str) -> tuple[int, list[str]]:
    """Drop the end of the fence, right below the frontmatter or at the end of the file.

    Returns the number of lines passed over and the body's lines. At the end of the file it closes
    the outer fence only where the fences between are in pairs.
    """
    rest = lines[end + 1 :]
    filled = [number for number, line in enumerate(rest) if line.strip()]
    if filled and _is_fence_end(rest[filled[0]], fence):
        return end + 2 + filled[0], rest[filled[0] + 1 :]
    inner = sum(1 for line in rest if line.startswith(fence))
    # An odd number: the last fence pairs with the one around the file, not with one in the prompt.
    if filled and _is_fence_end(rest[filled[-1]], fence) and inner % 2 == 1:
        return end + 1, rest[: filled[-1]]
    return end + 1, rest


def _is_fence_end(line: str, fence: str) -> bool:
    end = _FENCE_END.fullmatch(line)
    return end is not None and end[1].startswith(fence)


def _find_second_frontmatter(rest: list[str], line: int) -> Iterator[Diagnostic]:
    first = next((number for number, content in enumerate(rest) if content.strip()), None)
    if first is None or not _is_rule(rest[first]):
        return
    between: list[str] = []
    for content in rest[first + 1 :]:
        if _is_rule(content):
            if between and all(KEY.match(content) for content in between):
                text = "a second frontmatter: it belongs to the prompt"
                yield Diagnostic(line=line + first, kind="second-frontmatter", text=text)
            return
        between.append(content)


def _read_keys(lines: list[str], start: int) -> Reading | None:
    """Read the lines between the two `---`; `start` is the first one's number in the file.

    None where they are no mapping; no lines, or only comments, are an empty one.
    """
    if all(not line.strip() or line.lstrip().startswith("#") for line in lines):
        return Reading({}, {})
    try:
        # Empty lines before it, so that the lines that YAML names are those of the file.
        placed = "\n" * (start - 1) + "\n".join(lines) + "\n"
        document = parse(placed, "", typed=True)
    except InputError as error:
        problem = error.problems[0]
        if len(lines) > MAX_REPAIRED_LINES or _has_prose(lines):
            return None
        read = read_leniently(textwrap.dedent("\n".join(lines)).split("\n"), start)
        if not read.keys:
            return None
        line = int(problem.where.rpartition(":")[2])
        whole = Diagnostic(line=line, kind="repaired", text=f"not valid YAML: {problem.found}")
        return Reading(read.keys, read.lines, read.repairs or (whole,))
    if not isinstance(document.data, dict):
        return None
    return Reading(document.data, {key: document.lines[(key,)] for key in document.data})


def _is_field(line: str) -> bool:
    key = KEY.match(line)
    return key is not None and key[2] in FIELDS


def _has_prose(lines: list[str]) -> bool:
    """Return whether a paragraph begins among the keys: then the second `---` is the body's.

    One with a field such as `tools:` below it is a value that goes on after a blank line.
    """
    depth, blank = 0, False
    for number, line in enumerate(lines):
        begins = line[:1] not in ("", " ", "\t", "-", "<", "#", "]", "}")
        if blank and depth <= 0 and begins and not KEY.match(line):
            return not any(_is_field(below) for below in lines[number:])
        depth += count_unclosed_examples(line)
        blank = not line.strip()
    return False
