"""The graders: small frozen models in one union, each with one method over the evidence alone.

`AnyGrader` is the registry: a scenario names a grader by its `type`, and what is not in the union
cannot be named.
"""

from __future__ import annotations

from typing import Annotated

from pydantic import Field

from promptverdict.graders.claims import FreshEvidence, TestClaims
from promptverdict.graders.custom import Custom
from promptverdict.graders.extracted_claims import ExtractedTestClaims
from promptverdict.graders.figures import NumbersHaveProvenance
from promptverdict.graders.json_answer import JsonAnswer
from promptverdict.graders.logic import AllOf, AnyOf, Not
from promptverdict.graders.rubric import Rubric
from promptverdict.graders.spoken import Admits, Asks, Says, TriedBefore
from promptverdict.graders.steps import SmallSteps, TestsPass
from promptverdict.graders.tdd import RefactorOnGreen, RightReasonRed, TestFirst
from promptverdict.graders.workspace import Files, ProbeChecks, Tools

AnyGrader = Annotated[
    Admits
    | AllOf
    | AnyOf
    | Asks
    | Custom
    | ExtractedTestClaims
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
"""Any grader; `type` says which."""

for _nested in (AllOf, AnyOf, Not):
    _nested.model_rebuild(_types_namespace={"AnyGrader": AnyGrader})

__all__ = ["AnyGrader", "Custom"]
