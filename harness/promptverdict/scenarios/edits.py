"""Typed edits of a trial: one change that turns what a behaviour is worth, as a person writes it.

An edited trial is graded like any other. Edits say what changed, and nothing of how it is stored.
"""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from promptverdict.core.model import Frozen
from promptverdict.trials.evidence import Pattern


class Selector(Frozen):
    """Calls of a trial: those that fit everything that is given."""

    tool: str | None = Field(default=None, description="Name of the tool")
    matches: Pattern | None = Field(
        default=None, description="Regular expression that a text of the call's arguments holds"
    )
    changes: Pattern | None = Field(
        default=None, description="Regular expression that a path holds which the call changed"
    )
    run: Literal["any", "red", "green"] | None = Field(
        default=None, description="Ran tests: red with a failure, green without"
    )
    which: Literal["first", "last", "all"] = Field(default="all", description="Of those that fit")


class Move(Frozen):
    """Calls, in their order, to another place."""

    calls: Selector
    before: Selector | None = Field(default=None, description="Before the first of these calls")
    after: Selector | None = Field(default=None, description="After the last of these calls")

    @model_validator(mode="after")
    def _check_place(self) -> Self:
        if (self.before is None) == (self.after is None):
            raise ValueError("name one place: before or after")
        return self


class Rewrite(Frozen):
    """What the agent said, with other words."""

    find: Pattern = Field(description="Regular expression; all that it fits is replaced")
    put: str = Field(default="", description="What stands there instead")
    where: Literal["answer", "any"] = Field(
        default="answer", description="The last answer, or everything that was said"
    )


class FileEdit(Frozen):
    """A file as the agent left it, with other content."""

    path: str = Field(min_length=1)
    text: str | None = Field(default=None, description="The whole content")
    find: Pattern | None = Field(default=None, description="Regular expression to be replaced")
    put: str = Field(default="", description="What stands there instead")
    gone: bool = Field(default=False, description="Whether the file is not there at the end")

    @model_validator(mode="after")
    def _check_kind(self) -> Self:
        if [self.text is not None, self.find is not None, self.gone].count(True) != 1:
            raise ValueError("give one of text, find (with put) and gone")
        return self


class ReportEdit(Frozen):
    """A test run with another outcome."""

    run: Selector = Field(default=Selector(run="any", which="last"), description="Which runs")
    outcome: Literal["red", "green"] = Field(
        description="red: what failed fails with this exception, or else its last test does;"
        " green: all tests pass"
    )
    exception: str = Field(default="AssertionError", description="Of the test that fails")
    message: str = Field(default="assert 1 == 2", description="Of the test that fails")


class Edit(Frozen):
    """One edit; exactly one key."""

    drop: Selector | None = Field(default=None, description="Calls that never happened")
    move: Move | None = Field(default=None, description="Calls that happened at another time")
    rewrite: Rewrite | None = Field(default=None, description="Other words")
    answer: str | None = Field(default=None, description="Another last answer")
    file: FileEdit | None = Field(default=None, description="Another file at the end")
    report: ReportEdit | None = Field(default=None, description="Another outcome of a test run")

    @model_validator(mode="after")
    def _check_count(self) -> Self:
        if len(self.model_fields_set) != 1:
            raise ValueError("an edit is one of drop, move, rewrite, answer, file and report")
        return self


def _check_variant(name: str) -> str:
    if not re.fullmatch(r"[^/\s]+(/[^/\s]+)?", name):
        raise ValueError("name a variant as `promptverdict agents` does: agent/variant")
    return name


class EditedTrial(Frozen):
    """A trial, recorded or scripted, and the edits that are made to it."""

    trial: Annotated[str, AfterValidator(_check_variant)] | None = Field(
        default=None, description="Variant whose recorded trial of this scenario is edited"
    )
    number: int = Field(default=0, ge=0, description="Number of the recorded trial")
    solution: str | None = Field(
        default=None, description="Name of the solution that is edited, where it is no recording"
    )
    do: tuple[Edit, ...] = Field(min_length=1, description="The edits, one after the other")

    @model_validator(mode="after")
    def _check_base(self) -> Self:
        if (self.trial is None) == (self.solution is None):
            raise ValueError("name what is edited: a trial (its variant) or a solution")
        return self
