"""How many trials are graded in a second of CPU. Run by hand: python -m tests.benchmarks.grading

The trials are those of the committed recordings, and each round reads their evidence anew, so that
nothing kept for one round's objects serves the next. Four figures, from the hardest to the mildest:

cold     the first round of the process, where modules and patterns are also made ready
cleared  what graders remember is forgotten before each trial
related  the same, but the other trials of the scenario were graded since: what they share is known
warm     every trial has been graded before

Printed for the trials that were there first, which older figures are about, and for all of them.
What was read is left out of garbage collections: they would grow with the trials that are not
graded. The hash is over all grades: if it changes, a grade did.
"""

from __future__ import annotations

import argparse
import functools
import gc
import hashlib
import json
import statistics
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from promptverdict.recording.files import open_sealed
from promptverdict.runner.cell_selection import list_cells
from promptverdict.runner.cells import Cell
from promptverdict.runner.readback import read_evidence
from promptverdict.scenarios.loading import load_scenario, load_suite
from promptverdict.settings import resolve
from promptverdict.trials.evidence import Evidence
from promptverdict.trials.grade import Grade

from tests.agents.loaded import load_agents

ROOT = Path(__file__).parents[2]
SLOWEST = 5
FIRST = frozenset(
    {
        "broken-fixture",
        "discount-test-first",
        "two-fixes-no-time",
        "tags-explain-first",
        "tags-plain",
        "missing-sdk",
        "vendored-sdk",
    }
)
"""The scenarios of the trials that were there first."""


@dataclass(frozen=True)
class Graded:
    """One recorded trial and its evidence as text."""

    cell: Cell
    stored: str

    def seconds(self) -> float:
        """CPU time of grading it once."""
        evidence = Evidence.model_validate_json(self.stored)
        began = time.process_time()
        self.cell.grade(evidence)
        return time.process_time() - began

    def grades(self) -> tuple[Grade, ...]:
        return self.cell.grade(Evidence.model_validate_json(self.stored))


def recorded() -> list[Graded]:
    """Every committed recording that is evidence for its cell."""
    settings, agents = resolve(ROOT, {}), load_agents(ROOT / "agents")
    found = []
    for path in sorted(ROOT.glob("evals/*/suite.yaml")):
        suite = load_suite(path)
        for scenario in sorted(path.parent.glob("*.yaml")):
            if scenario == path:
                continue
            for cell in list_cells(load_scenario(scenario, suite), agents, settings, by_hand=False):
                location = cell.get_trial(0).location
                if location.http.exists():
                    evidence = read_evidence(cell, open_sealed(location))
                    found.append(Graded(cell, evidence.model_dump_json()))
    return found


def forget() -> None:
    """Empty what every function of the graders and of the suites remembers."""
    for thing in gc.get_objects():
        if isinstance(thing, functools._lru_cache_wrapper) and _is_ours(thing.__wrapped__):
            thing.cache_clear()


def _is_ours(function: Callable[..., object]) -> bool:
    file = Path(function.__code__.co_filename) if hasattr(function, "__code__") else Path()
    return file.is_relative_to(ROOT / "harness") or file.is_relative_to(ROOT / "evals")


def cleared(trials: list[Graded], number: int) -> float:
    forget()
    return trials[number].seconds()


def related(trials: list[Graded], number: int) -> float:
    forget()
    for other, trial in enumerate(trials):
        if other != number and trial.cell.scenario.id == trials[number].cell.scenario.id:
            trial.grades()
    return trials[number].seconds()


def warm(trials: list[Graded], number: int) -> float:
    return trials[number].seconds()


def fingerprint(trials: list[Graded]) -> str:
    told = {
        trial.cell.id: [grade.model_dump(mode="json") for grade in trial.grades()]
        for trial in trials
    }
    return hashlib.sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


def print_rates(trials: list[Graded], rounds: int) -> None:
    for way in (cleared, related, warm):
        times = [[way(trials, number) for number in range(len(trials))] for _ in range(rounds)]
        print(f"{way.__name__:<9}{len(trials) / statistics.median(map(sum, times)):6.0f}")
        each = [statistics.median(of_one) for of_one in zip(*times, strict=True)]
        for spent, number in sorted(zip(each, range(len(trials)), strict=True))[
            : -SLOWEST - 1 : -1
        ]:
            print(f"         {spent * 1000:6.2f} ms  {trials[number].cell.id}")
    print(f"grades   sha256 {fingerprint(trials)}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=20)
    rounds = parser.parse_args().rounds
    trials = recorded()
    first = [trial for trial in trials if trial.cell.scenario.id.split("/")[-1] in FIRST]
    gc.collect()
    gc.freeze()
    spent = sum(trial.seconds() for trial in first)
    print(f"trials a second of CPU (median of {rounds} rounds)")
    print(f"the first {len(first)}:")
    print(f"cold     {len(first) / spent:6.0f}")
    print_rates(first, rounds)
    print(f"all {len(trials)}:")
    print_rates(trials, rounds)


if __name__ == "__main__":
    main()
