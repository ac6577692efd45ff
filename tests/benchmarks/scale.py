"""What many trials take. Run by hand: python -m tests.benchmarks.scale [--only ROW ...]

replay   1,000 recordings replayed; then again with nothing changed (`unchanged`), beside 1,000
         empty tests (`no test`)
live     500 trials recorded, 50 at once, of a provider on loopback that takes 200 ms
tools    100 trials recorded with 10 calls of a tool each, 20 at once, 50 ms
growth   100, 1,000 and 5,000 trials recorded: linear where a trial takes as much in all
collect  1,000 scenarios with 100 agents collected
stored   `compare` and `report` over 10,000, 50,000 and 100,000 stored trials, distinct copies of
         those that were recorded

The first three stand beside the bare SDK and, where --peers names the Python of an environment that
has them, beside pytest with vcrpy (replay) and pydantic-evals:

    uv venv peers && uv pip install --python peers pytest pytest-recording pydantic-evals \\
        'pydantic-ai-slim[anthropic]'
    python -m tests.benchmarks.scale --peers peers/bin/python

Each measurement is a process of its own that finds its modules compiled; sides alternate, so that a
machine's moods meet both. Printed are medians of CPU seconds (user and system), their ratio to the
bare SDK's, wall seconds and the peak of resident memory. Installed pytest plugins count: use an
environment with the runtime dependencies alone.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import shutil
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from promptverdict.settings import Settings
from promptverdict.trials.store import Run
from promptverdict.trials.stored_records import read_records

from tests.benchmarks.scale_programs import BARE, PROMPT, PYDANTIC_EVALS, SERVER, VCR_TEST

MODEL = "anthropic/scripted"
CLI = [sys.executable, "-c", "import sys; from promptverdict.cli import main; sys.exit(main())"]
PLUGINS = ["-p", "no:randomly", "-p", "no:asyncio", "-p", "no:cacheprovider", "-p", "no:xdist"]
PYTEST = [sys.executable, "-m", "pytest", "-q", *PLUGINS, "evals"]
EMPTY = """\
import pytest

@pytest.mark.parametrize("number", range(1000))
def test_nothing(number): pass
"""
SUITE = """\
title: Many trials
variants: [helper/base, helper/terse]
baseline: helper/base
behaviours:
  kind: {says: It is kind}
"""
SCENARIO = """\
title: A request
task: Please help with request NUMBER.
tools: [TOOL]
grades:
  kind: {type: says, all_of: [worth the wait]}
"""
PYPROJECT = f"""\
[tool.promptverdict]
sandbox = "none"

[tool.promptverdict.models]
default = "{MODEL}"
"""


@dataclass(frozen=True)
class Taken:
    """What one process took, with its children."""

    cpu: float
    wall: float
    megabytes: float


def measure(
    argv: list[str],
    folder: Path,
    environment: Mapping[str, str],
    expected: tuple[int, ...] = (0,),
) -> Taken:
    """Run a process to its end; any other exit code than those expected ends the benchmark."""
    began = time.perf_counter()
    with (folder / "out.txt").open("w") as out:
        running = subprocess.Popen(argv, cwd=folder, stdout=out, stderr=out, env=environment)
        _, status, usage = os.wait4(running.pid, 0)
    wall = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status) not in expected:
        raise SystemExit(f"{argv} ended with {status}:\n{(folder / 'out.txt').read_text()}")
    return Taken(usage.ru_utime + usage.ru_stime, wall, usage.ru_maxrss / 1024)


@contextmanager
def serve(delay: float) -> Iterator[str]:
    """Run a provider in a process of its own; yield its address."""
    command = [sys.executable, "-c", SERVER, str(delay)]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as running:
        assert running.stdout
        try:
            yield f"http://127.0.0.1:{int(running.stdout.readline())}"
        finally:
            running.kill()


def write_project(folder: Path, scenarios: int, tool: str = "Read") -> None:
    """Write a suite with two variants, so that there are twice as many cells."""
    files = {
        "pyproject.toml": PYPROJECT,
        "agents/helper/base.md": PROMPT,
        "agents/helper/terse.md": f"{PROMPT}Be terse.",
        "evals/many/suite.yaml": SUITE,
        **{
            f"evals/many/s{number:05d}.yaml": SCENARIO.replace("NUMBER", str(number)).replace(
                "TOOL", tool
            )
            for number in range(scenarios)
        },
    }
    for name, text in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_text(text)


def build_environment(compiled: Path, url: str = "") -> dict[str, str]:
    """Build the environment of a process: compiled modules, and where the provider is."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(compiled)}
    for name in ("PYTHONDONTWRITEBYTECODE", "CI"):
        environment.pop(name, None)
    return environment | {"ANTHROPIC_API_KEY": "none", "ANTHROPIC_BASE_URL": url}


def print_sides(title: str, sides: Mapping[str, list[Taken]], trials: int) -> None:
    """Print the medians of each side, and its CPU beside the bare SDK's."""
    print(f"\n{title}\n{'':14}   CPU s   ratio  wall s  ms CPU/trial  peak MB")
    bare = statistics.median(each.cpu for each in sides["bare SDK"])
    for name, taken in sides.items():
        cpu, wall = (statistics.median(getattr(t, k) for t in taken) for k in ("cpu", "wall"))
        peak = max(each.megabytes for each in taken)
        per = cpu / trials * 1000
        print(f"{name:14}{cpu:8.2f}{cpu / bare:8.2f}{wall:8.2f}{per:14.2f}{peak:9.0f}", flush=True)


def compare_sides(
    commands: Mapping[str, Callable[[], Taken]], rounds: int
) -> dict[str, list[Taken]]:
    """Measure all sides in turn, once unseen to compile what they import."""
    for command in commands.values():
        command()
    taken: dict[str, list[Taken]] = {name: [] for name in commands}
    for _ in range(rounds):
        for name, command in commands.items():
            taken[name].append(command())
    return taken


def list_peers(
    asked: argparse.Namespace, names: Mapping[str, str]
) -> Iterator[tuple[str, Callable[[str], list[str]]]]:
    """Yield each peer that is installed, and what builds the command of a program of it.

    names: of peers, and of a module by which each is known to be installed.
    """
    for name, module in names.items():
        check = [asked.peers, "-c", f"import {module}"]
        if asked.peers and not subprocess.run(check, capture_output=True, check=False).returncode:
            yield name, lambda program: [asked.peers, "-c", program]
        else:
            print(f"{name}: not installed", flush=True)


def measure_without_cache(folder: Path, environment: Mapping[str, str]) -> Taken:
    """Replay without the records of earlier replays."""
    shutil.rmtree(folder / "results/.replays", ignore_errors=True)
    return measure(PYTEST, folder, environment)


def measure_replay(folder: Path, compiled: Path, asked: argparse.Namespace) -> None:
    write_project(folder, 500)
    test = folder / "vcr" / "test_kind.py"
    test.parent.mkdir()
    test.write_text(VCR_TEST.replace("COUNT", "1000"))
    with serve(0.0) as url:
        environment = build_environment(compiled, url)
        measure([*PYTEST, "--record", "once", "--concurrency", "10"], folder, environment)
        commands = {
            "bare SDK": lambda: measure(
                [sys.executable, "-c", BARE, "1000", "8", "replay"], folder, environment
            ),
            "replay": partial(measure_without_cache, folder, environment),
            "unchanged": lambda: measure(PYTEST, folder, environment),
            "no test": lambda: measure([*PYTEST[:-1], "test_empty.py"], folder, environment),
        }
        (folder / "test_empty.py").write_text(EMPTY)
        for name, _ in list_peers(asked, {"pytest+vcr": "pytest_recording"}):
            argv = [asked.peers, "-m", "pytest", "-q", "--record-mode"]
            measure([*argv, "once"], test.parent, environment)
            replay = [*argv, "none"]
            commands[name] = partial(measure, replay, test.parent, environment)
        print_sides("replay of 1,000 recordings", compare_sides(commands, asked.rounds), 1000)


def measure_live(folder: Path, compiled: Path, asked: argparse.Namespace) -> None:
    write_project(folder, 250)
    title = "500 live trials, 200 ms, 50 at once"
    _measure_recording(folder, compiled, asked, title, (0.2, 500, 50))


def measure_tools(folder: Path, compiled: Path, asked: argparse.Namespace) -> None:
    write_project(folder, 50, "TodoWrite")
    title = "100 live trials with 10 calls of a tool, 50 ms, 20 at once"
    _measure_recording(folder, compiled, asked, title, (0.05, 100, 20), "tools")


def _measure_recording(
    folder: Path,
    compiled: Path,
    asked: argparse.Namespace,
    title: str,
    size: tuple[float, int, int],
    *options: str,
) -> None:
    """Measure recording beside the bare SDK and a peer; size: delay, trials, trials at once."""
    delay, trials, at_once = size
    argv = [*PYTEST, "--record", "once", "--concurrency", str(at_once)]

    def record() -> Taken:
        shutil.rmtree(folder / "evals/many/cassettes", ignore_errors=True)
        return measure(argv, folder, environment)

    with serve(delay) as url:
        environment = build_environment(compiled, url)
        given = [str(trials), str(at_once), url, *options]
        commands = {
            "bare SDK": lambda: measure([sys.executable, "-c", BARE, *given], folder, environment),
            "recording": record,
        }
        for name, build in list_peers(asked, {"pydantic-evals": "pydantic_evals"}):
            program = [*build(PYDANTIC_EVALS), *given]
            commands[name] = partial(measure, program, folder, environment)
        taken = compare_sides(commands, asked.rounds)
    print_sides(title, taken, trials)


def measure_growth(folder: Path, compiled: Path, asked: argparse.Namespace) -> None:
    print("\nrecording, 0 ms, 10 at once\n  trials   CPU s  ms CPU/trial more  wall s  peak MB")
    before = (0, 0.0)
    with serve(0.0) as url:
        environment = build_environment(compiled, url)
        for trials in asked.growth:
            place = folder / str(trials)
            place.mkdir()
            write_project(place, trials // 2)
            argv = [*PYTEST, "--record", "once", "--concurrency", "10"]
            taken = measure(argv, place, environment)
            more = (taken.cpu - before[1]) / (trials - before[0]) * 1000
            row = f"{trials:8,}{taken.cpu:8.1f}{more:19.2f}"
            print(f"{row}{taken.wall:8.1f}{taken.megabytes:9.0f}", flush=True)
            before = trials, taken.cpu


def measure_collect(folder: Path, compiled: Path, asked: argparse.Namespace) -> None:
    print("\ncollection\nscenarios  agents   CPU s  wall s  peak MB")
    environment = build_environment(compiled)
    for scenarios, agents in ((100, 100), (1_000, 100)):
        place = folder / str(scenarios)
        place.mkdir()
        write_project(place, scenarios)
        names = [f"team/a{number:03d}" for number in range(agents)]
        for name in names:
            path = place / f"agents/{name}.md"
            path.parent.mkdir(exist_ok=True)
            path.write_text(f"{PROMPT}You are {name}.")
        suite = place / "evals/many/suite.yaml"
        listed = "[helper/base, helper/terse]"
        suite.write_text(suite.read_text().replace(listed, f"[helper/base, {', '.join(names)}]"))
        argv = [*PYTEST, "--collect-only", "-q"]
        taken = min((measure(argv, place, environment) for _ in range(3)), key=lambda t: t.cpu)
        row = f"{scenarios:9,}{agents:8}{taken.cpu:8.1f}{taken.wall:8.1f}{taken.megabytes:9.0f}"
        print(row, flush=True)


def write_stored(folder: Path, known: list[str], trials: int) -> str:
    """Write a run of so many trials, by distinct copies of records; return its name."""
    name = f"20260101T000000.{trials:06d}Z"
    place = folder / "results" / name / "trials"
    place.mkdir(parents=True)
    planned = {}
    for number in range(trials):
        record = json.loads(known[number % len(known)])
        copy = number // len(known)
        trial = f"many/{record['scenario']}::{record['variant']}#{copy}"
        key = hashlib.sha256(trial.encode()).hexdigest()[:16]
        record |= {"trial": copy, "key": key}
        planned[trial] = key
        (place / f"{key}.json").write_text(json.dumps(record))
    Run.create(folder / "results", Settings(), planned, name).finish(whole=True)
    return name


def measure_stored(folder: Path, compiled: Path, asked: argparse.Namespace) -> None:
    write_project(folder, asked.recorded // 2)
    with serve(0.0) as url:
        environment = build_environment(compiled, url)
        measure([*PYTEST, "--record", "once", "--concurrency", "10"], folder, environment)
    latest = (folder / "results/latest").resolve()
    known = [record.model_dump_json() for record in read_records(latest)]
    print(f"\nstored trials, distinct copies of {len(known):,} recorded ones")
    print("            trials    CPU s  ms/trial  peak MB  KB/trial more")
    last: dict[str, tuple[int, float]] = {}
    for trials in asked.stored:
        name = write_stored(folder, known, trials)
        for verb in ("compare", "report"):
            taken = measure([*CLI, verb, name], folder, build_environment(compiled), (0, 1, 6))
            row = f"{verb:8}{trials:10,}{taken.cpu:9.1f}{taken.cpu / trials * 1000:10.2f}"
            row += f"{taken.megabytes:9.0f}"
            if verb in last:
                before, peak = last[verb]
                row += f"{(taken.megabytes - peak) * 1024 / (trials - before):15.2f}"
            last[verb] = trials, taken.megabytes
            print(row, flush=True)
        page = (folder / "results" / name / "report.html").stat().st_size / 1_000_000
        print(f"{'':8}the page: {page:.1f} MB", flush=True)
        shutil.rmtree(folder / "results" / name)


ROWS: dict[str, Callable[[Path, Path, argparse.Namespace], None]] = {
    "replay": measure_replay,
    "live": measure_live,
    "tools": measure_tools,
    "growth": measure_growth,
    "collect": measure_collect,
    "stored": measure_stored,
}


def main() -> None:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--only", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--peers", help="Python of an environment with the peers")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--growth", type=int, nargs="+", default=[100, 1_000, 5_000])
    parser.add_argument("--stored", type=int, nargs="+", default=[10_000, 50_000, 100_000])
    parser.add_argument("--recorded", type=int, default=10_000, help="stored: of them recorded")
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for row in asked.only:
            place = Path(name, row)
            place.mkdir()
            ROWS[row](place, Path(name, "compiled"), asked)


if __name__ == "__main__":
    main()
