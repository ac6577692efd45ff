"""What an error of the YAML parser means to the author of the text.

PyYAML has two parsers, in C and in Python. Their messages differ, and change between releases, so
nothing here looks at them: both parsers mark the same places, and the text at those places explains
the error. Where it does not, the parser's message is passed on.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

import yaml

from promptverdict.core.yaml_builder import MAX_DEPTH

_CLOSED = re.compile(r""""(?:[^"\\]|\\.)*"|'(?:[^']|'')*'""", re.DOTALL)
# An open quote counts to the end of the text: looking for its end once more from every quote within
# it would take time that grows with the square of the text.
_QUOTED = re.compile(r""""(?:[^"\\]|\\.)*(?:"|\\?\Z)|'(?:[^']|'')*(?:'|\Z)""", re.DOTALL)
_TAB_IN_INDENT = re.compile(r" *\t")
_COLON = re.compile(r":(?: |$)")
_LONGEST_ESCAPE = len(r"\U0001F600")


@dataclass(frozen=True)
class Diagnosis:
    """Where the author has to look, what is wrong there and what to do."""

    line: int
    """Counted from 1."""
    found: str
    cure: str


@dataclass(frozen=True)
class _Place:
    """A place in the text that the parser marks; line and column count from 0."""

    line: int
    column: int
    content: str
    """The whole line."""

    @property
    def rest(self) -> str:
        """What follows in the line."""
        return self.content[self.column :]


def diagnose_error(error: yaml.MarkedYAMLError, text: str) -> Diagnosis:
    """Explain an error of either parser from the text at the places that it marks."""
    lines = text.split("\n")
    problem = _find_place(error.problem_mark, lines) or _Place(0, 0, lines[0])
    # Where the construct began that the parser could not finish: for an open quote, its opening.
    context = _find_place(error.context_mark, lines)
    message = " ".join(f"{error.context or ''} {error.problem or ''}".split())
    return (
        _explain_problem(problem, context, lines)
        or (context and _explain_context(problem, context, lines))
        or Diagnosis(
            problem.line + 1,
            f"not valid YAML: {message[:120]}",
            "write `key: value`, `- item`, and in quotes any text with a colon or #",
        )
    )


def _explain_problem(problem: _Place, context: _Place | None, lines: list[str]) -> Diagnosis | None:
    """Explain an error from the place where the parser stopped."""
    number = problem.line + 1
    if _TAB_IN_INDENT.match(problem.content):
        return Diagnosis(number, "tabs are not allowed for indentation", "indent with spaces")
    if _count_open_brackets(problem, lines) > MAX_DEPTH:
        return Diagnosis(number, f"nested more than {MAX_DEPTH} deep", "flatten it")
    if context is None and _COLON.match(problem.rest):
        found = "a colon with a space inside a value, or a key that is indented unlike the others"
        cure = "put the value in quotes, or write it below its key as a block that `|` begins"
        return Diagnosis(number, found, cure)
    if context in (None, problem) and problem.rest.startswith(("@", "`", "%", ",", "]", "}")):
        found = "a value that begins with @, %, ` or another sign that YAML keeps for itself"
        return Diagnosis(number, found, "put it in quotes")
    return None


def _explain_context(problem: _Place, context: _Place, lines: list[str]) -> Diagnosis:
    """Explain an error from the place where the unfinished construct began."""
    begun = context.line + 1
    sign = context.rest[:1]
    if sign and sign in "\"'":
        if not _CLOSED.match(_join_from(context, lines)):
            return Diagnosis(begun, "a quote that is not closed", "close it on the same line")
        before = problem.content[max(0, problem.column - _LONGEST_ESCAPE) : problem.column + 1]
        if sign == '"' and "\\" in before:
            cure = "write \\\\ for a backslash, or use single quotes"
            return Diagnosis(problem.line + 1, "an escape that YAML does not know", cure)
    if sign and sign in "[{":
        found = "a [ or { that is not closed, or one in a text"
        return Diagnosis(begun, found, "close it, or use quotes")
    if sign and sign in "*&!|>%":
        return Diagnosis(begun, f"a value that begins with {sign}", "put it in quotes")
    if not _COLON.search(context.rest) and not context.rest.startswith("- "):
        found = "text that is neither `key: value` nor part of a value"
        cure = "add the colon, or indent the line below the key that it belongs to"
        return Diagnosis(begun, found, cure)
    found = "text after a closing quote, or a line that is indented unlike its neighbours"
    cure = "put the whole value in quotes, or indent it as its neighbours are"
    return Diagnosis(problem.line + 1, found, cure)


def _find_place(mark: yaml.Mark | None, lines: list[str]) -> _Place | None:
    if mark is None:
        return None
    return _Place(mark.line, mark.column, lines[mark.line] if mark.line < len(lines) else "")


def _join_from(place: _Place, lines: list[str]) -> str:
    return "\n".join([place.rest, *lines[place.line + 1 :]])


def _count_open_brackets(place: _Place, lines: list[str]) -> int:
    """Count the brackets and braces before a place that are not closed, outside quotes.

    libyaml stops at a depth of its own, and reads so far ahead that it may do so before the events
    of the collections around it are given out.
    """
    before = "\n".join([*lines[: place.line], place.content[: place.column]])
    bare = _QUOTED.sub("", before)
    return sum(map(bare.count, "[{")) - sum(map(bare.count, "]}"))
