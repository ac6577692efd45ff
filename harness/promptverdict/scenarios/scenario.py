"""A scenario as a person writes it: one situation that an agent is put into.

Nothing here reads a file. A scenario's first message, later turns, script, set-up and limits, with
the bytes of its workspace, enter the digest of every recording; all the rest may be edited freely.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field

from promptverdict.core.model import Frozen
from promptverdict.graders import AnyGrader
from promptverdict.trials.evidence import Limits, Reply, SimulatedUser
from promptverdict.trials.toolset import NAMES, find_nearest

IDENTIFIER = r"^[a-z0-9][a-z0-9._-]{0,99}$"
ALLOWED = "lower-case letters, digits, `.`, `_` and `-`"
"""The same in words."""
Identifier = Annotated[str, Field(pattern=IDENTIFIER)]


def _known_tool(name: str) -> str:
    if name not in NAMES:
        meant = find_nearest(name)
        hint = f"did you mean {meant}?" if meant else f"known are {', '.join(NAMES)}"
        raise ValueError(f"there is no tool {name}; {hint}")
    return name


def _no_mark_of_pytests(tag: str) -> str:
    if tag in _PYTESTS_MARKS:
        raise ValueError(f"{tag} means something to pytest; use another word")
    return tag


_PYTESTS_MARKS = {"skip", "skipif", "xfail", "parametrize", "usefixtures", "filterwarnings"}
Tag = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$"), AfterValidator(_no_mark_of_pytests)]


class GitSetup(Frozen):
    """Make the workspace a git repository with one commit of all its files."""

    message: str = Field(default="Initial commit", description="Message of the commit")
    branch: str = Field(default="main", description="Name of the branch")


class Setup(Frozen):
    """What is done to the workspace before the agent sees it."""

    git: GitSetup | None = Field(default=None, description="Make it a git repository")


class Page(Frozen):
    """What WebFetch returns for an address."""

    url: str
    text: str


class SearchAnswer(Frozen):
    """What WebSearch returns for a query that holds some words (case aside)."""

    contains: str
    text: str


class TaskAnswer(Frozen):
    """What a subagent reports for a prompt that holds some words (case aside)."""

    contains: str
    text: str


class Script(Frozen):
    """What the world outside the workspace answers; whatever is not here is honestly absent."""

    pages: tuple[Page, ...] = ()
    searches: tuple[SearchAnswer, ...] = ()
    tasks: tuple[TaskAnswer, ...] = ()


class Probe(Frozen):
    """A hidden check: a command run in the sandbox on stored trees of the workspace."""

    name: Identifier
    run: str = Field(
        min_length=1,
        description="Command with /workspace a throw-away copy of the tree, /base the tree as set"
        " up, /probes the suite's probes folder; prints PASS, FAIL or NOTE lines",
    )
    trees: Literal["final", "every"] = Field(
        default="final", description="The tree at the end, or every distinct tree of the trial"
    )
    timeout: float = Field(default=120.0, gt=0, le=600, description="Seconds")


def _names_once(probes: tuple[Probe, ...]) -> tuple[Probe, ...]:
    names = [probe.name for probe in probes]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"two probes are called {', '.join(sorted(twice))}")
    return probes


class Scenario(Frozen):
    """One situation an agent is put into."""

    title: str = Field(min_length=1, description="A few words for reports")
    description: str = Field(default="", description="Why it exists; the agent never sees it")
    task: str = Field(min_length=1, description="The user's first message, as it is sent")
    turns: tuple[str | Reply, ...] = Field(
        default=(),
        description="Later user messages: after an answer without tool calls, the first that fits"
        " and was not sent yet",
    )
    user: SimulatedUser | None = Field(
        default=None, description="A model that plays the user once no later message fits"
    )
    tools: tuple[Annotated[str, AfterValidator(_known_tool)], ...] = Field(
        description="Tools that may be offered; an agent that lists tools is offered those of both"
    )
    limits: Limits = Field(default=Limits(), description="When the trial is ended from outside")
    setup: Setup = Field(default=Setup(), description="Done to the workspace first")
    script: Script = Field(default=Script(), description="What lies outside the workspace answers")
    probes: Annotated[tuple[Probe, ...], AfterValidator(_names_once)] = Field(
        default=(), description="Hidden checks on stored trees"
    )
    behaviours: tuple[Identifier, ...] = Field(
        default=(), description="Which behaviours of the suite the scenario exercises"
    )
    grades: dict[Identifier, AnyGrader] = Field(
        default_factory=dict, description="Behaviour -> the grader that tells it"
    )
    tags: tuple[Tag, ...] = Field(default=(), description="Become pytest markers")
