"""A test run as some text shows it, and what the readers of such texts share."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Literal

from promptverdict.trials.tree import TestNode

_COLOURS = re.compile(r"\x1b\[[0-9;]{0,20}[A-Za-z]")


@dataclass(frozen=True)
class PrintedRun:
    """One test run that a text shows.

    Ids of nodes are `path::title`, `::title` where the text names no file, and `path` for a file
    that could not be loaded.
    """

    runner: str
    nodes: tuple[TestNode, ...]
    """The tests that the text names."""
    passed: int
    failed: int
    errors: int = 0
    """What could not run: files that did not load, builds and set-ups that failed."""
    skipped: int = 0
    passed_files: frozenset[str] = field(default_factory=frozenset)
    """Files or folders of which the text says no more than that their tests passed."""
    source: Literal["printed", "file", "exit code"] = "printed"


Outcome = Literal["passed", "failed", "skipped"]


def make_node(
    id_: str, outcome: Outcome, error: tuple[str, str] | None = None, *, phase: str = "call"
) -> TestNode:
    """Build what became of a test; error: the exception's type and words."""
    kind, words = error or (None, None)
    return TestNode.model_validate(
        {"id": id_, "phase": phase, "outcome": outcome, "exception": kind, "message": words}
    )


def list_sections(heads: re.Pattern[str], text: str) -> Iterator[tuple[re.Match[str], str]]:
    """List the heads in a text, each with what stands between it and the next."""
    last: re.Match[str] | None = None
    for head in heads.finditer(text):
        if last:
            yield last, text[last.end() : head.start()]
        last = head
    if last:
        yield last, text[last.end() :]


def strip_colours(text: str) -> str:
    """Take the escape sequences of a terminal out of a text."""
    return _COLOURS.sub("", text) if "\x1b" in text else text


def count(nodes: Iterable[TestNode], outcome: Outcome) -> int:
    """Count the tests that ended like this, each by its call alone."""
    return sum(node.outcome == outcome for node in nodes if node.phase == "call")
