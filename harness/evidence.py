"""All that a grader may see of a trial: the task, the transcript, the outcome."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from pydantic import Field

from harness.frozen import Frozen
from harness.transcript import Event, Result
from harness.tree import Change, Tree, apply


class Limits(Frozen):
    """When a trial is ended from outside; reaching one is the agent's outcome, not a fault."""

    turns: int = Field(default=40, ge=1)
    """Answers of the model."""
    calls: int = Field(default=100, ge=1)
    """Tool calls."""


class Task(Frozen):
    """What the agent was asked, and with what it could work."""

    suite: str
    scenario: str
    variant: str
    message: str
    turns: tuple[str, ...] = ()
    """What the user says later, one by one, each after an answer without calls."""
    tools: tuple[str, ...] = ()
    limits: Limits = Limits()


class Check(Frozen):
    """One line that a probe printed."""

    name: str
    outcome: Literal["pass", "fail", "note"]
    detail: str = ""


class ProbeReport(Frozen):
    """What one probe found on one tree of the trial."""

    probe: str
    after: int
    """How many results had come when the tree stood like this; 0 is the tree as set up."""
    tree: str
    checks: tuple[Check, ...] = ()
    fault: str | None = None
    """Why the probe could not tell (it crashed, was stopped, printed nothing)."""


class Outcome(Frozen):
    """How the workspace began, and what the probes found. Trees follow from the results."""

    start: tuple[Change, ...] = ()
    probes: tuple[ProbeReport, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be kept of the workspace, in words."""


class Evidence(Frozen):
    """One trial as a value; everything that is said about it rests on this alone."""

    task: Task
    events: tuple[Event, ...]
    outcome: Outcome | None

    def trees(self) -> Iterator[tuple[int, Tree]]:
        """Give the workspace as set up (0) and after each result (1, 2, ...)."""
        tree: Tree = apply({}, self.outcome.start if self.outcome else ())
        yield 0, tree
        results = (event for event in self.events if isinstance(event, Result))
        for number, result in enumerate(results, start=1):
            tree = apply(tree, result.changes)
            yield number, tree

    def final_tree(self) -> Tree:
        """Give the workspace as the agent left it."""
        tree: Tree = {}
        for _, current in self.trees():
            tree = current
        return tree
