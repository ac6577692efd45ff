"""How often live trials of one prompt, split at random, are called a change.

Run by hand: python -m tests.benchmarks.live_splits RUN... [--splits 500] [--seed 1]

RUN is a folder below results/: anybody's recorded trials, of any suites. For each suite and variant
the trials of every scenario are put into two halves at random, and the halves are compared on the
way that users take, from records to verdicts. Nothing differs between them, so that every verdict
is false. Scenarios with fewer than two trials are left out, and so are suites with fewer than six
others. What a model really does, its variance within and between scenarios, is in the figures.
"""

from __future__ import annotations

import argparse
import math
import sys
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path
from random import Random

from promptverdict.comparison.compare import compare_variants
from promptverdict.comparison.samples import Sample
from promptverdict.scenarios.suite import Suite
from promptverdict.stats.paired_test import FLOOR
from promptverdict.trials.stored_records import read_records

FIRST, SECOND = "first/half", "second/half"
ALLOWED = 5.0

Cells = dict[str, list[Sample]]
"""Scenario -> its trials, of one suite and variant."""


def read_groups(runs: Sequence[Path]) -> dict[tuple[str, str], Cells]:
    """Read trials by suite and variant, without those of scenarios that cannot be halved."""
    groups: dict[tuple[str, str], Cells] = defaultdict(lambda: defaultdict(list))
    for run in runs:
        for record in read_records(run):
            if not record.fault:
                sample = Sample.of(record)
                groups[sample.suite, sample.variant][sample.scenario].append(sample)
    halved = {
        place: {name: trials for name, trials in cells.items() if len(trials) > 1}
        for place, cells in groups.items()
    }
    return {place: cells for place, cells in halved.items() if len(cells) >= FLOOR}


def split(cells: Cells, random: Random) -> list[Sample]:
    """Put half of each scenario's trials on either side."""
    halves = []
    for trials in cells.values():
        mixed = random.sample(trials, len(trials))
        half = len(mixed) // 2
        for side, own in ((FIRST, mixed[:half]), (SECOND, mixed[half : 2 * half])):
            halves += [replace(one, variant=side, trial=n) for n, one in enumerate(own)]
    return halves


def count_false_verdicts(cells: Cells, splits: int, random: Random) -> tuple[int, int, int]:
    """Count behaviours compared, false verdicts, and splits with any, Holm over the behaviours."""
    compared = false = any_false = 0
    suite = next(iter(cells.values()))[0].suite
    for _ in range(splits):
        found = compare_variants(
            split(cells, random), {suite: Suite(title=suite, baseline=FIRST)}, FIRST, SECOND
        )
        verdicts = [behaviour.verdict for behaviour in found.behaviours if behaviour.verdict]
        wrong = sum(verdict in ("improved", "regressed") for verdict in verdicts)
        compared, false, any_false = (
            compared + len(verdicts),
            false + wrong,
            any_false + (wrong > 0),
        )
    return compared, false, any_false


def main(arguments: Sequence[str] | None = None) -> int:
    parser = argparse.ArgumentParser(description=__doc__.partition("\n")[0])
    parser.add_argument("runs", nargs="+", type=Path)
    parser.add_argument("--splits", type=int, default=500)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    random = Random(options.seed)
    groups = read_groups(options.runs)
    if not groups:
        print(f"no suite has {FLOOR} scenarios with two trials of one variant")
        return 2
    failed = 0
    print(f"percent with a verdict of {options.splits} random splits each, seed {options.seed}")
    for (suite, variant), cells in sorted(groups.items()):
        compared, false, any_false = count_false_verdicts(cells, options.splits, random)
        share = any_false / options.splits
        error = math.sqrt(share * (1 - share) / options.splits)
        trials = sum(map(len, cells.values()))
        print(
            f"{suite} {variant}: {len(cells)} scenarios, {trials} trials:"
            f" {100 * share:.1f} % (se {100 * error:.1f}); {false} of {compared} behaviours"
        )
        # All splits are of the same trials, so that beyond three standard errors only is too often.
        failed += 100 * (share - 3 * error) > ALLOWED
    return int(failed > 0)


if __name__ == "__main__":
    sys.exit(main())
