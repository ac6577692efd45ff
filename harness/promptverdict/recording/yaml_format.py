"""The YAML that recordings are written in: plain, diffable, and safe to read from a stranger.

Several lines are a literal block where YAML can hold them exactly and else a list of lines, marked
`!lines`, the only tag of our own. Nothing else than YAML's plain types is ever built on reading.
"""

from __future__ import annotations

import base64
import re
from pathlib import Path
from typing import Any

import yaml

from promptverdict.core.errors import BrokenRecording

MAX_DEPTH = 100
MAX_BYTES = 16 * 2**20
"""A hundred times a recording of some twenty turns: many times a model's whole context, and little
enough to be held in memory."""
_LINES, _BINARY = "!lines", "tag:yaml.org,2002:binary"
_WORDS = {"null": None, "~": None, "": None, "true": True, "false": False}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan")


class _Dumper(yaml.CSafeDumper):
    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True


def _represent_text(dumper: yaml.CSafeDumper, text: str) -> yaml.Node:
    if "\n" not in text:
        return dumper.represent_scalar("tag:yaml.org,2002:str", text)
    lines = text.split("\n")
    if all(line == line.rstrip() and line.isprintable() for line in lines) and lines[0][:1] != " ":
        return dumper.represent_scalar("tag:yaml.org,2002:str", text, style="|")
    return dumper.represent_sequence(_LINES, lines, flow_style=False)


_Dumper.add_representer(str, _represent_text)


def dump(data: Any) -> str:
    """Write plain data (mappings in their own order, lists, text, numbers, bytes) as YAML."""
    return str(
        yaml.dump(data, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1_000_000)
    )


def read(path: Path, where: str) -> str:
    """Read the text of a file that `dump` may have written.

    Raises BrokenRecording, naming `where`, for one of more than MAX_BYTES, and what reading and
    decoding raise.
    """
    with path.open("rb") as file:
        content = file.read(MAX_BYTES + 1)
    if len(content) > MAX_BYTES:
        raise BrokenRecording(
            f"{where} is larger than {MAX_BYTES // 2**20} MB: no recording is\n"
            "  restore it from version control, or record it again with --record all"
        )
    return content.decode("utf-8")


def load(text: str, where: str) -> Any:
    """Read what `dump` wrote. Raises BrokenRecording, naming `where`, for anything else.

    Data is built from the parser's events, without recursion: the usual loaders end the whole
    process on a text that is nested deeply enough.
    """
    try:
        return _built(text)
    except (yaml.YAMLError, ValueError) as error:
        told = " ".join(str(error).split())[:160]
        raise BrokenRecording(
            f"{where} is not a recording that can be read: {told}\n"
            "  restore it from version control, or record it again with --record all"
        ) from error


def _built(text: str) -> Any:
    stack: list[_Open] = [_Open([])]
    for event in yaml.parse(text, Loader=yaml.CSafeLoader):
        if isinstance(event, yaml.ScalarEvent):
            stack[-1].add(_scalar(event))
        elif isinstance(event, yaml.CollectionStartEvent):
            if event.tag not in (None, _LINES) or event.anchor or len(stack) > MAX_DEPTH:
                raise ValueError("a tag, an anchor or a depth that no recording has")
            opened: list[Any] | dict[Any, Any] = []
            if isinstance(event, yaml.MappingStartEvent):
                opened = {}
            stack.append(_Open(opened, lines=event.tag == _LINES))
        elif isinstance(event, yaml.CollectionEndEvent):
            closed = stack.pop()
            stack[-1].add(closed.value())
        elif isinstance(event, yaml.AliasEvent):
            raise ValueError("an alias, which no recording has")  # noqa: TRY004  it is the text
    (documents,) = stack
    return documents.content[0] if len(documents.content) == 1 else None


class _Open:
    """A collection while it is built."""

    __slots__ = ("_key", "_lines", "content")

    def __init__(self, content: list[Any] | dict[Any, Any], *, lines: bool = False) -> None:
        self.content, self._lines = content, lines
        self._key: Any = self

    def add(self, value: Any) -> None:
        if isinstance(self.content, list):
            self.content.append(value)
        elif self._key is self:
            self._key = value
            if not isinstance(value, str) or value in self.content:
                raise ValueError(f"{value!r} cannot be a key here")
        else:
            self.content[self._key], self._key = value, self

    def value(self) -> Any:
        if not self._lines:
            return self.content
        if not all(isinstance(line, str) for line in self.content):
            raise ValueError("!lines must mark a list of texts")
        return "\n".join(self.content)


def _scalar(event: yaml.ScalarEvent) -> Any:
    text: str = event.value
    if event.anchor or event.tag not in (None, _BINARY):
        raise ValueError("a tag or an anchor that no recording has")
    if event.tag == _BINARY:
        return base64.b64decode(text)
    if not event.implicit[0]:
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "-+.0123456789":
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text.replace(".inf", "inf").replace(".nan", "nan"))
    return text
