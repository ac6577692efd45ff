"""The words of verdicts and gates, which statistics, suites and reports share."""

from __future__ import annotations

from typing import Literal

Verdict = Literal["improved", "regressed", "inconclusive", "invalid"]
"""invalid: the data cannot be used."""

GateMode = Literal["no_regression", "non_inferiority"]
"""no_regression blocks what is shown to be worse, non_inferiority what is not shown to be at most
the margin worse."""

GateOutcome = Literal["pass", "fail", "inconclusive", "invalid"]

Estimand = Literal["population", "suite"]
"""What an answer is about: scenarios like these, or exactly these and no others."""

Unit = Literal["scenario", "family"]
"""What counts as one: a scenario, or those of a family together."""
