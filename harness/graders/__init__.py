"""The graders: small frozen models in one union, each with one method over the evidence alone."""

from __future__ import annotations

from harness.graders.custom import Custom

AnyGrader = Custom
"""Any grader, told apart by its `type`."""

__all__ = ["AnyGrader", "Custom"]
