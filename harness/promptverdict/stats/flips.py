"""Which changes of a single scenario stand out from what chance alone does."""

from __future__ import annotations

import math
from functools import lru_cache

LEVEL = 0.05
"""Of Fisher's exact test, for one scenario: a reason to look, and no verdict."""

HALF = 0.5


@lru_cache(maxsize=4096)
def stands_out(baseline: tuple[int, int], candidate: tuple[int, int]) -> bool:
    """Whether passes and failures of two sides differ by more than chance often makes them.

    By half of the trials or more, which with few of them is all that can be asked for, or by
    Fisher's exact test at 5 %: 12 of 12 against 7 of 12, and not 11 of 12 against 10 of 12.
    """
    sizes = sum(baseline), sum(candidate)
    if not all(sizes):
        return False
    change = abs(baseline[0] / sizes[0] - candidate[0] / sizes[1])
    return change >= HALF - 1e-9 or _compute_fisher_p(baseline, candidate) <= LEVEL


def _compute_fisher_p(first: tuple[int, int], second: tuple[int, int]) -> float:
    """Return Fisher's two-sided p: the chance of tables that are no likelier than this one."""
    passes, size, other = first[0] + second[0], sum(first), sum(second)
    every = range(max(0, passes - other), min(passes, size) + 1)
    ways = {count: math.comb(size, count) * math.comb(other, passes - count) for count in every}
    unlikely = sum(way for way in ways.values() if way <= ways[first[0]])
    return unlikely / sum(ways.values())
