"""What looking early costs: false verdicts, and scenarios saved.

Run by hand: python -m tests.benchmarks.looks

100 scenarios of 3 trials, five looks at equal steps, scenarios in random order; suites and ways of
nothing having changed as in verdicts.py. Every rule is judged on the same 10,000 comparisons:

1.96             five looks at the bound of one, what looking without a plan comes to
O'Brien-Fleming  the bounds that `promptverdict compare --look` goes by
Pocock           the same bound at each look

Some looks of each are repeated by `promptverdict.stats.compare.compare`, which must say the same.
The figures stand beside those of the study that chose the procedure, which gives one range for its
nulls. Last come six behaviours at once, and the interval of exactly these scenarios: how often it
covers what these scenarios' chances differ by, and how much narrower it is than the one about
scenarios like these. The seed was fixed before the first run.
"""

from __future__ import annotations

import math
import sys
import time
from collections.abc import Callable, Sequence
from statistics import fmean

import numpy as np
from promptverdict.stats.compare import compare
from promptverdict.stats.fixed import compare_fixed
from promptverdict.stats.looks import Look, compute_bounds
from promptverdict.stats.rule import Rule
from promptverdict.stats.samples import Array
from promptverdict.stats.score import compute_interval, compute_quantile, compute_statistics
from promptverdict.stats.suites import Chances, sample_differences

from tests.benchmarks.verdicts import NULLS, Draw

SEED = 20261122
RUNS = 10_000
AT_ONCE = 2_000
REPEATED = 20
SCENARIOS, TRIALS, LOOKS = 100, 3, 5
BEHAVIOURS = 6
SUITES, DRAWS = 40, 250

CONSTANTS = {
    2: (1.977, 2.178),
    3: (2.004, 2.289),
    4: (2.024, 2.361),
    5: (2.040, 2.413),
    10: (2.087, 2.555),
}
"""Looks: O'Brien-Fleming's and Pocock's constants in Jennison and Turnbull 2000, chapter 2."""

STUDY_FALSE = {
    "1.96": (14.2, 14.2),
    "O'Brien-Fleming": (4.7, 4.8),
    "Pocock": (2.8, 4.2),
}
"""The study's false verdicts in percent, from and to."""

STUDY_POWER: dict[str, tuple[float, float | None, float | None]] = {
    "one look": (87, 100, None),
    "O'Brien-Fleming": (86, 78, 48),
    "Pocock": (79, 69, None),
}
"""The study's power in percent and mean scenarios at +10 points from 70 %, scenarios at +20."""

STUDY_COVERAGE = (98.0, 99.95)
STUDY_NARROWER = (0.0, 17.0)
"""Percent, about exactly these scenarios; narrower than the other interval at 20 scenarios."""

MOST_FALSE = {"O'Brien-Fleming": 6.0, "Pocock": 6.0}
"""Percent in any of the nulls above which this fails."""

Stop = Callable[[Array], tuple[Array, Array]]
"""From differences to the verdicts, 1, -1 or 0, and the scenarios used."""


def planned(limits: Sequence[float]) -> Stop:
    """Stop at the first look whose bound is exceeded."""

    def stop(differences: Array) -> tuple[Array, Array]:
        steps = [SCENARIOS * look // len(limits) for look in range(1, len(limits) + 1)]
        told = np.stack([compute_statistics(differences[:, :step]) for step in steps], axis=-1)
        return _first(np.abs(told) > np.array(limits), np.sign(told), np.array(steps))

    return stop


def _first(beyond: Array, signs: Array, steps: Array) -> tuple[Array, Array]:
    ever = beyond.any(axis=-1)
    place = np.where(ever, beyond.argmax(axis=-1), len(steps) - 1)
    sign = np.take_along_axis(signs, place[:, None], axis=-1)[:, 0]
    return np.where(ever, sign, 0.0), steps[place]


RULES: dict[str, Stop] = {
    "one look": planned([compute_quantile(0.975)]),
    "1.96": planned([compute_quantile(0.975)] * LOOKS),
    "O'Brien-Fleming": planned(compute_bounds(LOOKS)),
    "Pocock": planned(compute_bounds(LOOKS, "pocock")),
}


def judged(drawn: Sequence[Array]) -> dict[str, tuple[float, float, float]]:
    """Give each rule's percent of verdicts up and down, and its mean number of scenarios."""
    found = {}
    for name, rule in RULES.items():
        told, used = (np.concatenate(kept) for kept in zip(*map(rule, drawn), strict=True))
        up, down = (100 * float((told == sign).mean()) for sign in (1, -1))
        found[name] = (up, down, float(used.mean()))
    return found


def drawn(random: np.random.Generator, before_after: Draw) -> list[Array]:
    return [
        sample_differences(random, *before_after(random, (AT_ONCE, SCENARIOS)), TRIALS)
        for _ in range(RUNS // AT_ONCE)
    ]


def check(differences: Array) -> None:
    """Hold the looks of some comparisons to what `compare` says of them."""
    words = {1.0: "improved", -1.0: "regressed", 0.0: "inconclusive"}
    for one in differences[:REPEATED]:
        for number in range(1, LOOKS + 1):
            some = one[: SCENARIOS * number // LOOKS]
            lost, won = (np.rint(np.maximum(sign * some, 0) * TRIALS) for sign in (-1, 1))
            baseline, candidate = (
                {
                    str(place): [1.0] * int(count) + [0.0] * (TRIALS - int(count))
                    for place, count in enumerate(side)
                }
                for side in (lost, won)
            )
            rule = Rule(look=Look(number, LOOKS), fewest=TRIALS, most=TRIALS)
            verdict = words[float(rule.find_changes(some))]
            said = compare(baseline, candidate, look=Look(number, LOOKS))
            assert said.verdict == verdict
            assert (said.p < 0.05) == (verdict != "inconclusive")


def constants() -> int:
    print("constants at 5 %: looks, O'Brien-Fleming (published), Pocock (published)")
    failed = 0
    for looks, published in CONSTANTS.items():
        own = (compute_bounds(looks)[-1], compute_bounds(looks, "pocock")[-1])
        failed += any(abs(one - other) > 6e-4 for one, other in zip(own, published, strict=True))
        print(f"{looks:>4}  {own[0]:.4f} ({published[0]})  {own[1]:.4f} ({published[1]})")
    return failed


def false_verdicts(random: np.random.Generator) -> int:
    print(f"\nfalse verdicts in percent and mean scenarios, {RUNS:,} comparisons of each null")
    print(f"{'':>16}{''.join(f'{name:>15}' for name in NULLS)}   study")
    nulls = {}
    for name, null in NULLS.items():
        differences = drawn(random, null)
        check(differences[0])
        nulls[name] = judged(differences)
    failed = 0
    for rule in RULES:
        cells = [(up + down, used) for up, down, used in (one[rule] for one in nulls.values())]
        line = "".join(f"{percent:8.2f} ({used:4.1f})" for percent, used in cells)
        study = " to ".join(map(str, sorted(set(STUDY_FALSE.get(rule, ())))))
        print(f"{rule:>16}{line}   {study}")
        failed += max(percent for percent, _ in cells) > MOST_FALSE.get(rule, 100.0)
    return failed


def power(random: np.random.Generator) -> None:
    print("\nbase 70 %: power in percent and mean scenarios (study)")
    found = []
    for change in (0.10, 0.20):
        differences = drawn(random, lambda r, shape, by=change: Chances(0.70).draw(r, by, shape))
        found.append(judged(differences))
    print(f"{'':>16}{'+10 points':>26}{'+20 points':>26}")
    for rule, (percent, used, wide) in STUDY_POWER.items():
        ten, twenty = (one[rule] for one in found)
        first = f"{ten[0]:5.1f} ({percent:.0f}), {ten[2]:5.1f} ({used:.0f})"
        second = f"{twenty[0]:5.1f}, {twenty[2]:5.1f} ({wide or '-'})"
        print(f"{rule:>16}{first:>26}{second:>26}")


def several(random: np.random.Generator) -> int:
    """Any false verdict among behaviours that each pass or fail on their own."""
    level = 0.05 / BEHAVIOURS
    nominal = [2 * (1 - _below(bound)) / BEHAVIOURS for bound in compute_bounds(LOOKS)]
    rules = {
        "as they are": planned(compute_bounds(LOOKS)),
        "Holm on each look's nominal p": planned(
            [compute_quantile(1 - one / 2) for one in nominal]
        ),
        "Holm on repeated p": planned(compute_bounds(LOOKS, alpha=level)),
    }
    false = {name: np.zeros(RUNS, dtype=bool) for name in rules}
    for _ in range(BEHAVIOURS):
        differences = drawn(random, NULLS["mid"])
        for name, rule in rules.items():
            false[name] |= np.concatenate([rule(some)[0] != 0 for some in differences])
    print(f"\nany false verdict among {BEHAVIOURS} unchanged behaviours, {LOOKS} looks, in percent")
    for name, any_of_them in false.items():
        print(f"{name:>30} {100 * any_of_them.mean():6.2f}")
    return int(100 * false["Holm on repeated p"].mean() > MOST_FALSE["O'Brien-Fleming"])


def _below(z: float) -> float:
    return 0.5 * (1 + math.erf(z / math.sqrt(2)))


def exactly_these(random: np.random.Generator) -> int:
    print(f"\nexactly these 20 scenarios: {SUITES} suites of each, {DRAWS} draws of each suite")
    print("base  change  k   covers %   width, points (about others like them)   narrower %")
    covers, narrower = [], []
    for base, change in ((0.70, 0.0), (0.70, 0.10), (0.92, 0.0), (0.92, -0.10)):
        for trials in (1, 3, 5):
            inside, widths, others = [], [], []
            for _ in range(SUITES):
                chances = [one[0] for one in Chances(base).draw(random, change, (1, 20))]
                truth = float((chances[1] - chances[0]).mean())
                for _ in range(DRAWS):
                    sides = [random.random((trials, 20)) < one for one in chances]
                    graded = [
                        {str(place): [[float(one)] for one in kept] for place, kept in rows}
                        for rows in (enumerate(side.T) for side in sides)
                    ]
                    told = compare_fixed(graded[0], graded[1])
                    inside.append(told.low <= truth <= told.high)
                    widths.append(told.high - told.low)
                    moved = sides[1].mean(axis=0) - sides[0].mean(axis=0)
                    low, high = compute_interval(moved)
                    others.append(float(high - low))
            covers.append(100 * fmean(inside))
            narrower.append(100 * (1 - fmean(widths) / fmean(others)))
            print(
                f"{base:.0%} {100 * change:+7.0f} {trials:>2} {covers[-1]:9.2f}"
                f" {100 * fmean(widths):14.1f} ({100 * fmean(others):.1f}) {narrower[-1]:27.1f}"
            )
    print(f"study: covers {STUDY_COVERAGE[0]} to {STUDY_COVERAGE[1]} %,", end=" ")
    print(f"{STUDY_NARROWER[0]:.0f} to {STUDY_NARROWER[1]:.0f} % narrower")
    return int(min(covers) < 95)


def main() -> int:
    began = time.process_time()
    random = np.random.default_rng(SEED)
    failed = constants() + false_verdicts(random)
    power(random)
    failed += several(random) + exactly_these(random)
    print(f"{time.process_time() - began:.0f} s of CPU, seed {SEED}")
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
