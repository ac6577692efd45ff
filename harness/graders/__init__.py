"""The graders: small frozen models in one union, each with one method over the evidence alone.

`AnyGrader` is the registry: a scenario names a grader by its `type`, and what is not in the union
cannot be named.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from harness.graders.answer import JsonAnswer
from harness.graders.claims import FreshEvidence, TestClaims
from harness.graders.custom import Custom
from harness.graders.logic import AllOf, AnyOf, Not
from harness.graders.numbers import NumbersHaveProvenance
from harness.graders.order import RefactorOnGreen, RightReasonRed, TestFirst
from harness.graders.rubric import Rubric
from harness.graders.steps import SmallSteps, TestsPass
from harness.graders.text import Admits, Asks, Says, TriedBefore
from harness.graders.workspace import Files, ProbeChecks, Tools

AnyGrader = Annotated[
    Admits
    | AllOf
    | AnyOf
    | Asks
    | Custom
    | Files
    | FreshEvidence
    | JsonAnswer
    | Not
    | NumbersHaveProvenance
    | ProbeChecks
    | RefactorOnGreen
    | RightReasonRed
    | Rubric
    | Says
    | SmallSteps
    | TestClaims
    | TestFirst
    | TestsPass
    | Tools
    | TriedBefore,
    Field(discriminator="type"),
]
"""Any grader, told apart by its `type`."""

for _nested in (AllOf, AnyOf, Not):
    _nested.model_rebuild(_types_namespace={"AnyGrader": AnyGrader})

__all__ = ["AnyGrader", "Custom"]
