"""What would tell more at the least cost, by the same procedure that gives the verdict."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache

from promptverdict.scenarios.gate import Gate
from promptverdict.stats.gates import count_units_needed
from promptverdict.stats.paired_test import FLOOR, PairedTest
from promptverdict.stats.planning import NextStep, plan_next_step
from promptverdict.stats.samples import Scores
from promptverdict.stats.suites import Chances

CHANGE = 0.20
"""The change that a next step is planned for where no gate names a smaller or larger margin."""


def describe_next_step(
    test: PairedTest, baseline: Scores, candidate: Scores, trials: int, gate: Gate | None
) -> str:
    """Write what would tell more at the least cost; nothing where a verdict stands.

    trials: the usual number of a scenario on one side.
    """
    if test.verdict in ("improved", "regressed"):
        return ""
    if test.verdict == "invalid":
        return "get the results that are missing: record them, run their probes or ask their judge"
    if test.look and not test.look.last:
        return f"run the scenarios of look {test.look.number + 1} of {test.look.of} too"
    lacking = FLOOR - test.n
    first = f"any verdict takes {lacking} more paired scenarios; " if lacking > 0 else ""
    chances = _round_chances(Chances.from_scores(baseline, candidate))
    size = (gate and gate.margin) or CHANGE
    change = size if chances.base + size < 1 else -size
    if not 0 < chances.base + change < 1:
        return first.removesuffix("; ")
    # A theme is planned as one behaviour: that asks for too much rather than for too little.
    step = _plan(chances, round(change, 4), test.n, trials, _count_least(gate, test.alpha))
    return f"{first}{_word_step(step)}"


def _count_least(gate: Gate | None, alpha: float) -> int:
    """Count the fewest units that the suite's gate can answer with."""
    if gate and gate.margin and (gate.mode, gate.estimand) == ("non_inferiority", "population"):
        return count_units_needed(gate.margin, alpha)
    return FLOOR


def _word_step(step: NextStep) -> str:
    if step.more_scenarios == 0:
        size = f"{abs(100 * step.change):g} points"
        return f"so many scenarios and trials find a change of {size} four times in five"
    return str(step)


def _round_chances(chances: Chances) -> Chances:
    """Round to what a plan can be right about, so that alike behaviours share one simulation."""
    return replace(
        chances,
        base=min(max(round(chances.base / 0.05) * 0.05, 0.05), 0.95),
        icc=round(chances.icc, 1) or 0.05,
        correlation=round(chances.correlation, 1) if chances.correlation != 0.85 else 0.85,
    )


_plan = lru_cache(maxsize=256)(plan_next_step)
