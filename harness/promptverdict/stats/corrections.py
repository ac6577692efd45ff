"""Several tests at once: p-values adjusted so that a bound on false alarms holds for all."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import TypeVar

import numpy as np

from promptverdict.stats.fixed import FixedTest
from promptverdict.stats.paired_test import PairedTest

Tested = TypeVar("Tested", PairedTest, FixedTest)


def adjust_by_holm(p_values: Sequence[float]) -> list[float]:
    """Adjust p-values so that the chance of even one false alarm is held (Holm 1979).

    Returns them in the order they came, each at least as large as it was and at most 1. Asks for no
    independence. Raises ValueError for a p outside 0..1.
    """
    values = np.array(p_values, dtype=float)
    if not ((values >= 0) & (values <= 1)).all():
        raise ValueError(f"p-values {list(p_values)} are not all in 0..1")
    order = np.argsort(values, kind="stable")
    steps = values[order] * np.arange(len(values), 0, -1)
    adjusted_values = np.empty_like(values)
    adjusted_values[order] = np.minimum(np.maximum.accumulate(steps), 1.0)
    return [float(value) for value in adjusted_values]


def adjust_verdicts(comparisons: Mapping[str, Tested]) -> dict[str, Tested]:
    """Adjust the verdicts of a run's behaviours for there being several, by Holm at their alpha.

    The family is every behaviour that could have a verdict: not those invalid or below the floor.
    A verdict whose adjusted p is above alpha becomes inconclusive, and the reason says that its
    own interval leaves out 0. At a planned look the p-values are repeated ones, whose bound on
    false alarms Holm keeps in all looks together. Raises ValueError if the alphas differ.

    Not for the gate "every behaviour is non-inferior": there each is tested at alpha as it is.
    """
    if len({comparison.alpha for comparison in comparisons.values()}) > 1:
        raise ValueError("comparisons of different alpha cannot be adjusted together")
    family = [name for name, comparison in comparisons.items() if comparison.is_decidable]
    raised = dict(
        zip(family, adjust_by_holm([comparisons[name].p for name in family]), strict=True),
    )
    return {
        name: _raise_p(comparison, raised[name], len(family)) if name in raised else comparison
        for name, comparison in comparisons.items()
    }


def _raise_p(comparison: Tested, p: float, family: int) -> Tested:
    if comparison.verdict == "inconclusive" or p <= comparison.alpha:
        return replace(comparison, p_holm=p)
    reason = f"Holm-adjusted p={p:.2g} over {family} behaviours, though its own interval excludes 0"
    return replace(comparison, p_holm=p, verdict="inconclusive", reason=reason)
