"""Scores as they come: checked, averaged inside scenarios, paired, and what is missing counted."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]

Scores = Mapping[str, Sequence[float | None]]
"""One variant's scores: scenario -> one score for each trial. None or NaN is a missing result:
the machinery broke or the grader could not tell. What an agent failed at is a 0, not missing."""

TOO_MANY_MISSING = 0.10
"""Share of missing results in one variant above which nothing is concluded."""

UNEQUALLY_MISSING = 0.01
"""Fisher p of the two variants' missing counts below which nothing is concluded."""


@dataclass(frozen=True)
class MissingResults:
    """How many results of one variant are missing."""

    results: int
    """Trials without a score."""
    trials: int
    """Trials that were asked for."""

    @property
    def share(self) -> float:
        """Missing results for each trial, 0..1; 0 when there was no trial."""
        return self.results / self.trials if self.trials else 0.0


@dataclass(frozen=True)
class PairedDifferences:
    """Two variants side by side, over the scenarios that have a score in both."""

    scenarios: tuple[str, ...]
    """Scenarios with a score in both variants, sorted."""
    differences: Array
    """Candidate minus baseline, one number a unit: a scenario's means, or a family's mean of those.
    """
    unpaired: tuple[str, ...]
    """Scenarios with a score in one variant or in none, sorted."""
    trials: tuple[int, float, int]
    """Fewest, median and most valid trials of a paired scenario in one variant; zeros if none."""


def is_missing(value: float | None) -> bool:
    """Whether a result is missing: None, or NaN."""
    return value is None or math.isnan(value)


def list_present(results: Iterable[float | None]) -> list[float]:
    """Take the results that are not missing, as floats."""
    return [float(value) for value in results if value is not None and not math.isnan(value)]


def check_scores(scores: Scores) -> None:
    """Refuse scores outside 0..1 with a ValueError; they are never clipped."""
    for scenario, results in scores.items():
        for score in list_present(results):
            if not 0.0 <= score <= 1.0:
                raise ValueError(f"{scenario}: score {score} is not in 0..1")


def check_share(name: str, value: float) -> None:
    """Refuse an alpha, margin or the like that is not strictly between 0 and 1."""
    if not 0.0 < value < 1.0:
        raise ValueError(f"{name} {value} is not between 0 and 1")


def count_missing(scores: Scores) -> MissingResults:
    """Count the missing results of one variant."""
    every = [score for results in scores.values() for score in results]
    return MissingResults(sum(map(is_missing, every)), len(every))


def pair_scores(
    baseline: Scores,
    candidate: Scores,
    families: Mapping[str, str] | None = None,
) -> PairedDifferences:
    """Average inside each scenario, pair the scenarios, and average inside families where given.

    A scenario that is in `families` counts with its family, any other alone. Trials of the two
    variants are not paired with each other, and their numbers may differ.
    """
    names = sorted(baseline.keys() | candidate.keys())
    before = {name: list_present(baseline.get(name, ())) for name in names}
    after = {name: list_present(candidate.get(name, ())) for name in names}
    paired = tuple(name for name in names if before[name] and after[name])
    known = set(paired)
    changes = {name: fmean(after[name]) - fmean(before[name]) for name in paired}
    counts = sorted(len(side[name]) for name in paired for side in (before, after))
    return PairedDifferences(
        scenarios=paired,
        differences=np.array([fmean(unit) for unit in group_by_unit(changes, families)]),
        unpaired=tuple(name for name in names if name not in known),
        trials=(counts[0], float(np.median(counts)), counts[-1]) if counts else (0, 0.0, 0),
    )


def group_by_unit(
    values: Mapping[str, float], families: Mapping[str, str] | None = None
) -> list[list[float]]:
    """Put the values of scenarios together by unit: those of a family, or one scenario's alone."""
    units: dict[tuple[bool, str], list[float]] = {}
    for name, value in values.items():
        family = (families or {}).get(name)
        unit = (True, family) if family is not None else (False, name)
        units.setdefault(unit, []).append(value)
    return list(units.values())


def fill_missing(scores: Scores, scenarios: Iterable[str], value: float) -> Scores:
    """Put one value in the place of all that is missing, also of scenarios that are absent."""
    return {
        name: [value if is_missing(score) else score for score in scores.get(name) or (None,)]
        for name in scenarios
    }


def pair_extreme(
    baseline: Scores, candidate: Scores, families: Mapping[str, str] | None, candidates: float
) -> PairedDifferences:
    """Pair with the candidate's gaps filled with this value, the baseline's with its opposite."""
    every = sorted(baseline.keys() | candidate.keys())
    return pair_scores(
        fill_missing(baseline, every, 1 - candidates),
        fill_missing(candidate, every, candidates),
        families,
    )


def count_absent(baseline: Scores, candidate: Scores) -> int:
    """Count the results that one variant lacks because it was never asked for the scenario."""
    return sum(
        len(side[name])
        for side, other in ((baseline, candidate), (candidate, baseline))
        for name in side
        if not other.get(name)
    )


def explain_unusable(baseline: MissingResults, candidate: MissingResults) -> str:
    """Return why too much is missing to conclude anything, or the empty string.

    More than 10 % of a variant's results missing, or a Fisher exact p below 0.01 between the two
    variants' counts: what goes missing then depends on what is being compared.
    """
    for name, side in (("baseline", baseline), ("candidate", candidate)):
        if side.share > TOO_MANY_MISSING:
            return (
                f"{side.results} of {side.trials} results of the {name} are missing,"
                f" more than {TOO_MANY_MISSING:.0%}"
            )
    if baseline.results == candidate.results == 0:
        return ""
    from scipy.stats import fisher_exact

    table = [[side.results, side.trials - side.results] for side in (baseline, candidate)]
    p = float(fisher_exact(table)[1])
    if p < UNEQUALLY_MISSING:
        return (
            f"missing results are unequal: {baseline.results} of {baseline.trials} of the baseline,"
            f" {candidate.results} of {candidate.trials} of the candidate (Fisher p={p:.2g})"
        )
    return ""


def derive_seed(scenarios: Iterable[str]) -> int:
    """Derive the seed of all random draws: 8 bytes of the SHA-256 of the sorted scenario ids."""
    text = "\n".join(sorted(scenarios))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:8], "big")
