"""How often a variant differs from itself, and how often a real change is found.

Run by hand: python -m tests.benchmarks.verdicts (under a minute of CPU)

First the exact count, one trial of each of 6 to 60 scenarios: the chance of a verdict where nothing
changed, at the worst share of scenarios that differ by chance, beside that of the normal
approximation. Then 2 to 5 trials, simulated. Suites of scenarios whose chances of passing are Beta
distributed (ICC 0.4), tied between the variants by a Gaussian copula (0.85). Four ways of being no
better and no worse:

mid    70 % pass under both; the change helps some scenarios and hurts as many
high   the same at 92 %
sharp  70 % pass, and each scenario's chance is the same under both
asym   80 % pass; a random tenth of the scenarios loses nine tenths of its chance, the others gain
       four tenths of what they lacked, which makes the mean change 0

Each cell is 10,000 comparisons by `promptverdict.stats.rule.Rule.find_changes`; some of each are
repeated by `promptverdict.stats.compare.compare`, which must say the same. Last the power, beside
that of the study that chose the procedure (2,500 comparisons a cell, the normal approximation). The
seed was fixed before the first run. docs/statistics.md holds the figures.

python -m tests.benchmarks.verdicts --records: 500 comparisons of a variant with itself on the way
that users take, from records to verdicts, beside the pure function on the same results; both must
say the same.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable

import numpy as np
from promptverdict.stats.compare import compare
from promptverdict.stats.corrections import adjust_verdicts
from promptverdict.stats.exact import find_critical_counts
from promptverdict.stats.paired_test import FLOOR
from promptverdict.stats.rule import Rule
from promptverdict.stats.samples import Array
from promptverdict.stats.suites import Chances, sample_differences
from scipy.stats import binom

SEED = 20261121
RUNS = 10_000
REPEATED = 10
RECORDED = 500
EXACT_ALLOWED = 5.0
SIMULATED_ALLOWED = 5.5
SCENARIOS = (6, 8, 10, 12, 14, 16, 20, 25, 30, 40, 50, 60, 100)
SHARES = np.sin(np.linspace(0, math.pi / 2, 4_001)) ** 2

STUDY_POWER = {
    (10, 1): (4.4, 15.2, 3.3, 13.3),
    (10, 3): (10.0, 35.1, 8.8, 34.6),
    (10, 5): (13.2, 48.3, 13.0, 49.4),
    (20, 1): (13.6, 45.5, 14.8, 46.8),
    (20, 3): (26.3, 80.0, 33.9, 83.6),
    (20, 5): (33.9, 91.5, 45.8, 93.1),
    (50, 1): (27.6, 84.5, 40.0, 87.8),
    (50, 3): (57.5, 99.9, 78.0, 99.8),
    (50, 5): (72.4, 100.0, 89.8, 100.0),
    (100, 1): (51.0, 99.4, 71.6, 99.6),
    (100, 3): (87.7, 100.0, 97.5, 100.0),
    (200, 1): (80.3, 100.0, 95.7, 100.0),
}
"""Scenarios and trials: the study's power in percent for the changes below."""

CHANGES = ((0.70, 0.10), (0.70, 0.20), (0.92, -0.10), (0.92, -0.20))
POWER_ALLOWED = 6.0
"""Points below the study. With 10 scenarios tried once no exact test reaches its power: any that
takes 4 losses of 10 for a regression errs in more than 5 % at the worst share."""

Draw = Callable[[np.random.Generator, tuple[int, int]], tuple[Array, Array]]


def unchanged(base: float) -> Draw:
    return lambda random, shape: Chances(base).draw(random, 0.0, shape)


def sharp(random: np.random.Generator, shape: tuple[int, int]) -> tuple[Array, Array]:
    before, _ = Chances(0.70).draw(random, 0.0, shape)
    return before, before


def asymmetric(random: np.random.Generator, shape: tuple[int, int]) -> tuple[Array, Array]:
    before, _ = Chances(0.80).draw(random, 0.0, shape)
    broken = random.random(shape) < 0.1
    return before, np.where(broken, 0.1 * before, before + 0.4 * (1 - before))


NULLS: dict[str, Draw] = {
    "mid": unchanged(0.70),
    "high": unchanged(0.92),
    "sharp": sharp,
    "asym": asymmetric,
}


def find_changes(differences: Array, trials: int) -> Array:
    """1 improved, -1 regressed, 0 neither; one for each comparison."""
    changes = Rule(fewest=trials, most=trials).find_changes(differences)
    words = {1.0: "improved", -1.0: "regressed", 0.0: "inconclusive"}
    for sample, change in zip(differences[:REPEATED], changes[:REPEATED], strict=True):
        lost, won = (
            np.rint(np.maximum(-sample, 0) * trials),
            np.rint(np.maximum(sample, 0) * trials),
        )
        sides = [
            {
                str(place): [1.0] * int(count) + [0.0] * (trials - int(count))
                for place, count in enumerate(counts)
            }
            for counts in (lost, won)
        ]
        assert compare(*sides).verdict == words[float(change)]
    return changes


def count_false_verdicts(pairs: int) -> tuple[float, float]:
    """Worst exact percent of false verdicts, of the product and of the normal approximation."""
    discordant = np.arange(pairs + 1)
    normal = np.floor((discordant + 1.959964 * np.sqrt(discordant)) / 2 + 1e-9) + 1
    percents = []
    for critical in (find_critical_counts(pairs, 0.05), normal):
        either = np.minimum(1.0, 2 * binom.sf(critical - 1, discordant, 0.5))
        chances = binom.pmf(discordant, pairs, SHARES[:, None]) @ either
        percents.append(100 * float(chances.max()))
    return percents[0], percents[1]


def count_exactly() -> int:
    print("one trial of each, exact: scenarios, percent of false verdicts (normal approximation)")
    percents = {pairs: count_false_verdicts(pairs) for pairs in range(FLOOR, 61)}
    for first in range(FLOOR, 61, 5):
        row = [n for n in range(first, first + 5) if n in percents]
        print("  ".join(f"{n:>3} {percents[n][0]:5.2f} ({percents[n][1]:.2f})" for n in row))
    worst = max(percent for percent, _ in percents.values())
    print(f"worst {worst:.2f} %, at most {EXACT_ALLOWED} % allowed")
    return int(worst > EXACT_ALLOWED)


def simulate_false_verdicts(random: np.random.Generator) -> int:
    print(f"\nseveral trials: percent of {RUNS:,} comparisons of a variant with itself")
    print(f"{'n':>4} {'k':>2} {''.join(f'{name:>7}' for name in NULLS)}")
    worst = 0.0
    for trials in (2, 3, 4, 5):
        for scenarios in SCENARIOS:
            cells = []
            for draw in NULLS.values():
                before, after = draw(random, (RUNS, scenarios))
                changes = find_changes(sample_differences(random, before, after, trials), trials)
                cells.append(100 * float((changes != 0).mean()))
            worst = max(worst, *cells)
            print(
                f"{scenarios:>4} {trials:>2} {''.join(f'{cell:7.2f}' for cell in cells)}",
                flush=True,
            )
    print(f"worst {worst:.2f} %, at most {SIMULATED_ALLOWED} % allowed")
    return int(worst > SIMULATED_ALLOWED)


def simulate_power(random: np.random.Generator) -> int:
    print("\npower in percent (study): +10 and +20 points from 70 %, -10 and -20 from 92 %")
    failed = 0
    for (scenarios, trials), study in STUDY_POWER.items():
        cells = []
        for base, change in CHANGES:
            before, after = Chances(base).draw(random, change, (RUNS, scenarios))
            changes = find_changes(sample_differences(random, before, after, trials), trials)
            cells.append(100 * float((changes == math.copysign(1, change)).mean()))
        pairs = list(zip(cells, study, strict=True))
        failed += (scenarios, trials) != (10, 1) and any(b - a > POWER_ALLOWED for a, b in pairs)
        print(
            f"{scenarios:>4} {trials:>2}  " + "  ".join(f"{a:5.1f} ({b})" for a, b in pairs),
            flush=True,
        )
    return failed


def from_records() -> int:
    """Count the comparisons in which records come to something else than scores do."""
    from promptverdict.comparison.compare import compare_variants

    from tests.compared import BASE, TERSE, samples, side, signs, suite

    began, unlike, false = time.process_time(), 0, 0
    random = np.random.default_rng(SEED)
    scenarios, trials = 20, 3
    for number in range(RECORDED):
        before, after = list(NULLS.values())[number % len(NULLS)](random, (1, scenarios))
        arms = [
            {
                f"s{place}": [float(drawn < chance) for drawn in random.random(trials)]
                for place, chance in enumerate(chances[0])
            }
            for chances in (before, after)
        ]
        records = [*side(BASE, *signs(arms[0])), *side(TERSE, *signs(arms[1]))]
        (told,) = compare_variants(samples(records), {"manners": suite()}, BASE, TERSE).behaviours
        pure = adjust_verdicts({"kind": compare(*arms)})["kind"]
        fields = ("verdict", "reason", "estimate", "low", "high", "p", "p_holm", "n", "mde80")
        unlike += any(getattr(told, field) != getattr(pure, field) for field in fields)
        false += told.verdict != "inconclusive"
    print(f"{RECORDED} comparisons from records, {scenarios} scenarios, {trials} trials:")
    print(f"{unlike} unlike the pure function, {false} false verdicts ({100 * false / RECORDED} %)")
    print(f"{time.process_time() - began:.0f} s of CPU, seed {SEED}")
    return int(unlike > 0)


def main() -> int:
    if sys.argv[1:] == ["--records"]:
        return from_records()
    began = time.process_time()
    random = np.random.default_rng(SEED)
    failed = count_exactly() + simulate_false_verdicts(random) + simulate_power(random)
    print(f"{time.process_time() - began:.0f} s of CPU, seed {SEED}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
