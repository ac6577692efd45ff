"""What a person writes about a situation: suites and their scenarios, as frozen models.

Nothing here reads a file. A scenario's first message, later turns, script, set-up and limits, with
the bytes of its workspace, enter the digest of every recording; all the rest may be edited freely.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import AfterValidator, Field, ValidationInfo

from promptverdict.core.model import Frozen
from promptverdict.graders import AnyGrader
from promptverdict.graders.rubric import Question
from promptverdict.scenarios.gate import Gate, Theme, one_family, one_primary
from promptverdict.trials.evidence import About, Limits, Reply, SimulatedUser
from promptverdict.trials.toolset import NAMES, nearest

IDENTIFIER = r"^[a-z0-9][a-z0-9._-]{0,99}$"
ALLOWED = "lower-case letters, digits, `.`, `_` and `-`"
"""The same in words."""
Identifier = Annotated[str, Field(pattern=IDENTIFIER)]


def _known_tool(name: str) -> str:
    if name not in NAMES:
        meant = nearest(name)
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


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"{', '.join(sorted(twice))} is named twice")
    return names


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


class Behaviour(Frozen):
    """One named thing an agent does or does not do, and what each variant says of it.

    A variant's stance is promised (its prompt says so, in words that are quoted), control (it binds
    every variant), weak (only general words) or silent, which is what is left.
    """

    says: str = Field(min_length=1, description="What it is, in one sentence")
    promised: dict[str, str] = Field(
        default_factory=dict, description="Variant -> the words of its prompt that promise it"
    )
    control: bool = Field(default=False, description="Whether it binds every variant")
    weak: tuple[str, ...] = Field(
        default=(), description="Variants whose prompts only speak of it in general words"
    )

    @property
    def binds_any(self) -> bool:
        """Whether a cell of any variant fails where the behaviour is not shown."""
        return self.control or bool(self.promised)

    def binds(self, variant: str) -> bool:
        """Whether a cell of this variant fails where the behaviour is not shown."""
        return self.control or variant in self.promised


class KnownFailing(Frozen):
    """A cell that is known to fail, and why; a pass that nobody expected is then a failure."""

    cell: str = Field(description="scenario::agent/variant")
    reason: str = Field(min_length=1, description="Why, for whoever reads the summary")


class Pairwise(Frozen):
    """A question about two trials of one scenario: the baseline's and another variant's."""

    question: Question = Field(
        description="Asked of a judge: which of the two is better in one thing"
    )
    about: About = Field(
        "answer", description="What the judge is shown: the last answers, or all that happened"
    )


def _comparable(asked: tuple[Pairwise, ...], info: ValidationInfo) -> tuple[Pairwise, ...]:
    # A baseline that is no name was told already, and is not among the data.
    if asked and info.data.get("baseline", "") is None:
        raise ValueError("a pairwise question needs a baseline; name one of the variants")
    for one in asked:
        if asked.count(one) > 1:
            raise ValueError(f"this is asked twice: {one.question}")
    return asked


class Suite(Frozen):
    """A folder of scenarios about related behaviours."""

    title: str = Field(min_length=1)
    description: str = ""
    variants: Annotated[tuple[str, ...], AfterValidator(_once)] = Field(
        default=(), description="Which agents (agent/variant) run here; none: all that are found"
    )
    baseline: str | None = Field(default=None, description="The variant others are compared with")
    trials: int = Field(default=1, ge=1, le=1000, description="Attempts a cell")
    require: float = Field(
        default=1.0, gt=0, le=1, description="Share of a cell's trials that must show a behaviour"
    )
    behaviours: dict[Identifier, Behaviour] = Field(
        default_factory=dict, description="The behaviours the suite is about"
    )
    known_failing: tuple[KnownFailing, ...] = Field(
        default=(), description="Cells that are known to fail, each with its reason"
    )
    pairwise: Annotated[tuple[Pairwise, ...], AfterValidator(_comparable)] = Field(
        default=(),
        description="What a judge is asked of each variant's trials beside the baseline's",
    )
    themes: Annotated[dict[Identifier, Theme], AfterValidator(one_primary)] = Field(
        default_factory=dict, description="Behaviours that a comparison also takes together"
    )
    families: Annotated[
        dict[Identifier, Annotated[tuple[str, ...], Field(min_length=2)]],
        AfterValidator(one_family),
    ] = Field(
        default_factory=dict,
        description="Scenarios that vary one situation, by a name for it: they count as one",
    )
    gate: Gate | None = Field(
        default=None, description="What a comparison with the baseline must not show"
    )
