"""Strict YAML: from authored text to plain data and the line of every key.

Whatever could surprise its author is refused, with its line and a cure.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import yaml

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.files import LFS_POINTER, describe_read_error, read_regular_file
from promptverdict.core.yaml_builder import MAX_DEPTH, Collection, DataBuilder
from promptverdict.core.yaml_diagnosis import diagnose_error

MAX_BYTES = 2_000_000
"""Size of the largest file that is read."""
MAX_NODES = 100_000
"""Keys, values and collections of one text."""

CONFLICT = re.compile(r"(?:<{7}|>{7})(?: |$)")
"""How a line begins that an unresolved merge left behind."""
_REFUSED = re.compile("[^\t\n -~\xa0-\u2027\u202a-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_INTEGER = re.compile(r"[-+]?(?:0|[1-9][0-9]*)|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(?:\.[0-9]+|[0-9]+(?:\.[0-9]*)?)(?:[eE][-+]?[0-9]+)?")
_NOT_FINITE = re.compile(r"[-+]?\.(?:inf|Inf|INF)|\.(?:nan|NaN|NAN)")
_LEADING_ZERO = re.compile(r"[-+]?0[0-9]+")
_WORDS = {
    **dict.fromkeys(("", "~", "null", "Null", "NULL"), None),
    **dict.fromkeys(("true", "True", "TRUE"), True),
    **dict.fromkeys(("false", "False", "FALSE"), False),
}


@dataclass(frozen=True)
class Document:
    """Plain data (mappings, lists, text and, where typed, scalars) and where each part stands."""

    data: object
    lines: Mapping[tuple[str | int, ...], int]
    """Keys and list positions from the top -> line, counted from 1; a key's own line, not its
    value's."""


def parse(text: str, where: str, *, typed: bool = False) -> Document:
    """Read one YAML document; `where` names it in errors. Raises InputError.

    Every scalar stays the text that was written, for a schema to convert. Typed, those that are not
    quoted become null, true, false and numbers as in YAML 1.2: `no`, `on`, `010`, `12:30` and dates
    stay text even then. Keys are always text.
    """
    text = _normalise(text)
    refuse_conflict(text, where)
    _refuse_characters(text, where)
    builder = _StrictBuilder(where, typed=typed)
    loader = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
    try:
        # Not through yaml.parse, whose two more calls for each event take a third of the time.
        events = loader(text)
        while (event := events.get_event()) is not None:
            builder.take(event)
    except yaml.MarkedYAMLError as error:
        diagnosis = diagnose_error(error, text)
        raise _build_error(where, diagnosis.line, diagnosis.found, diagnosis.cure) from error
    except yaml.YAMLError as error:
        message = " ".join(str(error).split())[:120]
        raise _build_error(where, 1, f"not valid YAML: {message}", "correct it") from error
    if builder.empty:
        raise _build_error(where, 1, "there is nothing in it", "write at least one `key: value`")
    return Document(builder.documents[0], builder.lines)


def read_text(path: Path, most: int = MAX_BYTES) -> str:
    """Read a text file: UTF-8, at most so many bytes, line ends made LF. Raises InputError.

    Returns at once from anything that is no regular file, a pipe without a writer among them.
    """
    try:
        data = read_regular_file(path, most)
    except IsADirectoryError as error:
        raise InputError([Problem(str(path), "it is a folder", "name a text file")]) from error
    except (OSError, ValueError) as error:
        words = describe_read_error(error)
        found, cure = f"cannot be read: {words}", "check the path and its permissions"
        if "regular file" in words:
            found, cure = words, "name a text file"
        raise InputError([Problem(str(path), found, cure)]) from error
    return decode(data, str(path), most)


def decode(data: bytes, where: str, most: int = MAX_BYTES) -> str:
    """Turn a file's bytes into text as `read_text` does; `where` names the file. Raises InputError.

    A byte-order mark of UTF-8 is dropped; CRLF and lone CR become LF.
    """
    if len(data) > most:
        found = f"larger than {most // 1_000_000} MB"
        raise InputError([Problem(where, found, "no file that a person wrote is: split it")])
    if data.startswith(LFS_POINTER):
        raise InputError([Problem(where, "a Git LFS pointer", "fetch its content: git lfs pull")])
    start = data[:1000]
    if start.startswith((b"\xff\xfe", b"\xfe\xff")) or start.count(0) * 4 > len(start):
        raise InputError([Problem(where, "UTF-16 or not text at all", "save it as UTF-8")])
    try:
        return _normalise(data.decode("utf-8"))
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        found = describe_read_error(error)
        raise _build_error(where, line, found, "save the file as UTF-8") from error


def _normalise(text: str) -> str:
    return text.removeprefix("\ufeff").replace("\r\n", "\n").replace("\r", "\n")


def _build_error(where: str, line: int, found: str, cure: str) -> InputError:
    return InputError([Problem(f"{where}:{line}", found, cure)])


def refuse_conflict(text: str, where: str) -> None:
    """Raise InputError for a line that an unresolved merge left behind."""
    if "<<<<<<<" not in text and ">>>>>>>" not in text:
        return
    for line, content in enumerate(text.split("\n"), start=1):
        if CONFLICT.match(content):
            cure = "choose a side and remove the lines of <, = and >"
            raise _build_error(where, line, "unresolved merge conflict", cure)


def _refuse_characters(text: str, where: str) -> None:
    if not _REFUSED.search(text):  # nearly always: line by line takes many times as long
        return
    for line, content in enumerate(text.split("\n"), start=1):
        if bad := _REFUSED.search(content):
            found = f"the invisible character U+{ord(bad[0]):04X} in column {bad.start() + 1}"
            raise _build_error(where, line, found, "remove it, or write it as an escape in quotes")


class _StrictBuilder(DataBuilder):
    """Builds the data of one document, and notes the line of every key and entry."""

    def __init__(self, where: str, *, typed: bool) -> None:
        super().__init__()
        self._where, self._typed = where, typed
        self._begun = self._nodes = 0
        self.empty = True
        """Whether nothing has come but one plain scalar without a character."""
        self.lines: dict[tuple[str | int, ...], int] = {}

    def take(self, event: yaml.Event) -> None:
        """Add what one event says. Raises InputError."""
        line = _get_line(event)
        if isinstance(event, yaml.DocumentStartEvent):
            self._begun += 1
            if self._begun > 1:
                cure = "one file holds one document: remove the line with ---"
                raise self._build_error(line, "a second document begins", cure)
        elif isinstance(event, yaml.NodeEvent):
            self._refuse_references(event, line)
            self._nodes += 1
            if self._nodes > MAX_NODES:
                found = f"more than {MAX_NODES} keys and values"
                raise self._build_error(line, found, "split the file")
        super().take(event)

    def read_key(self, event: yaml.NodeEvent, mapping: Collection) -> str:  # noqa: ARG002
        """Return a key that its mapping does not have yet."""
        line = _get_line(event)
        if not isinstance(event, yaml.ScalarEvent):
            cure = "a value that begins with { or [ needs quotes"
            raise self._build_error(line, "a key that is itself a list or mapping", cure)
        key = self._check_text(event.value, line)
        if key == "<<" and event.implicit[0]:
            raise self._build_error(line, "a merge key (<<)", "write the keys out")
        path = (*self._locate(self.open[:-1]), key)
        if path in self.lines:
            cure = f"keep one of lines {self.lines[path]} and {line}"
            raise self._build_error(
                line, f"`{key}` is already given in line {self.lines[path]}", cure
            )
        self.lines[path] = line
        return key

    def read_scalar(self, event: yaml.ScalarEvent) -> object:
        """Return the text of a scalar, or, typed, what it means as YAML 1.2 has it."""
        value, plain, line = event.value, bool(event.implicit[0]), _get_line(event)
        self.empty = self.empty and plain and not value
        self._note_line(line)
        if not (self._typed and plain):
            return self._check_text(value, line)
        if value in _WORDS:
            return _WORDS[value]
        number = _FLOAT.fullmatch(value) or _INTEGER.fullmatch(value)
        if _NOT_FINITE.fullmatch(value) or (number and not _is_usable(value)):
            cure = "put it in quotes if text is meant"
            raise self._build_error(line, f"`{value:.40}` is not a number that can be used", cure)
        if not number or _LEADING_ZERO.fullmatch(value):
            return self._check_text(value, line)
        return int(value, 0) if _INTEGER.fullmatch(value) else float(value)

    def check_collection(self, event: yaml.NodeEvent) -> None:
        """Refuse one that is nested too deeply."""
        line = _get_line(event)
        self.empty = False
        self._note_line(line)
        if len(self.open) == MAX_DEPTH:
            raise self._build_error(line, f"nested more than {MAX_DEPTH} deep", "flatten it")

    def _note_line(self, line: int) -> None:
        """Note where a value begins; one with a key has the key's line already."""
        self.lines.setdefault(self._locate(self.open), line)

    def _locate(self, open_: list[Collection]) -> tuple[str | int, ...]:
        """Return keys and positions from the top, to what comes next in the last collection."""
        return tuple(
            len(collection.data) if isinstance(collection.data, list) else collection.key
            for collection in open_
        )

    def _check_text(self, value: str, line: int) -> str:
        if _SURROGATE.search(value):
            raise self._build_error(line, "half a character (a lone surrogate)", "write it whole")
        return str(value)

    def _refuse_references(self, event: yaml.NodeEvent, line: int) -> None:
        if isinstance(event, yaml.AliasEvent):
            raise self._build_error(line, f"an alias (*{event.anchor})", "write the value out")
        if event.anchor is not None:
            raise self._build_error(line, f"an anchor (&{event.anchor})", "remove it")
        tag = getattr(event, "tag", None)
        if tag is not None:
            tag = tag.replace("tag:yaml.org,2002:", "!!")
            raise self._build_error(line, f"a tag ({tag})", "remove it: plain values only")

    def _build_error(self, line: int, found: str, cure: str) -> InputError:
        return _build_error(self._where, line, found, cure)


def _get_line(event: yaml.Event) -> int:
    return event.start_mark.line + 1 if event.start_mark else 1


def _is_usable(number: str) -> bool:
    return len(number) <= 100 and (number[:2] in ("0x", "0o") or math.isfinite(float(number)))
