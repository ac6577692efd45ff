"""A scenario as a person writes it: one situation that an agent is put into.

Nothing here reads a file. A scenario's first message, later turns, script, set-up and limits, with
the bytes of its workspace, enter the digest of every recording; all the rest may be edited freely.
"""

from __future__ import annotations

import re
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, Field, model_validator

from promptverdict.core.model import Frozen
from promptverdict.graders import AnyGrader
from promptverdict.scenarios.mcp import Mcp
from promptverdict.trials.evidence import Limits, Reply, SimulatedUser
from promptverdict.trials.toolset import NAMES, find_nearest

IDENTIFIER = r"^[a-z0-9][a-z0-9._-]{0,99}$"
ALLOWED = "lower-case letters, digits, `.`, `_` and `-`"
"""IDENTIFIER in words."""
Identifier = Annotated[str, Field(pattern=IDENTIFIER)]


def _check_tool(name: str) -> str:
    if name not in NAMES:
        meant = find_nearest(name)
        hint = f"did you mean {meant}?" if meant else f"known are {', '.join(NAMES)}"
        raise ValueError(f"there is no tool {name}; {hint}")
    return name


def _check_tag(tag: str) -> str:
    if tag in _PYTEST_MARKERS:
        raise ValueError(f"{tag} is a marker of pytest's own; use another word")
    return tag


def _check_words(message: str) -> str:
    if not _INVISIBLE.sub("", message):
        raise ValueError("a message needs words: no provider takes one of blanks alone")
    return message


_INVISIBLE = re.compile("[\\s\u200b-\u200d\u2060\ufeff]+")
Message = Annotated[str, AfterValidator(_check_words)]

# As a marker, such a tag would skip or fail a cell.
_PYTEST_MARKERS = {"skip", "skipif", "xfail", "parametrize", "usefixtures", "filterwarnings"}
Tag = Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$"), AfterValidator(_check_tag)]


class GitSetup(Frozen):
    """Make the workspace a git repository with one commit of all its files."""

    message: str = Field(default="Initial commit", description="Message of the commit")
    branch: str = Field(default="main", description="Name of the branch")


class Setup(Frozen):
    """What is done to the workspace before the agent starts."""

    git: GitSetup | None = Field(default=None, description="Make it a git repository")


class Page(Frozen):
    """A page that WebFetch returns."""

    url: str
    text: str


class SearchAnswer(Frozen):
    """What WebSearch returns for a query with some words in it, in any case."""

    contains: str
    text: str


class TaskAnswer(Frozen):
    """What a subagent reports for a prompt with some words in it, in any case."""

    contains: str
    text: str


class QuestionAnswer(Frozen):
    """What the user answers to a question of AskUserQuestion with some words in it, in any case."""

    contains: str
    text: str


class Script(Frozen):
    """What the world outside the workspace answers; anything else is not found."""

    pages: tuple[Page, ...] = ()
    searches: tuple[SearchAnswer, ...] = ()
    tasks: tuple[TaskAnswer, ...] = ()
    questions: tuple[QuestionAnswer, ...] = ()


class Probe(Frozen):
    """A hidden check: a command run in the sandbox on stored trees of the workspace."""

    name: Identifier
    run: str = Field(
        min_length=1,
        description="Command; /workspace is a throw-away copy of the tree, /base the tree as set"
        " up, /probes the suite's probes folder. It prints PASS, FAIL or NOTE lines",
    )
    trees: Literal["final", "every"] = Field(
        default="final",
        description="Run on the tree at the end, or on every distinct tree of the trial",
    )
    timeout: float = Field(default=120.0, gt=0, le=600, description="Seconds")


def _check_probe_names(probes: tuple[Probe, ...]) -> tuple[Probe, ...]:
    names = [probe.name for probe in probes]
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"two probes are called {', '.join(sorted(twice))}")
    return probes


class Scenario(Frozen):
    """One situation an agent is put into."""

    title: str = Field(min_length=1, description="A few words, for reports")
    description: str = Field(default="", description="Why it exists; the agent never sees it")
    task: Message = Field(min_length=1, description="The user's first message, as it is sent")
    turns: tuple[Message | Reply, ...] = Field(
        default=(),
        description="Later user messages. After an answer without tool calls, the first one that"
        " fits and was not sent yet is sent",
    )
    user: SimulatedUser | None = Field(
        default=None, description="A model that plays the user when no later message fits"
    )
    tools: tuple[Annotated[str, AfterValidator(_check_tool)], ...] = Field(
        description="Tools that may be offered; an agent that lists tools gets those in both lists"
    )
    limits: Limits = Field(default=Limits(), description="When the trial is stopped")
    setup: Setup = Field(default=Setup(), description="What is done to the workspace first")
    script: Script = Field(
        default=Script(), description="What the world outside the workspace answers"
    )
    mcp: Mcp = Field(
        default_factory=dict,
        description="MCP server -> tool -> what it answers; agents call mcp__SERVER__TOOL",
    )
    probes: Annotated[tuple[Probe, ...], AfterValidator(_check_probe_names)] = Field(
        default=(), description="Hidden checks on stored trees"
    )
    behaviours: tuple[Identifier, ...] = Field(
        default=(),
        description="Behaviours that the scenario exercises (default: those it grades)",
    )
    grades: dict[Identifier, AnyGrader] = Field(
        default_factory=dict, description="Behaviour -> its grader"
    )
    tags: tuple[Tag, ...] = Field(default=(), description="pytest markers of its items")

    @model_validator(mode="before")
    @classmethod
    def _add_behaviours(cls, data: Any) -> Any:
        """Take the graded behaviours for those exercised where the scenario lists none."""
        grades = data.get("grades") if isinstance(data, dict) else None
        if isinstance(grades, dict) and "behaviours" not in data:
            return data | {"behaviours": list(grades)}
        return data
