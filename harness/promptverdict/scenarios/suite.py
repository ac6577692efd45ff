"""A suite as a person writes it: its behaviours, who promises them, how it is compared."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo

from promptverdict.core.model import Frozen
from promptverdict.graders.rubric import Question
from promptverdict.scenarios.gate import Gate, Theme, one_family, one_primary
from promptverdict.scenarios.scenario import Identifier
from promptverdict.trials.evidence import About


def _once(names: tuple[str, ...]) -> tuple[str, ...]:
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"{', '.join(sorted(twice))} is named twice")
    return names


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
