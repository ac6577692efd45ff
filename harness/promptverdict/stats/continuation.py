"""How many more scenarios turn what was seen so far into a verdict, if they go like these.

What is there stays, and further scenarios are drawn from those seen (the bootstrap: Efron, Annals
of Statistics 7:1, 1979). So ties stay as frequent as they are, and the effect as large. Every
continuation is judged by the rule of the verdict itself, at the level that Holm leaves a test.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from promptverdict.stats.paired_test import FLOOR
from promptverdict.stats.planning import find_fewest
from promptverdict.stats.rule import Rule
from promptverdict.stats.samples import Array
from promptverdict.stats.score import NOTHING, compute_statistics
from promptverdict.stats.sign_flips import compute_sign_flip_p

MOST = 120
"""Scenarios beyond which nobody would write more; and exact counts would take seconds."""

WANTED = 0.93
"""Chance of a verdict that a count must give. Four times in five is what is promised: what was
seen of few scenarios tells their spread a little too small."""

_RUNS = 1_000
_STRICT_RUNS = 100
"""Where each continuation takes a permutation test besides."""
_SEED = 20261130


@dataclass(frozen=True)
class Pool:
    """What further units may be like."""

    differences: Array
    """Of single scenarios, in -1..1."""
    weights: Array
    """How likely each is; they add up to 1. Those of a family share one unit's weight."""


def count_more_units(
    differences: Array, pool: Pool, rule: Rule, *, strict: bool = False
) -> int | None:
    """Count the fewest more paired units that usually bring a verdict in the direction seen.

    differences: of the units so far, in -1..1; each further unit is a scenario of the pool.
    strict: a verdict also takes a permutation test. None: there is no direction, or more than 120
    would be needed.
    """
    size = differences.size
    change = float(pool.weights @ pool.differences)
    if size == 0 or abs(change) <= NOTHING:
        return None
    direction = np.sign(change)
    runs = _STRICT_RUNS if strict else _RUNS
    random = np.random.default_rng(_SEED)
    drawn = random.choice(pool.differences, (runs, MOST), p=pool.weights)
    seen = np.broadcast_to(differences, (runs, size))

    def extend(more: int) -> Array:
        return np.concatenate([seen, drawn[:, :more]], axis=1)

    def is_near(more: int) -> bool:
        beyond = direction * compute_statistics(extend(more)) > rule.bound
        return bool(beyond.mean() >= WANTED)

    def is_enough(more: int) -> bool:
        extended = extend(more)
        decided = rule.find_changes(extended) == direction
        if strict and decided.mean() >= WANTED:
            decided = decided & _are_clear(extended, rule)
        return bool(decided.mean() >= WANTED)

    # The rule never decides where the plain statistic does not, which costs nothing to compute.
    near = find_fewest(is_near, max(1, FLOOR - size), MOST)
    return None if near is None else find_fewest(is_enough, near, MOST)


def _are_clear(extended: Array, rule: Rule) -> Array:
    """Return where a permutation test agrees, so that a verdict would not be fragile."""
    # Many continuations hold the same differences in another order.
    different, places = np.unique(np.sort(extended, axis=1), axis=0, return_inverse=True)
    clear = [compute_sign_flip_p(differences) <= rule.level for differences in different]
    return np.array(clear)[places]
