"""Do scenarios of one group change alike? A permutation test, as a warning and never a verdict."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from promptverdict.stats.samples import Array, derive_seed
from promptverdict.stats.score import NOTHING

PERMUTATIONS = 999
LEVEL = 0.01
"""Chance of a warning where the groups say nothing, for each way of grouping."""

LEAST_SCENARIOS = 6


def change_alike(differences: Array, groups: Sequence[str], names: Sequence[str]) -> bool:
    """Whether scenarios of one group change more alike than scenarios of different groups.

    differences: one row a scenario, one column a behaviour, NaN where it is not known; groups and
    names: of the rows. The variance between groups is compared with that of the same changes in
    random groups of the same sizes; the draws are fixed by the names.
    """
    known = np.nan_to_num(differences - np.nanmean(differences, axis=0))
    varying = known[:, (known**2).sum(axis=0) > NOTHING]
    labels = np.unique(np.array(groups), return_inverse=True)[1]
    count = int(labels.max(initial=-1)) + 1
    if len(names) < LEAST_SCENARIOS or not varying.size or not 1 < count < len(names):
        return False
    varying = varying / np.sqrt((varying**2).sum(axis=0))
    observed = _measure_between(varying, labels, count)
    random = np.random.default_rng(derive_seed(names))
    drawn = [
        _measure_between(varying, random.permutation(labels), count) for _ in range(PERMUTATIONS)
    ]
    beyond = sum(other >= observed - NOTHING for other in drawn)
    # The groups as they are count as one of the draws, or p could be 0.
    return (beyond + 1) / (PERMUTATIONS + 1) <= LEVEL


def _measure_between(values: Array, labels: npt.NDArray[np.intp], count: int) -> float:
    """Return the sum of squares between groups, over all columns."""
    members = np.eye(count)[labels]
    sums = members.T @ values
    return float((sums**2 / members.sum(axis=0)[:, None]).sum())
