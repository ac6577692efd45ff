"""What a suite asks of a comparison: themes, which group behaviours, and a gate."""

from __future__ import annotations

from typing import Literal, Self

from pydantic import Field, model_validator

from promptverdict.core.model import Frozen
from promptverdict.stats.terms import Estimand, GateMode

Role = Literal["primary", "control"]
"""Of a theme: what a suite is about, or what must not suffer."""


class Theme(Frozen):
    """A group of behaviours that is named before anything is compared."""

    behaviours: tuple[str, ...] = Field(min_length=1, description="The behaviours in the group")
    role: Role = Field(
        default="primary",
        description="primary: what the suite is about (at most one); control: what must not"
        " get worse",
    )


class Gate(Frozen):
    """What blocks a merge. It judges the themes or, if there are none, each behaviour."""

    mode: GateMode = Field(
        default="no_regression",
        description="no_regression: block what is shown to be worse; non_inferiority: block what is"
        " not shown to be at most `margin` worse",
    )
    margin: float | None = Field(
        default=None,
        gt=0,
        lt=1,
        description="The loss that is accepted, as a share: 0.1 is ten points, and takes 29"
        " scenarios to show",
    )
    critical: tuple[str, ...] = Field(
        default=(),
        description="Scenarios that must not fail in any trial where the baseline passes",
    )
    estimand: Estimand = Field(
        default="population",
        description="population: the answer holds for scenarios like these; suite: for exactly"
        " these, by their trials, however few scenarios there are",
    )
    strict: bool = Field(
        default=False,
        description="Treat a verdict that rests on few changed scenarios as no verdict",
    )

    @model_validator(mode="after")
    def _check_margin(self) -> Self:
        if self.mode == "non_inferiority" and self.margin is None:
            raise ValueError("non_inferiority needs a margin: no worse by how much?")
        return self

    @model_validator(mode="after")
    def _check_strict(self) -> Self:
        if self.strict and self.estimand == "suite":
            raise ValueError(
                "strict is for scenarios as a sample; with estimand: suite they are all there are"
            )
        return self


def check_families(families: dict[str, tuple[str, ...]]) -> dict[str, tuple[str, ...]]:
    """Refuse a scenario in two families with a ValueError: it would count twice."""
    every = [scenario for family in families.values() for scenario in family]
    if twice := sorted({scenario for scenario in every if every.count(scenario) > 1}):
        raise ValueError(f"{', '.join(twice)} counts once: leave one family")
    return families


def check_primary_theme(themes: dict[str, Theme]) -> dict[str, Theme]:
    """Refuse a second primary theme with a ValueError: which one counts would be chosen later."""
    primary = [name for name, theme in themes.items() if theme.role == "primary"]
    if len(primary) > 1:
        raise ValueError(f"{', '.join(primary)} are all primary; make all but one control")
    return themes
