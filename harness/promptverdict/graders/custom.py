"""The way out where the built-in graders do not reach: a function of the suite's own checks.py."""

from __future__ import annotations

from typing import Literal

from pydantic import Field

from promptverdict.core.model import Frozen
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.grade import Finding, ungraded


class Custom(Frozen):
    """Ask a function of the suite's checks.py: `def NAME(evidence: Evidence) -> Finding`."""

    type: Literal["custom"] = "custom"
    function: str = Field(description="Name of the function in the suite's checks.py")

    def grade(self, evidence: Evidence) -> Finding:  # noqa: ARG002
        """Return ungraded: a suite's function is called by name at the top of `grades` alone."""
        return ungraded(f"{self.function} of checks.py can only be used by itself")
