"""What would tell more at the least cost, by the same procedure that gives the verdict."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

import numpy as np

from promptverdict.core.text import format_count
from promptverdict.scenarios.gate import Gate
from promptverdict.stats.continuation import Pool, count_more_units
from promptverdict.stats.gates import count_units_needed
from promptverdict.stats.paired_test import FLOOR, PairedTest
from promptverdict.stats.planning import NextStep, plan_next_step
from promptverdict.stats.rule import Rule
from promptverdict.stats.samples import Scores, pair_extreme, pair_scores
from promptverdict.stats.suites import Chances

CHANGE = 0.20
"""The change that a next step is planned for where no gate names a smaller or larger margin, and
where no direction is seen yet."""


@dataclass(frozen=True)
class Advice:
    """What would tell more at the least cost."""

    text: str = ""
    trials: int | None = None
    """Trials that it takes, of both sides together; None where they are not counted."""


@dataclass(frozen=True)
class Tested:
    """A test and what it rests on."""

    test: PairedTest
    baseline: Scores
    candidate: Scores
    families: Mapping[str, str]
    trials: int
    """The usual number of a scenario on one side."""
    gate: Gate | None
    rivals: int = 1
    """Tests that Holm adjusts together and that have no verdict yet, this one among them."""


def advise_next_step(tested: Tested) -> Advice:
    """Return what would tell more at the least cost; nothing where a verdict stands."""
    test, gate = tested.test, tested.gate
    if test.verdict in ("improved", "regressed"):
        return Advice()
    if test.verdict == "invalid":
        return Advice(
            "get the results that are missing: record them, run their probes or ask their judge"
        )
    if test.look and not test.look.last:
        return Advice(f"run the scenarios of look {test.look.number + 1} of {test.look.of} too")
    more = None if gate and gate.margin else count_like_these(tested)
    if more is None:
        return Advice(_plan_for_change(tested))
    noun, them = ("scenario", "it goes") if more == 1 else ("scenarios", "they go")
    what = f"{more} more {noun}"
    if test.unit == "family":
        what = f"{more} more {noun} of {'another family' if more == 1 else 'other families'}"
    trials = 2 * more * tested.trials
    return Advice(f"{what} ({format_count(trials, 'trial')}), if {them} like these", trials)


def count_like_these(tested: Tested) -> int | None:
    """Count the units that bring the verdict seen so far, if they go like those there are."""
    test = tested.test
    sides = tested.baseline, tested.candidate
    differences = pair_scores(*sides, tested.families).differences
    alone = pair_scores(*sides)
    # A family and a scenario may have one name.
    units = [(name in tested.families, tested.families.get(name, name)) for name in alone.scenarios]
    sizes = Counter(units)
    weights = np.array([1 / (sizes[unit] * len(sizes)) for unit in units])
    if test.missing_baseline.results or test.missing_candidate.results:
        # A verdict takes that what is missing could not change it: count it against the direction.
        against = 0.0 if test.estimate > 0 else 1.0
        differences = pair_extreme(*sides, tested.families, against).differences
    rule = Rule(
        test.alpha / tested.rivals, fewest=max(1, test.trials[0]), most=max(1, test.trials[2])
    )
    strict = bool(tested.gate and tested.gate.strict)
    return count_more_units(differences, Pool(alone.differences, weights), rule, strict=strict)


def _plan_for_change(tested: Tested) -> str:
    """Write what finds a change of a size that matters, whatever was seen so far."""
    test, gate = tested.test, tested.gate
    lacking = FLOOR - test.n
    noun = "scenario" if lacking == 1 else "scenarios"
    first = f"any verdict takes {lacking} more paired {noun}; " if lacking > 0 else ""
    chances = _round_chances(Chances.from_scores(tested.baseline, tested.candidate))
    size = (gate and gate.margin) or CHANGE
    change = size if chances.base + size < 1 else -size
    if not 0 < chances.base + change < 1:
        return first.removesuffix("; ")
    # A theme is planned as one behaviour: that asks for too much rather than for too little.
    least = _count_least(gate, test.alpha)
    step = _plan(chances, round(change, 4), test.n, tested.trials, least)
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
