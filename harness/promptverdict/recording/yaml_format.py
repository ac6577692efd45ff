"""The YAML that recordings are written in: plain, diffable, and safe to read from a stranger.

Several lines are a literal block where YAML can hold them exactly and else a list of lines, marked
`!lines`, the only tag of our own. Nothing else than YAML's plain types is ever built on reading.
"""

from __future__ import annotations

import base64
import re
from functools import lru_cache
from pathlib import Path
from typing import Any

import yaml

from promptverdict.core.errors import BrokenRecording
from promptverdict.core.files import read_regular_file
from promptverdict.core.yaml_builder import MAX_DEPTH, Collection, DataBuilder

MAX_BYTES = 16 * 2**20
"""A hundred times a recording of some twenty turns: many times a model's whole context, and little
enough to be held in memory."""
MAX_EVENTS = 1_000_000
"""Keys, values, and beginnings and ends of collections of one file: 20,000 files, the most that a
workspace is recorded with, take some 250,000."""
_LINES = "!lines"
_TEXT, _BINARY = "tag:yaml.org,2002:str", "tag:yaml.org,2002:binary"
_MAPPING, _SEQUENCE = "tag:yaml.org,2002:map", "tag:yaml.org,2002:seq"
_SHORT = 64
"""Characters of texts that are looked at once: longer ones seldom come again."""
_WORDS = {"null": None, "~": None, "": None, "true": True, "false": False}
_INTEGER = re.compile(r"[-+]?[0-9]+")
_FLOAT = re.compile(r"[-+]?(?:[0-9]+\.[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?|[-+]?\.inf|\.nan")


class _Dumper(yaml.CSafeDumper):
    """Writes each part where it stands, in block style, and texts of several lines as lines."""

    def resolve(self, kind: Any, value: Any, implicit: Any) -> Any:
        # Asked twice for each scalar, and most are names and words that recordings repeat.
        if kind is yaml.ScalarNode and len(value) <= _SHORT:
            return _resolve_scalar(value, implicit)
        return super().resolve(kind, value, implicit)  # type: ignore[no-untyped-call]

    def represent_data(self, data: Any) -> yaml.Node:
        # A node each, also for equal parts: they are often one object, which the base class writes
        # as an anchor and aliases.
        kind = type(data)
        if kind is str:
            return _write_text(data)
        if kind is dict:
            pairs = [(self._write_key(key), self.represent_data(data[key])) for key in data]
            return yaml.MappingNode(_MAPPING, pairs, flow_style=False)
        if kind is list:
            items = [self.represent_data(item) for item in data]
            return yaml.SequenceNode(_SEQUENCE, items, flow_style=False)
        return super().represent_data(data)

    def ignore_aliases(self, data: Any) -> bool:  # noqa: ARG002
        return True

    def _write_key(self, key: Any) -> yaml.Node:
        # A block or a list of lines can be no key: one of several lines is written in quotes.
        if isinstance(key, str):
            return yaml.ScalarNode(_TEXT, key, style='"' if "\n" in key else None)
        return self.represent_data(key)


@lru_cache(maxsize=4096)
def _resolve_scalar(value: str, implicit: tuple[bool, bool]) -> str:
    resolver = yaml.resolver.Resolver()
    return str(resolver.resolve(yaml.ScalarNode, value, implicit))  # type: ignore[no-untyped-call]


def _write_text(text: str) -> yaml.Node:
    if "\n" not in text:
        return yaml.ScalarNode(_TEXT, text)
    # libyaml writes a text with a blank at a line's end or with unprintable characters in double
    # quotes, on one long line that no diff can show.
    lines = text.split("\n")
    if all(line == line.rstrip() and line.isprintable() for line in lines) and lines[0][:1] != " ":
        return yaml.ScalarNode(_TEXT, text, style="|")
    return yaml.SequenceNode(
        _LINES, [yaml.ScalarNode(_TEXT, line) for line in lines], flow_style=False
    )


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
    content = read_regular_file(path, MAX_BYTES)
    if len(content) > MAX_BYTES:
        raise BrokenRecording(
            f"{where} is larger than {MAX_BYTES // 2**20} MB, the most that is read\n"
            "  restore it from version control, or record it again with --record all"
        )
    return content.decode("utf-8")


def load(text: str, where: str) -> Any:
    """Read what `dump` wrote. Raises BrokenRecording, naming `where`, for anything else."""
    builder = _RecordingBuilder()
    try:
        builder.take_all(yaml.CSafeLoader(text), MAX_EVENTS)
    except (yaml.YAMLError, ValueError) as error:
        reason = " ".join(str(error).split())[:160]
        raise BrokenRecording(
            f"{where} is not a recording that can be read: {reason}\n"
            "  restore it from version control, or record it again with --record all"
        ) from error
    return builder.documents[0] if len(builder.documents) == 1 else None


class _RecordingBuilder(DataBuilder):
    """Builds what `dump` writes, and refuses all else that YAML knows."""

    def read_key(self, event: yaml.NodeEvent, mapping: Collection) -> str:
        """Return a key: a text that its mapping does not have yet."""
        key = _read_scalar(event) if isinstance(event, yaml.ScalarEvent) else None
        if not isinstance(key, str) or key in mapping.data:
            raise ValueError(f"{key!r} cannot be a key here")
        return key

    def read_scalar(self, event: yaml.ScalarEvent) -> Any:
        """Return a scalar's value."""
        return _read_scalar(event)

    def check_collection(self, event: yaml.NodeEvent) -> None:
        """Refuse aliases, tags other than ours, and depths that no recording has."""
        if isinstance(event, yaml.AliasEvent):
            raise ValueError("an alias, which no recording has")  # noqa: TRY004  it is the text
        tag = getattr(event, "tag", None)
        if tag not in (None, _LINES) or event.anchor or len(self.open) >= MAX_DEPTH:
            raise ValueError("a tag, an anchor or a depth that no recording has")

    def finish_collection(self, collection: Collection) -> Any:
        """Return a collection; of `!lines`, the text that the lines make."""
        if collection.tag is None:
            return collection.data
        if not all(isinstance(line, str) for line in collection.data):
            raise ValueError("!lines must mark a list of texts")
        return "\n".join(collection.data)


def _read_scalar(event: yaml.ScalarEvent) -> Any:
    text: str = event.value
    if event.anchor or event.tag is not None:
        if event.anchor or event.tag != _BINARY:
            raise ValueError("a tag or an anchor that no recording has")
        return base64.b64decode(text)
    if not event.implicit[0]:  # it was quoted: a text, whatever it looks like
        return text
    if text in _WORDS:
        return _WORDS[text]
    if text[0] in "-+.0123456789":
        if _INTEGER.fullmatch(text):
            return int(text)
        if _FLOAT.fullmatch(text):
            return float(text.replace(".inf", "inf").replace(".nan", "nan"))
    return text
