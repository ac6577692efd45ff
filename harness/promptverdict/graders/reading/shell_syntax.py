"""A shell command cut into its simple commands: enough of bash's grammar to see what ran, no more.

Everything here takes time that grows with the text alone: a command is as long as the agent likes.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

_HEREDOC = re.compile(r"<<-?[ \t]*(['\"]?)([A-Za-z_]\w{0,80})\1")
_TOKEN = re.compile(
    r"(?P<redirect>\d?>>?&?|&>>?|<[<&(]?)|(?P<word>[^\s;&|()<>'\"\\#$]++)|(?P<blank>[^\S\n]++)|(?P<single>'[^']*+')"
    r"|(?P<double>\"(?:[^\"\\]|\\.)*+\")|(?P<escaped>\\.)"
    r"|(?P<joint>\$\(|[;&|()\n]++)|(?P<comment>#[^\n]*+)|(?P<other>.)",
    re.S,
)
_ESCAPED = re.compile(r"\\([\"\\$`])")
_SUBSTITUTED = re.compile(r"\$\(([^()]*)\)|`([^`]*)`")
_PREFIX = frozenset(
    {"then", "do", "else", "elif", "if", "while", "until", "!", "{", "time", "exec", "command"}
    | {"nohup", "eval", "sudo", "builtin", "xvfb-run"}
)
_ASSIGNMENT = re.compile(r"[A-Za-z_]\w*=")
_LOOPS = frozenset({"for", "while", "until", "select"})
LONGEST = 4000
"""Characters of a quoted text that is looked into."""
MOST = 2000
"""Simple commands of one that are looked at."""


@dataclass(frozen=True)
class Segment:
    """A simple command: its words, and what joins it to the next one."""

    words: tuple[str, ...]
    """Without assignments, redirections and words like `time` in front."""
    joined: str
    """What follows: `|`, `&&`, `||`, `;`, `&`, or nothing at the end."""
    writes: tuple[str, ...] = ()
    """Files that its output goes to."""
    looped: bool = False
    """Whether it stands in a loop."""
    fed: bool = False
    """Whether it reads what another command prints."""

    @property
    def program(self) -> str:
        """Name of what is run, without its folder."""
        return self.words[0].rpartition("/")[2] if self.words else ""


@lru_cache(maxsize=256)
def split_command(command: str) -> tuple[Segment, ...]:
    """Cut a command into its simple commands, in order; what stands in here-documents is left out.

    Commands that are substituted, `$(...)`, are cut out like others.
    """
    cutter = _Cutter()
    for token in _TOKEN.finditer(strip_heredocs(command.replace("\\\n", " "))):
        cutter.take(token.lastgroup or "", token[0])
        if cutter.cuts > MOST:
            break
    cutter.cut("")
    return tuple(cutter.segments)


class _Cutter:
    """Takes in tokens, and makes words and simple commands of them."""

    def __init__(self) -> None:
        self.segments: list[Segment] = []
        self.cuts = 0
        self._words: list[str] = []
        self._writes: list[str] = []
        self._parts: list[str] | None = None
        """Of the word that is not ended yet."""
        self._redirects = ""
        """The redirection that the next word belongs to."""
        self._loops = 0
        self._fed = False

    def take(self, kind: str, text: str) -> None:
        """Take in the next token."""
        if kind == "word":
            if self._parts is None:
                self._parts = []
            self._parts.append(text)
        elif kind == "blank":
            self._end_word()
        elif kind == "joint":
            self.cut(_name_joint(text))
        elif kind == "redirect":
            # `2>&1` and `<(...)` name no file.
            self._end_word()
            self._redirects = text if text[-1] != "(" else ""
        elif kind == "comment" and self._parts is None:
            return
        else:
            if self._parts is None:
                self._parts = []
            self._parts.append(_unquote(kind, text))
            if kind == "double" and ("$(" in text or "`" in text):
                for inner in _SUBSTITUTED.finditer(text[:LONGEST]):
                    self.segments += split_command(inner[1] or inner[2] or "")

    def cut(self, joined: str) -> None:
        """End a simple command."""
        self.cuts += 1
        self._end_word()
        if self._words or self._writes:
            if self._words and self._words[0] in _LOOPS:
                self._loops += 1
            words, rest = self._drop_prefix(), self._loops > 0
            if words or self._writes:
                self.segments.append(Segment(words, joined, tuple(self._writes), rest, self._fed))
            if self._words[:1] == ["done"]:
                self._loops = max(0, self._loops - 1)
            self._fed = joined == "|"
        self._words, self._writes, self._redirects = [], [], ""

    def _end_word(self) -> None:
        if self._parts is None:
            return
        word = "".join(self._parts)
        if ">" in self._redirects:
            if not (self._redirects.endswith("&") and word.isdigit()):
                self._writes.append(word)
        elif not self._redirects:
            self._words.append(word)
        self._parts, self._redirects = None, ""

    def _drop_prefix(self) -> tuple[str, ...]:
        for number, word in enumerate(self._words):
            if word not in _PREFIX and not _ASSIGNMENT.match(word):
                return tuple(self._words[number:])
        return ()


def strip_heredocs(command: str) -> str:
    """Take the bodies of here-documents out of a command."""
    if "<<" not in command:
        return command
    kept: list[str] = []
    closing: list[str] = []
    for line in command.split("\n"):
        if closing:
            if line.strip() == closing[0]:
                closing.pop(0)
            continue
        kept.append(line)
        if "<<<" not in line:
            closing = [match[2] for match in _HEREDOC.finditer(line)]
    return "\n".join(kept)


def _unquote(kind: str, text: str) -> str:
    if kind == "single":
        return text[1:-1]
    if kind == "double":
        return _ESCAPED.sub(r"\1", text[1:-1])
    return text[1:] if kind == "escaped" else text


def _name_joint(text: str) -> str:
    for joint in ("&&", "||"):
        if joint in text:
            return joint
    if "|" in text:
        return "|"
    return "&" if "&" in text else ";"
