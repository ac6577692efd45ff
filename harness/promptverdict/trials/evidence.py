"""All that a grader may see of a trial: the task, the transcript, the outcome."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from promptverdict.core.model import Frozen
from promptverdict.trials.transcript import Event, Result, Usage
from promptverdict.trials.tree import Change, Tree, apply, digest


def _check_pattern(pattern: str) -> str:
    try:
        re.compile(pattern)
    except re.error as error:
        raise ValueError(f"not a regular expression: {error}") from error
    return pattern


Pattern = Annotated[str, Field(min_length=1), AfterValidator(_check_pattern)]


class Limits(Frozen):
    """When a trial is ended from outside; reaching one is the agent's outcome, not a fault."""

    turns: int = Field(default=40, ge=1)
    """Answers of the model."""
    calls: int = Field(default=100, ge=1)
    """Tool calls."""
    # A limit that is None is in no digest: recordings from before it stay fresh.
    output_tokens: int | None = Field(
        default=None, ge=1, description="Tokens of all answers together (default: no limit)"
    )
    seconds: float | None = Field(
        default=None,
        gt=0,
        description="Time for answers and calls together; waiting for a provider, and for whoever"
        " answers by hand, is not counted (default: no limit)",
    )


class Reply(Frozen):
    """What the user says if the agent's last answer is about something."""

    when: Pattern = Field(description="Regular expression that the answer holds (case aside)")
    say: str = Field(min_length=1, description="What is said then, once")


class SimulatedUser(Frozen):
    """A user played by a model."""

    instructions: str = Field(
        min_length=1, description="Who the user is, what they want and what they know"
    )
    turns: int = Field(default=5, ge=1, le=50, description="Most messages after the first one")


class Task(Frozen):
    """What the agent was asked, and with what it could work."""

    suite: str
    scenario: str
    variant: str
    message: str
    turns: tuple[str | Reply, ...] = ()
    """What the user says later: after an answer without calls, the first that fits."""
    user: SimulatedUser | None = None
    """Who speaks for the user once no later turn fits; None leaves the last word to the agent."""
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
    killed: str | None = None
    """The signal by which the code under test ended the probe, twice."""


About = Literal["answer", "transcript"]
"""What a judge is shown: the agent's last answer, or all that happened."""


class ClaimAboutTests(Frozen):
    """One thing that an answer says of tests, as a judge listed it."""

    quote: str
    """The words, as the judge copied them."""
    kind: Literal["ran", "all passed", "some passed", "failed", "prediction"]
    """That tests were run; that all, or some of them, passed; that some failed; what may come."""
    passed: int | None = None
    failed: int | None = None
    total: int | None = None
    earlier: bool = False
    """Whether it is about the code as it was before the last change."""


class Judgement(Frozen):
    """What a judge, a model that was asked one question about a trial, answered."""

    question: str
    about: About
    answer: Literal["yes", "no", "cannot tell", "claims"] | None
    """None when nothing was answered that can be read; `claims` where they were to be listed."""
    claims: tuple[ClaimAboutTests, ...] | None = None
    quote: str = ""
    """The words that the judge rests its answer on, as it copied them."""
    reason: str = ""
    model: str
    """Who was asked, as `provider/name`."""
    usage: Usage | None = None
    """What the answer took; None where none came."""
    fault: str | None = None
    """Why the answer cannot be read, or nobody could be asked."""


class FinalState(Frozen):
    """How the workspace began, and what probes and judges found. Trees follow from the results."""

    start: tuple[Change, ...] = ()
    probes: tuple[ProbeReport, ...] = ()
    judged: tuple[Judgement, ...] = ()
    notes: tuple[str, ...] = ()
    """What could not be kept of the workspace, in words."""


class Evidence(Frozen):
    """One trial as a value; everything that is said about it rests on this alone."""

    task: Task
    events: tuple[Event, ...]
    outcome: FinalState | None

    def trees(self) -> Iterator[tuple[int, Tree]]:
        """Return the workspace as set up (0) and after each result (1, 2, ...)."""
        return iter(enumerate(_build_trees(Identity(self))))

    def digests(self) -> tuple[str, ...]:
        """Return the digests of the trees, in their order (see tree.digest)."""
        return _build_digests(Identity(self))

    def final_tree(self) -> Tree:
        """Return the workspace as the agent left it."""
        return _build_trees(Identity(self))[-1]


class Identity:
    """Knows evidence by what it is: to compare what it holds would cost more than to read it."""

    def __init__(self, evidence: Evidence) -> None:
        self.evidence = evidence

    def __hash__(self) -> int:
        return id(self.evidence)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Identity) and other.evidence is self.evidence


@lru_cache(maxsize=2)
def _build_trees(known: Identity) -> tuple[Tree, ...]:
    """Build the trees once for all who look at one trial; a tree that nothing changed is shared."""
    evidence = known.evidence
    trees: list[Tree] = [apply({}, evidence.outcome.start if evidence.outcome else ())]
    for event in evidence.events:
        if isinstance(event, Result):
            trees.append(apply(trees[-1], event.changes) if event.changes else trees[-1])
    return tuple(trees)


@lru_cache(maxsize=2)
def _build_digests(known: Identity) -> tuple[str, ...]:
    names: dict[int, str] = {}
    trees = _build_trees(known)
    for tree in trees:
        if id(tree) not in names:
            names[id(tree)] = digest(tree)
    return tuple(names[id(tree)] for tree in trees)
