"""What an agent file says, in one normal form whatever its dialect.

Nothing here reads a file. Real files break the rules of their own formats, so nothing but a file
without a usable prompt is refused: the rest is kept as it was written and told as a diagnostic.
"""

from __future__ import annotations

import difflib
import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from fnmatch import fnmatchcase
from pathlib import PurePosixPath
from typing import Any, Literal

from promptverdict.core.errors import InputError, Problem
from promptverdict.core.model import Frozen
from promptverdict.trials.toolset import NAMES, find_canonical, find_nearest

MAX_PROMPT_BYTES = 1_000_000
Dialect = Literal["claude-code", "opencode", "plain"]

_FIELDS = ("name", "description", "model", "tools")


def _words(text: str) -> frozenset[str]:
    return frozenset(text.split())


_OPENCODE_ONLY = _words(
    "mode temperature top_p prompt permission maxSteps steps disable disabled hidden"
)
_CLAUDE_CODE_ONLY = _words(
    "disallowedTools permissionMode maxTurns skills mcpServers hooks memory background omitClaudeMd"
    " effort isolation initialPrompt experimental"
)
_KNOWN = {
    "claude-code": frozenset({*_FIELDS, "color"}) | _CLAUDE_CODE_ONLY,
    "opencode": frozenset({*_FIELDS, "color"}) | _OPENCODE_ONLY,
}
_WITHOUT_EFFECT = _words(
    "permission permissionMode maxTurns maxSteps steps temperature top_p effort skills mcpServers"
    " hooks memory initialPrompt prompt"
)
_ENOUGH = 20
"""So many unknown keys or tools of one file are told one by one."""
_ON = frozenset({"true", "yes", "on", "allow", "ask"})

_BETWEEN_COMMAS = re.compile(r"(?:[^,()]|\([^()]*\)?|\))+")
_COMMENT = re.compile(r"<!--.*?(?:-->|\Z)", re.DOTALL)
_INVISIBLE = re.compile("[\\s\u200b-\u200d\u2060\ufeff]+")
_CONTROL = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_BYTE_OF = str.maketrans(
    {bytes([byte]).decode("cp1252", "ignore") or chr(byte): byte for byte in range(0x80, 0x100)}
)
"""cp1252 character -> the byte it stands for, as a code point."""
_GARBLED = re.compile(
    "(?:[\xc2\xc3][\x80-\xbf]|[\xe2\xef][\x80-\xbf]{2}|[\xf0-\xf4][\x80-\xbf]{3}"
    "|(?:[\xc4-\xdf][\x80-\xbf]){2,}|(?:[\xe0-\xef][\x80-\xbf]{2}){2,})+"
)
"""UTF-8 bytes that were read as characters. What correct text may hold as well (`é\xa0»` in French,
`ß“` in German) counts only where it stands twice in a row."""


class Diagnostic(Frozen):
    """Something odd in an agent file, which is used all the same; lines count from the file's 1."""

    line: int
    kind: str
    """repaired, unknown-key, missing-name, unknown-tool, mojibake, duplicate-name and the like."""
    text: str

    def __str__(self) -> str:
        return f"{self.kind}: {self.text} (line {self.line})"


class Variant(Frozen):
    """One runnable definition of an agent."""

    agent: str
    """The role: a folder's name, or the stem of a file that stands alone."""
    variant: str | None
    """The file's stem in the agent's folder; None for a file that stands alone."""
    path: str
    """Where it was read from, with forward slashes."""
    dialect: Dialect
    name: str | None
    """As written; None where it is not."""
    description: str | None
    model: str | None
    """As written: what it means is the configuration's to say."""
    tools: tuple[str, ...] | None
    """Our names of the tools it lists, in its order; None: it takes what the scenario allows."""
    unknown_tools: tuple[str, ...]
    """Tools it lists that are not ours."""
    prompt: str
    """The system prompt exactly as it is sent: the file's text below the frontmatter (or all of it
    where there is none) without the line ends before it and without white space after it. White
    space that begins the first line of text stays, and nothing within is changed."""
    metadata: dict[str, Any]
    """All its other keys, with plain values."""
    diagnostics: tuple[Diagnostic, ...]

    @property
    def id(self) -> str:
        """`agent/variant`, or `agent` for a file that stands alone."""
        return f"{self.agent}/{self.variant}" if self.variant else self.agent


@dataclass(frozen=True)
class Source:
    """An agent file taken apart into keys and body, before a dialect is read into it."""

    keys: Mapping[str, Any] | None
    """The frontmatter; None where the file has none that can be read."""
    lines: Mapping[str, int]
    """Key -> its line in the file."""
    body: str
    body_line: int
    """The line of the file that the body begins in."""
    diagnostics: tuple[Diagnostic, ...] = ()


def normal_form(source: Source, *, agent: str, variant: str | None, path: str) -> Variant:
    """Read an agent file's meaning. Raises InputError where it holds no usable prompt."""
    prompt = _prompt(source.body, path)
    keys = source.keys or {}
    dialect = dialect_of(source.keys)
    told = list(source.diagnostics)
    texts = {key: _as_text(key, source, told) for key in ("name", "description", "model")}
    if isinstance(keys.get("tools"), Mapping):
        tools, unknown = _opencode_tools(keys["tools"])
    else:
        tools, unknown = _claude_code_tools(source, told)
    line = source.lines.get("tools", 1)
    told += [
        Diagnostic(line=line, kind="unknown-tool", text=_about_tool(name))
        for name in unknown[:_ENOUGH]
    ]
    if dialect != "plain":
        told += _about_missing(texts, dialect, path)
        told += _about_keys(source, dialect)
    told += _about_characters(source)
    unread = {key for key, text in texts.items() if text is None and keys.get(key) is not None}
    return Variant(
        agent=agent,
        variant=variant,
        path=path,
        dialect=dialect,
        tools=tools,
        unknown_tools=unknown,
        prompt=prompt,
        metadata={key: keys[key] for key in keys if key not in _FIELDS or key in unread},
        diagnostics=tuple(sorted(told, key=lambda diagnostic: diagnostic.line)),
        **texts,
    )


def dialect_of(keys: Mapping[str, Any] | None) -> Dialect:
    """Tell the dialect by the first of these that fits.

    No frontmatter: plain. Tools as a mapping of name to true or false: opencode; as a list or a
    text: Claude Code. A key that only one of the two knows (`mode`, `permission`, `temperature`
    against `disallowedTools`, `permissionMode`, `hooks`; both: Claude Code). No name, and a model
    written as provider/name: opencode. Everything else: Claude Code.
    """
    if keys is None:
        return "plain"
    tools = keys.get("tools")
    if tools is not None:
        return "opencode" if isinstance(tools, Mapping) else "claude-code"
    if keys.keys() & _CLAUDE_CODE_ONLY:
        return "claude-code"
    slashed = "name" not in keys and "/" in str(keys.get("model"))
    return "opencode" if slashed or keys.keys() & _OPENCODE_ONLY else "claude-code"


def _prompt(body: str, path: str) -> str:
    prompt = body.lstrip("\n").rstrip()
    if len(prompt.encode("utf-8", "surrogatepass")) > MAX_PROMPT_BYTES:
        found = f"the prompt is larger than {MAX_PROMPT_BYTES // 1_000_000} MB"
        raise InputError([Problem(path, found, "no model reads so much: shorten it")])
    if not _INVISIBLE.sub("", _COMMENT.sub("", prompt)):
        found = "it holds only comments, no prompt" if prompt.strip() else "it holds no prompt"
        raise InputError([Problem(path, found, "write the system prompt below the frontmatter")])
    return prompt


def _as_text(key: str, source: Source, told: list[Diagnostic]) -> str | None:
    value = (source.keys or {}).get(key)
    if value is None or isinstance(value, str):
        return value
    line = source.lines.get(key, 1)
    if isinstance(value, bool | int | float):
        text = str(value).lower()
        found = f"{key} is not text and read as `{text}`: put it in quotes"
        told.append(Diagnostic(line=line, kind="not-text", text=found))
        return text
    found = f"{key} is a list or mapping, not text: not read"
    told.append(Diagnostic(line=line, kind="not-text", text=found))
    return None


def _named(value: object) -> list[str]:
    """Take tool names out of a list or a text with commas; commas in parentheses part nothing."""
    if value is None:
        return []
    items = value if isinstance(value, list) else _BETWEEN_COMMAS.findall(str(value))
    names = []
    for item in items:
        name = str(item).strip().strip("\"'`").strip()
        words = name.split()
        names += words if words and all(find_canonical(word) for word in words) else [name]
    return [name for name in names if name]


def _our_name(name: str) -> str | None:
    return find_canonical(name.partition("(")[0])


def _claude_code_tools(
    source: Source, told: list[Diagnostic]
) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    keys = source.keys or {}
    named, refused = _named(keys.get("tools")), _named(keys.get("disallowedTools"))
    line = source.lines.get("tools", 1)
    if "tools" in keys and keys["tools"] is None:
        text = "tools has no value and is read as absent: write [] for no tools"
        told.append(Diagnostic(line=line, kind="empty-tools", text=text))
    told += [
        Diagnostic(line=line, kind="tool-rule", text=f"{name}: the rule in () is not applied")
        for name in named
        if "(" in name and _our_name(name)
    ]
    for name in [name for name in refused if find_canonical(name) is None][:_ENOUGH]:
        text = f"disallowedTools: {_about_tool(name)}"
        line = source.lines.get("disallowedTools", 1)
        told.append(Diagnostic(line=line, kind="unknown-tool", text=text))
    withheld = {find_canonical(name) for name in refused}
    unknown = tuple(dict.fromkeys(name for name in named if name != "*" and not _our_name(name)))
    if keys.get("tools") is None or "*" in named:
        left = tuple(name for name in NAMES if name not in withheld)
        return (left if len(left) < len(NAMES) else None), unknown
    known = dict.fromkeys(ours for name in named if (ours := _our_name(name)))
    return tuple(name for name in known if name not in withheld), unknown


def _opencode_tools(
    entries: Mapping[str, Any],
) -> tuple[tuple[str, ...] | None, tuple[str, ...]]:
    """Read a mapping of tool or pattern to true or false.

    Where any tool is true by its own name the list begins empty, otherwise with all tools. Then the
    patterns apply in their order, after them the names.
    """
    on = {str(name): str(value).lower() in _ON for name, value in entries.items()}
    listed = [name for name, value in on.items() if value and "*" not in name]
    chosen = dict.fromkeys(() if listed else NAMES)
    unknown = []
    for pattern in sorted(on, key=lambda name: "*" not in name):
        matched = [name for name in NAMES if fnmatchcase(name.lower(), pattern.strip().lower())]
        if on[pattern]:
            chosen.update(dict.fromkeys(matched))
            unknown += [] if matched else [pattern]
        else:
            chosen = dict.fromkeys(name for name in chosen if name not in matched)
    everything = not listed and set(chosen) == set(NAMES)
    return (None if everything else tuple(chosen)), tuple(unknown)


def _about_tool(name: str) -> str:
    if name.startswith("mcp__"):
        return f"{name} belongs to an MCP server: none is offered here"
    meant = find_nearest(name)
    return f"there is no tool {name} here" + (f"; did you mean {meant}?" if meant else "")


def _about_missing(
    texts: Mapping[str, str | None], dialect: Dialect, path: str
) -> Iterator[Diagnostic]:
    if not texts["name"]:
        stem = PurePosixPath(path).stem
        done = f"calls it {stem}, by its file" if dialect == "opencode" else "skips such a file"
        who = "opencode" if dialect == "opencode" else "Claude Code"
        yield Diagnostic(line=1, kind="missing-name", text=f"no name: {who} {done}")
    if not texts["description"]:
        text = "no description, which both Claude Code and opencode require"
        yield Diagnostic(line=1, kind="missing-description", text=text)


def _about_keys(source: Source, dialect: Dialect) -> Iterator[Diagnostic]:
    keys = source.keys or {}
    known = _KNOWN[dialect]
    plain = {re.sub("[-_ ]", "", key).lower(): key for key in known} | {"allowedtools": "tools"}
    for key in [key for key in keys if key not in known][:_ENOUGH]:
        close = difflib.get_close_matches(re.sub("[-_ ]", "", key).lower(), plain, 1, 0.8)
        hint = f"; did you mean {plain[close[0]]}?" if close else ""
        text = f"{key} is no key of {dialect}: kept as metadata{hint}"
        yield Diagnostic(line=source.lines.get(key, 1), kind="unknown-key", text=text)
    if idle := [key for key in keys if key in known & _WITHOUT_EFFECT]:
        text = f"kept, but without effect here: {', '.join(idle)}"
        yield Diagnostic(line=source.lines.get(idle[0], 1), kind="not-applied", text=text)


def _about_characters(source: Source) -> Iterator[Diagnostic]:
    for key, value in (source.keys or {}).items():
        if found := next(filter(None, map(_mojibake, _texts(value))), None):
            text = f"{key} holds {found}"
            yield Diagnostic(line=source.lines.get(key, 1), kind="mojibake", text=text)
    numbered = list(enumerate(source.body.split("\n"), start=source.body_line))
    garbled = [(line, found) for line, text in numbered if (found := _mojibake(text))]
    if garbled:
        yield _first_of(garbled, "mojibake")
    controls = [
        (line, f"the control character U+{ord(control[0]):04X}")
        for line, text in numbered
        if (control := _CONTROL.search(text))
    ]
    if controls:
        yield _first_of(controls, "control-character")


def _first_of(found: list[tuple[int, str]], kind: str) -> Diagnostic:
    more = f", and {len(found) - 1} more lines like it" if len(found) > 1 else ""
    return Diagnostic(line=found[0][0], kind=kind, text=f"the prompt holds {found[0][1]}{more}")


def _texts(value: object) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    parts: Iterable[object] = ()
    if isinstance(value, Mapping):
        parts = (*value, *value.values())
    elif isinstance(value, list):
        parts = value
    for part in parts:
        yield from _texts(part)


def _mojibake(text: str) -> str | None:
    """Describe the first damage that a wrong encoding did, with the text it probably was."""
    if text.isascii():
        return None
    if "\ufffd" in text:
        return "U+FFFD, which stands for a character that was lost"
    for match in _GARBLED.finditer(text.translate(_BYTE_OF)):
        try:
            meant = match[0].encode("latin-1").decode("utf-8")
        except UnicodeDecodeError:
            continue
        if all(unicodedata.category(character) not in ("Cn", "Co") for character in meant):
            codes = " ".join(f"U+{ord(character):04X}" for character in meant[:4])
            shown = f"{meant} ({codes})" if meant.isprintable() else codes
            written = text[match.start() : match.end()]
            return f"`{written}`, probably {shown} in a wrong encoding"
    return None
