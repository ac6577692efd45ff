"""What comparing many trials takes. Run by hand: python tests/benchmarks/compare_large.py

Two sides of N trials each are made of the committed recordings' records: each a copy with another
key, scenario, number and grades, drawn by a seeded generator. They are compared through the command
line in a fresh process: two variants of one run, and one variant in two runs (`--before`). Printed
are seconds and the peak of resident memory, in all and for each trial more than in the row above.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from promptverdict.settings import Settings
from promptverdict.trials.store import Run
from promptverdict.trials.stored_records import read_records

ROOT = Path(__file__).parents[2]
BASE, TERSE = "helper/base", "helper/terse"
RUNS = [f"2026010{day}T000000.000000Z" for day in (1, 2, 3)]
SCENARIOS = 250
SMALLEST, LARGEST = 20_000, 64_000
"""Bytes of the records that are copied."""
COMMAND = [sys.executable, "-c", "import sys; from promptverdict.cli import main; sys.exit(main())"]
SUITE = f"""\
title: Many trials
variants: [{BASE}, {TERSE}]
baseline: {BASE}
behaviours:
  kind: {{says: It is kind}}
  brief: {{says: It is brief}}
"""
SCENARIO = "title: A request\ntask: Please help.\ntools: [Read, Write, Bash]\n"


@dataclass(frozen=True)
class Taken:
    """What one process took."""

    seconds: float
    megabytes: float


def originals() -> list[dict[str, Any]]:
    """Records of the committed recordings that are about as large as most."""
    with tempfile.TemporaryDirectory() as folder:
        argv = [sys.executable, "-m", "pytest", "-q", "evals", f"--results={folder}"]
        subprocess.run(argv, cwd=ROOT, check=True, stdout=subprocess.DEVNULL)
        texts = [one.model_dump_json() for one in read_records(Path(folder, "latest"))]
    return [json.loads(text) for text in texts if SMALLEST <= len(text) <= LARGEST]


def project(folder: Path) -> None:
    """Write the suite that the trials are of."""
    files = {
        "pyproject.toml": '[tool.promptverdict.models]\ndefault = "relay/claude"\n',
        f"agents/{BASE}.md": "Be kind.\n",
        f"agents/{TERSE}.md": "Be terse.\n",
        "evals/many/suite.yaml": SUITE,
        **{f"evals/many/s{number:03d}.yaml": SCENARIO for number in range(SCENARIOS)},
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def trials(
    known: Sequence[dict[str, Any]], variant: str, count: int, seed: int
) -> Iterator[tuple[str, str, str]]:
    """Draw one side's trials: id, key and record, as text."""
    drawn = random.Random(seed)
    shift = 0.1 if variant == TERSE else 0.0
    for place in range(count):
        scenario, number = f"s{place % SCENARIOS:03d}", place // SCENARIOS
        record = dict(drawn.choices(known, [1 + shift * n for n in range(len(known))])[0])
        named = {"suite": "many", "scenario": scenario, "variant": variant}
        name = f"many/{scenario}::{variant}#{number}"
        record |= named | {
            "trial": number,
            "key": hashlib.sha256(f"{seed} {name}".encode()).hexdigest()[:16],
            "digest": {"model": "m" * 64, "system": variant, "message": scenario},
            "behaviours": ["kind", "brief"],
            "grades": [grade(one, drawn.random() < 0.7 + shift) for one in ("kind", "brief")],
        }
        record["evidence"] = record["evidence"] | {"task": record["evidence"]["task"] | named}
        yield name, record["key"], json.dumps(record)


def grade(behaviour: str, passes: bool) -> dict[str, Any]:
    finding = {"outcome": "pass" if passes else "fail", "reason": "as drawn"}
    return {"behaviour": behaviour, "grader": "says", "finding": finding}


def write(folder: Path, name: str, *sides: Iterator[tuple[str, str, str]]) -> int:
    """Write a run, one record after the other, and give how many bytes the records have."""
    run = folder / "results" / name
    (run / "trials").mkdir(parents=True)
    planned, size = {}, 0
    for side in sides:
        for trial, key, text in side:
            planned[trial] = key
            size += (run / "trials" / f"{key}.json").write_text(text)
    Run.create(folder / "results", Settings(), planned, name).finish(whole=True)
    return size


def compare(folder: Path, *options: str) -> Taken:
    """Compare as a user does, in a process of its own."""
    began = time.perf_counter()
    with (folder / "out.txt").open("w") as out:
        running = subprocess.Popen([*COMMAND, "compare", *options], cwd=folder, stdout=out)
        _, status, usage = os.wait4(running.pid, 0)
    taken = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status) not in (0, 1):
        raise SystemExit(f"compare ended with {os.waitstatus_to_exitcode(status)}")
    return Taken(taken, usage.ru_maxrss / 1024)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--trials", type=int, nargs="*", default=[1_000, 3_000, 10_000])
    counts = parser.parse_args().trials
    known = originals()
    last: dict[str, tuple[int, Taken]] = {}
    print("               trials    GB   seconds  ms/trial    peak MB  KB/trial more")
    for count in counts:
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            project(folder)
            base, terse = trials(known, BASE, count, 1), trials(known, TERSE, count, 2)
            size = write(folder, RUNS[0], base, terse)
            first = compare(folder, RUNS[0])
            sizes = [write(folder, RUNS[n], trials(known, BASE, count, n)) for n in (1, 2)]
            second = compare(folder, RUNS[2], "--before", RUNS[1])
        for way, taken, read in (("two variants", first, size), ("two runs", second, sum(sizes))):
            row = f"{way:<13}{2 * count:>8,}{read / 1e9:6.2f}{taken.seconds:10.1f}"
            row += f"{taken.seconds / count / 2 * 1000:10.2f}{taken.megabytes:11.0f}"
            if way in last:
                before, then = last[way]
                more = (taken.megabytes - then.megabytes) * 1024 / (2 * count - before)
                row += f"{more:14.1f}"
            print(row, flush=True)
            last[way] = (2 * count, taken)


if __name__ == "__main__":
    main()
