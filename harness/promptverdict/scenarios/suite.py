"""A suite as a person writes it: its behaviours, who promises them, how variants compare."""

from __future__ import annotations

from typing import Annotated

from pydantic import AfterValidator, Field, ValidationInfo

from promptverdict.core.model import Frozen
from promptverdict.graders.rubric import Question
from promptverdict.scenarios.contemporary import Contemporary
from promptverdict.scenarios.gate import Gate, Theme, check_families, check_primary_theme
from promptverdict.scenarios.scenario import Identifier
from promptverdict.trials.evidence import About


def _check_unique(names: tuple[str, ...]) -> tuple[str, ...]:
    if twice := {name for name in names if names.count(name) > 1}:
        raise ValueError(f"{', '.join(sorted(twice))} is listed twice")
    return names


class Behaviour(Frozen):
    """One named thing that an agent does or does not do, and what each variant says about it.

    A variant's stance is promised (its prompt says so, in words that are quoted), control (required
    of every variant), weak (general words only) or, if none of these, silent.
    """

    says: str = Field(min_length=1, description="What it is, in one sentence")
    promised: dict[str, str] = Field(
        default_factory=dict, description="Variant -> the words of its prompt that promise it"
    )
    control: bool = Field(default=False, description="Whether it is required of every variant")
    weak: tuple[str, ...] = Field(
        default=(), description="Variants whose prompts mention it in general words only"
    )

    binds_on_words: str | None = Field(
        default=None,
        min_length=1,
        description="Why it is required although a grader of words decides it that was not measured"
        " as reliable enough; without a reason such a grader only describes",
    )

    @property
    def binds_any(self) -> bool:
        """Whether it is required of any variant."""
        return self.control or bool(self.promised)

    def is_required_of(self, variant: str) -> bool:
        """Return whether a cell of this variant fails if the behaviour is not shown."""
        return self.control or variant in self.promised


class KnownFailing(Frozen):
    """A cell that is known to fail, and why; if it passes, that is reported as a failure."""

    cell: str = Field(description="scenario::agent/variant")
    reason: str = Field(min_length=1, description="Why it fails, for readers of the summary")


class Pairwise(Frozen):
    """A question about two trials of one scenario: the baseline's and another variant's."""

    question: Question = Field(
        description="What a judge is asked: which of the two is better in one respect"
    )
    about: About = Field(
        "answer", description="What the judge sees: the last answers, or the whole transcripts"
    )


def _check_pairwise(asked: tuple[Pairwise, ...], info: ValidationInfo) -> tuple[Pairwise, ...]:
    # An invalid baseline is missing from the data, and has its own problem.
    if asked and info.data.get("baseline", "") is None:
        raise ValueError("a pairwise question needs a baseline; name one of the variants")
    for pairwise in asked:
        if asked.count(pairwise) > 1:
            raise ValueError(f"this question is there twice: {pairwise.question}")
    return asked


class Suite(Frozen):
    """A folder of scenarios about related behaviours."""

    title: str = Field(min_length=1)
    description: str = ""
    pack: Identifier | None = Field(
        default=None,
        description="Name under which `promptverdict init --pack` copies the suite, if it is a pack"
        " of promptverdict's own",
    )
    variants: Annotated[tuple[str, ...], AfterValidator(_check_unique)] = Field(
        default=(), description="Agents (agent/variant) that run here (default: all)"
    )
    baseline: str | None = Field(
        default=None, description="The variant that the others are compared with"
    )
    trials: int = Field(default=1, ge=1, le=1000, description="Trials of each cell")
    require: float = Field(
        default=1.0,
        gt=0,
        le=1,
        description="Share of a cell's trials that must show a required behaviour",
    )
    behaviours: dict[Identifier, Behaviour] = Field(
        default_factory=dict, description="The behaviours the suite is about"
    )
    known_failing: tuple[KnownFailing, ...] = Field(
        default=(), description="Cells that are known to fail, each with its reason"
    )
    pairwise: Annotated[tuple[Pairwise, ...], AfterValidator(_check_pairwise)] = Field(
        default=(),
        description="What a judge is asked about each variant's trials beside the baseline's",
    )
    themes: Annotated[dict[Identifier, Theme], AfterValidator(check_primary_theme)] = Field(
        default_factory=dict,
        description="Groups of behaviours that a comparison also judges as one",
    )
    families: Annotated[
        dict[Identifier, Annotated[tuple[str, ...], Field(min_length=2)]],
        AfterValidator(check_families),
    ] = Field(
        default_factory=dict,
        description="Name -> scenarios that vary one situation; they count as one scenario",
    )
    contemporary: Contemporary = Field(
        default=Contemporary(),
        description="How far apart two sides may have been recorded and still get a verdict",
    )
    gate: Gate | None = Field(
        default=None, description="What blocks a merge, in a comparison with the baseline"
    )
