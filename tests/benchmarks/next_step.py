"""How often following `next:` leads to the verdict, where the true change is the one that was seen.

Run by hand: python -m tests.benchmarks.next_step (about a minute of CPU)

Each case is a comparison without a verdict: 4 to 20 scenarios, 1 to 3 trials of each, 1 to 8
behaviours, a quarter of them with families of related scenarios. The product's own advice for the
behaviour with the cheapest step is followed: so many scenarios are added, in one of two ways:

like these     every further scenario goes like one of those seen, drawn at random
rates as seen  every further scenario has its own chances (ICC 0.4, tied by 0.85), whose means are
               the two rates that were seen; so ties and spread are those of real suites, and not
               those of the few scenarios seen

Then everything is judged again, old and new, all behaviours adjusted together by Holm. It counts as
reached where that behaviour has the verdict in the direction seen. Cases that the product advises
to plan anew, since more than 120 scenarios would be needed or no direction was seen, are counted
apart.
"""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from promptverdict.comparison.next_step import Tested, count_like_these
from promptverdict.stats.compare import compare
from promptverdict.stats.continuation import MOST
from promptverdict.stats.corrections import adjust_by_holm, adjust_verdicts
from promptverdict.stats.paired_test import FLOOR
from promptverdict.stats.rule import Rule
from promptverdict.stats.samples import Scores, pair_scores
from promptverdict.stats.suites import Chances

ALPHA = 0.05
SEED = 20261130
WAYS = ("like these", "rates as seen")

Results = dict[str, tuple[list[float | None], list[float | None]]]
"""Scenario -> results under the baseline and under the candidate."""


@dataclass(frozen=True)
class Case:
    """A comparison of several behaviours, and which of them one goes on with."""

    behaviours: tuple[Results, ...]
    families: Mapping[str, str]
    trials: int
    chosen: int
    direction: float
    more: int | None
    """Scenarios to add; None where the product has no count."""


def judge(behaviours: Sequence[Results], families: Mapping[str, str]) -> list[float]:
    """Return for each behaviour 1 for improved, -1 for regressed, 0 for no verdict.

    As a comparison says it, without the intervals, which take nearly all of its time.
    """
    paired = [pair_scores(*split_sides(results), families) for results in behaviours]
    p_values = [
        Rule(fewest=each.trials[0], most=each.trials[2]).p(each.differences) for each in paired
    ]
    return [
        float(np.sign(each.differences.mean()))
        if p <= ALPHA and each.differences.size >= FLOOR
        else 0.0
        for each, p in zip(paired, adjust_by_holm(p_values), strict=True)
    ]


def judge_in_full(behaviours: Sequence[Results], families: Mapping[str, str]) -> list[float]:
    """Judge by the very functions of a comparison."""
    tests = {
        str(number): compare(*split_sides(results), families)
        for number, results in enumerate(behaviours)
    }
    signs = {"improved": 1.0, "regressed": -1.0}
    return [signs.get(test.verdict, 0.0) for test in adjust_verdicts(tests).values()]


def split_sides(results: Results) -> tuple[Scores, Scores]:
    """Return the results of the baseline, and those of the candidate."""
    before = {name: both[0] for name, both in results.items()}
    return before, {name: both[1] for name, both in results.items()}


def draw_case(random: np.random.Generator) -> Case | None:
    """Draw a comparison; None where each behaviour has a verdict."""
    scenarios, trials = int(random.integers(4, 21)), int(random.integers(1, 4))
    names = [f"s{number}" for number in range(scenarios)]
    has_families = random.random() < 0.25
    families = {name: f"f{number // 2}" for number, name in enumerate(names) if has_families}
    behaviours = tuple(
        draw_results(random, names, trials) for _ in range(int(random.integers(1, 9)))
    )
    verdicts = judge(behaviours, families)
    undecided = [number for number, verdict in enumerate(verdicts) if verdict == 0]
    counts: dict[int, int | None] = {}
    tests = {number: compare(*split_sides(behaviours[number]), families) for number in undecided}
    for number, test in tests.items():
        # What its own test decides and Holm takes back has no verdict in the product either.
        open_test = replace(test, verdict="inconclusive")
        sides = split_sides(behaviours[number])
        tested = Tested(open_test, *sides, families, trials, None, len(undecided))
        counts[number] = count_like_these(tested)
    if not counts:
        return None
    chosen = min(counts, key=lambda number: counts[number] or MOST + 1)
    direction = float(np.sign(tests[chosen].estimate))
    return Case(behaviours, families, trials, chosen, direction, counts[chosen])


def draw_results(random: np.random.Generator, names: Sequence[str], trials: int) -> Results:
    """Draw what one behaviour's trials come to, of a base and a change that nobody knows."""
    base = float(random.choice([0.1, 0.3, 0.5, 0.7, 0.9]))
    change = float(np.clip(random.normal(0, 0.3), 0.02 - base, 0.98 - base))
    change = round(change, 1) if 0 < base + round(change, 1) < 1 else 0.0
    return draw_like(random, Chances(base), change, names, trials)


def draw_like(
    random: np.random.Generator,
    chances: Chances,
    change: float,
    names: Sequence[str],
    trials: int,
) -> Results:
    """Draw results of scenarios from chances of passing."""
    sides = chances.draw(random, change, (len(names),))
    drawn = [
        (random.random((trials, len(names))) < side).astype(float).T.tolist() for side in sides
    ]
    return dict(zip(names, zip(*drawn, strict=True), strict=True))


def follow(case: Case, way: str, random: np.random.Generator) -> tuple[Results, ...]:
    """Add the scenarios that are advised to those there are."""
    names = [f"n{number}" for number in range(case.more or 0)]
    known = list(case.behaviours[0])
    units = [case.families.get(name, name) for name in known]
    weights = np.array([1 / (units.count(unit) * len(set(units))) for unit in units])
    like = random.choice(len(known), len(names), p=weights)
    extended = []
    for results in case.behaviours:
        if way == "like these":
            added = {name: results[known[place]] for name, place in zip(names, like, strict=True)}
        else:
            rates = [
                float(weights @ [np.mean(results[name][side]) for name in known]) for side in (0, 1)
            ]
            # A Beta distribution has no chance of 0 or 1 on average.
            base, after = (round(min(max(rate, 0.005), 0.995), 3) for rate in rates)
            added = draw_like(random, Chances(base), after - base, names, case.trials)
        extended.append(results | added)
    return tuple(extended)


def simulate(cases: int, seed: int = SEED) -> dict[str, float]:
    """Return the share of cases in which following the advice leads to the verdict, by way.

    `cases` are those with a counted step; `planned anew` is how many others were met meanwhile, as
    a share of all. Every tenth case is judged by the functions of a comparison too; raises
    AssertionError where those say otherwise.
    """
    random = np.random.default_rng(seed)
    reached = dict.fromkeys(WAYS, 0)
    counted = others = 0
    while counted < cases:
        case = draw_case(random)
        if case is None:
            continue
        if case.more is None:
            others += 1
            continue
        counted += 1
        for way in WAYS:
            extended = follow(case, way, random)
            verdicts = judge(extended, case.families)
            if counted % 10 == 0:
                assert verdicts == judge_in_full(extended, case.families)
            reached[way] += verdicts[case.chosen] == case.direction
    shares = {way: number / cases for way, number in reached.items()}
    return shares | {"planned anew": others / (others + cases)}


def main() -> int:
    """Print how often the verdict is reached."""
    cases = int(sys.argv[1]) if len(sys.argv) > 1 else 1000
    start = time.process_time()
    for name, share in simulate(cases).items():
        print(f"{name:15} {share:6.1%}")
    print(f"{cases} cases, {time.process_time() - start:.0f} s of CPU")
    return 0


if __name__ == "__main__":
    sys.exit(main())
