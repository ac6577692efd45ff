"""What a suite asks of a comparison: themes that several behaviours make up, and a gate."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from promptverdict.core.model import Frozen
from promptverdict.stats.terms import Estimand, GateMode

Role = Literal["primary", "control"]
"""Of a theme: what a suite is about, or what must not suffer."""


class Theme(Frozen):
    """Several behaviours taken together, named before anything is compared."""

    behaviours: tuple[str, ...] = Field(
        min_length=1, description="Which of the suite's behaviours it takes together"
    )
    role: Role = Field(
        default="primary",
        description="primary: what the suite is about, one a suite; control: what must not suffer",
    )


class Gate(Frozen):
    """What may not be merged. It is about the themes, where there are none about each behaviour."""

    mode: GateMode = Field(
        default="no_regression",
        description="no_regression: blocks what is shown to be worse; non_inferiority: blocks what"
        " is not shown to be at most `margin` worse",
    )
    margin: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="The loss that is tolerated, as a share: 0.1 is ten points and takes 29"
        " scenarios to show",
    )
    critical: tuple[str, ...] = Field(
        default=(),
        description="Scenarios that must not fail where the baseline passes, in any trial",
    )
    estimand: Estimand = Field(
        default="population",
        description="population: it answers for scenarios like these; suite: for exactly these and"
        " no others, by their trials, however few the scenarios are",
    )
    strict: bool = Field(
        default=False, description="Whether a verdict on few changed scenarios is none"
    )

    @model_validator(mode="after")
    def _states_its_margin(self) -> Self:
        if self.mode == "non_inferiority" and self.margin is None:
            raise ValueError("non_inferiority needs a margin: no worse by how much?")
        return self

    @model_validator(mode="after")
    def _draws_what_it_is_strict_about(self) -> Self:
        if self.strict and self.estimand == "suite":
            raise ValueError("strict is about scenarios as a sample, which estimand: suite denies")
        return self


def one_family(families: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Refuse a scenario in two families with a ValueError: it would count twice."""
    every = [scenario for family in families.values() for scenario in family]
    if twice := sorted({scenario for scenario in every if every.count(scenario) > 1}):
        raise ValueError(f"{', '.join(twice)} counts once: leave one family")
    return families


def one_primary(themes: dict[str, Theme]) -> dict[str, Theme]:
    """Refuse a second primary theme with a ValueError: which one counts would be chosen later."""
    primary = [name for name, theme in themes.items() if theme.role == "primary"]
    if len(primary) > 1:
        raise ValueError(f"{', '.join(primary)} are all primary; make all but one control")
    return themes
