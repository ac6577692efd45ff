"""What the suite runs only a little of, by hand: `python -m tests.soak faults|signals|soak|table`.

faults: every fault of the process, against what is specified for it. signals: kills and signals at
random moments, in small projects that are recorded to their end. soak: one large project. table:
the faults as docs/process-faults.md holds them.
"""

from __future__ import annotations

import argparse
import hashlib
import random
import shutil
import signal
import sys
import tempfile
import time
from pathlib import Path

from tests.programs import serve_programs
from tests.soak.faults import FAULTS
from tests.soak.kills import Tally, record_through_stops
from tests.soak.lab import make_project, open_lab
from tests.soak.table import render_table

PART = 5
"""Scenarios that one command of the soak records."""
ALL = (signal.SIGKILL, signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=__doc__)
    parser.add_argument("what", choices=["faults", "signals", "soak", "table"])
    parser.add_argument("-k", default="", metavar="WORDS", help="faults: those named so")
    parser.add_argument("--stops", type=int, help="signals: 300; soak: 100")
    parser.add_argument("--trials", type=int, default=2000, help="soak")
    parser.add_argument("--together", type=int, default=50, help="soak: trials at once")
    parser.add_argument("--seed", type=int, default=15)
    asked = parser.parse_args()
    if asked.what == "table":
        print(render_table(FAULTS), end="")
        return 0
    with tempfile.TemporaryDirectory() as folder, serve_programs(Path(folder)) as programs:
        python = [str(programs / "python")]
        if asked.what == "faults":
            return run_faults(python, asked.k)
        draw = random.Random(asked.seed)
        if asked.what == "signals":
            tally = run_signals(python, asked.stops or 300, draw)
        else:
            tally = run_soak(python, asked.trials, asked.together, asked.stops or 100, draw)
    print(tally)
    return 0 if tally.is_clean else 1


def run_faults(python: list[str], words: str = "") -> int:
    """Make every fault happen, and print what holds."""
    failed = 0
    for each in FAULTS:
        if words not in each.name:
            continue
        if each.why_not_here:
            print(f"- {each.name}: {each.why_not_here}", flush=True)
            continue
        began = time.monotonic()
        try:
            each.happen(python)
        except AssertionError as wrong:
            failed += 1
            print(f"NOT HELD {each.name} ({time.monotonic() - began:.1f} s)\n  {each.specified}")
            print("    " + str(wrong)[:3000].replace("\n", "\n    "), flush=True)
        else:
            print(f"held {each.name} ({time.monotonic() - began:.1f} s)", flush=True)
    print(f"{len(FAULTS)} faults, {failed} not held")
    return 1 if failed else 0


def run_signals(python: list[str], stops: int, draw: random.Random) -> Tally:
    """Record small projects through kills and signals, until there were so many."""
    total = Tally()
    sandbox = "bubblewrap" if shutil.which("bwrap") else "none"
    while total.stops < stops:
        number = min(12, stops - total.stops)
        with open_lab(python=python, scenarios=6, latency=0.01) as lab:
            options = ("--sandbox", sandbox, "--concurrency", "3")
            total.add(record_through_stops(lab, 6, number, ALL, draw, options))
        print(total, flush=True)
    return total


def run_soak(
    python: list[str], trials: int, together: int, stops: int, draw: random.Random
) -> Tally:
    """Record one large project whose provider fails now and then, through many kills."""
    agents = min(50, trials)
    scenarios = trials // agents

    def is_faulty(name: str, turn: int, times: int) -> bool:
        # A tenth of all requests, chosen by what they ask: the next try is another request.
        return hashlib.sha256(f"{name} {turn} {times}".encode()).digest()[0] < 26

    with open_lab(python=python, scenarios=1, latency=0.01, is_faulty=is_faulty) as lab:
        make_project(lab.root, scenarios, agents)
        total, firsts = Tally(), range(0, scenarios, PART)
        for number, first in enumerate(firsts):
            # Some scenarios at a time, as shards are recorded: what is done is not replayed again.
            part = range(first, min(first + PART, scenarios))
            places = [f"evals/small/s{each:03}.yaml" for each in part]
            share = (stops - total.stops) // (len(firsts) - number)
            options = ("--concurrency", str(together), *places)
            count = len(part) * agents
            total.add(record_through_stops(lab, count, share, [signal.SIGKILL], draw, options))
            print(total, flush=True)
        lab.replay("-q", "--no-header").check(0, f"{scenarios * agents} measured")
        return total


if __name__ == "__main__":
    sys.exit(main())
