"""A test run as graders know it, whichever runner made it and however that is known."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from promptverdict.trials.grade import Point
from promptverdict.trials.tree import TestNode

Source = Literal["report", "printed", "file", "exit code"]
Order = Literal["alone", "first", "last", "unknown"]


@dataclass(frozen=True)
class TestRun:
    """One process of a test runner."""

    event: int
    """Of the result that brought it."""
    number: int
    """Of that result, counted from 1."""
    runner: str
    source: Source
    """A report of pytest's plugin; else what the runner printed, wrote into a file, or no more than
    how it ended."""
    nodes: tuple[TestNode, ...]
    """The tests it names; ids are `path::title` with the path below the workspace."""
    passed: int
    failed: int
    errors: int
    """Tests that did not get to run and files that could not be loaded."""
    skipped: int
    total: int
    """How many tests it had, files that could not be loaded aside."""
    passed_files: frozenset[str] = frozenset()
    """Files, and packages of Go, of which no more is known than that their tests passed."""
    tree: str | None = None
    """Digest of the workspace when it began; known from reports alone."""
    order: Order = "unknown"
    """Where it stands among what its command does to files: nothing else did (alone), or what did
    came later (first) or earlier (last)."""
    doubt: str | None = None
    """Why it proves nothing."""
    cut: bool = False
    """Whether there may be more of it than can be seen."""

    @property
    def is_green(self) -> bool:
        """Whether something passed and nothing else happened."""
        return self.passed > 0 and not (self.failed or self.errors)

    @property
    def is_red(self) -> bool:
        """Whether something did not pass."""
        return bool(self.failed or self.errors)

    @property
    def words(self) -> str:
        """How many tests ended how, as pytest words it."""
        errors = f", {self.errors} errors" if self.errors else ""
        return f"{self.passed} passed, {self.failed} failed{errors}"

    @property
    def point(self) -> Point:
        """Where it stands in the evidence."""
        return Point(event=self.event)


@dataclass(frozen=True)
class ResultRuns:
    """What one result shows of tests."""

    runs: tuple[TestRun, ...] = ()
    unread: bool = False
    """Whether tests may have run that left nothing which can be read."""
    ended_well: bool = False
    """Whether the unread command itself ended with 0, as far as its exit code can be seen."""
    outputs: frozenset[str] = frozenset()
    """Changed files that its test runs wrote."""
