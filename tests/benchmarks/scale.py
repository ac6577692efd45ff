"""What many trials take. Run by hand: python tests/benchmarks/scale.py [--only ROW ...]

replay   1,000 recordings replayed, beside a bare script that makes the same SDK calls
live     500 trials recorded, 50 at once, of a provider on loopback that takes 200 ms, beside
         the bare SDK doing the same
growth   1,000 and 5,000 trials recorded: linear where a trial takes as much in both
stored   `compare` and `report` over 10,000 and 100,000 stored trials

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
from pathlib import Path

from promptverdict.settings import Settings
from promptverdict.trials.store import Run, read_records

WORDS = "Careful answers take a little longer than careless ones, and are worth the wait. "
PROMPT, ANSWER = WORDS * 5, WORDS * 30
MODEL = "anthropic/scripted"
CLI = [sys.executable, "-c", "import sys; from promptverdict.cli import main; sys.exit(main())"]
PLUGINS = ["-p", "no:randomly", "-p", "no:asyncio", "-p", "no:cacheprovider", "-p", "no:xdist"]
PYTEST = [sys.executable, "-m", "pytest", "-q", *PLUGINS, "evals"]
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
tools: [Read]
grades:
  kind: {type: says, all_of: [worth the wait]}
"""
PYPROJECT = f"""\
[tool.promptverdict]
sandbox = "none"

[tool.promptverdict.models]
default = "{MODEL}"
"""
SERVER = f"""\
import asyncio, json, sys
delay, answer = float(sys.argv[1]), json.dumps({{
    "id": "msg_1", "type": "message", "role": "assistant", "model": "scripted",
    "content": [{{"type": "text", "text": {ANSWER!r}}}], "stop_reason": "end_turn",
    "stop_sequence": None, "usage": {{"input_tokens": 120, "output_tokens": 600}}}}).encode()
reply = (b"HTTP/1.1 200 OK\\r\\ncontent-type: application/json\\r\\ncontent-length: %d\\r\\n\\r\\n"
         % len(answer)) + answer

async def serve(reader, writer):
    try:
        while head := await reader.readuntil(b"\\r\\n\\r\\n"):
            fields = dict(line.lower().split(b": ", 1) for line in head.split(b"\\r\\n")[1:-2])
            await reader.readexactly(int(fields[b"content-length"]))
            await asyncio.sleep(delay)
            writer.write(reply)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass
    finally:
        writer.close()

async def main():
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=512)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()

asyncio.run(main())
"""
BARE = f"""\
import asyncio, json, sys
import httpx2
from anthropic import AsyncAnthropic
count, at_once, url = int(sys.argv[1]), int(sys.argv[2]), sys.argv[3]
ANSWER = json.dumps({{
    "id": "msg_1", "type": "message", "role": "assistant", "model": "scripted",
    "content": [{{"type": "text", "text": {ANSWER!r}}}], "stop_reason": "end_turn",
    "stop_sequence": None, "usage": {{"input_tokens": 120, "output_tokens": 600}}}})

def reply(request):
    return httpx2.Response(200, text=ANSWER, headers={{"content-type": "application/json"}})

async def trial(gate, number):
    http = None
    if url == "replay":
        http = httpx2.AsyncClient(transport=httpx2.MockTransport(reply), trust_env=False)
    more = {{"http_client": http}} if http else {{"base_url": url}}
    async with gate, AsyncAnthropic(api_key="none", max_retries=0, **more) as client:
        await client.messages.create(
            model="scripted", max_tokens=8192, system={PROMPT!r}, timeout=60,
            messages=[{{"role": "user", "content": f"Please help with request {{number}}."}}])

async def main():
    gate = asyncio.Semaphore(at_once)
    await asyncio.gather(*(trial(gate, number) for number in range(count)))

asyncio.run(main())
"""


@dataclass(frozen=True)
class Taken:
    """What one process took, with its children."""

    cpu: float
    wall: float
    megabytes: float


def measure(argv: list[str], folder: Path, environment: Mapping[str, str]) -> Taken:
    """Run a process to its end."""
    began = time.perf_counter()
    with (folder / "out.txt").open("w") as out:
        running = subprocess.Popen(argv, cwd=folder, stdout=out, stderr=out, env=environment)
        _, status, usage = os.wait4(running.pid, 0)
    wall = time.perf_counter() - began
    if os.waitstatus_to_exitcode(status) not in (0, 1):
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


def write_project(folder: Path, scenarios: int) -> None:
    """Write a suite with two variants, so that there are twice as many cells."""
    files = {
        "pyproject.toml": PYPROJECT,
        "agents/helper/base.md": PROMPT,
        "agents/helper/terse.md": f"{PROMPT}Be terse.",
        "evals/many/suite.yaml": SUITE,
        **{
            f"evals/many/s{number:05d}.yaml": SCENARIO.replace("NUMBER", str(number))
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
    print(f"\n{title}\n{'':10}   CPU s   ratio  wall s  ms CPU/trial  peak MB")
    bare = statistics.median(each.cpu for each in sides["bare SDK"])
    for name, taken in sides.items():
        cpu, wall = (statistics.median(getattr(t, k) for t in taken) for k in ("cpu", "wall"))
        peak = max(each.megabytes for each in taken)
        per = cpu / trials * 1000
        print(f"{name:10}{cpu:8.2f}{cpu / bare:8.2f}{wall:8.2f}{per:14.2f}{peak:9.0f}", flush=True)


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


def measure_replay(folder: Path, compiled: Path, asked: argparse.Namespace) -> None:
    write_project(folder, 500)
    with serve(0.0) as url:
        environment = build_environment(compiled, url)
        measure([*PYTEST, "--record", "once", "--concurrency", "10"], folder, environment)
    environment = build_environment(compiled)
    commands = {
        "bare SDK": lambda: measure(
            [sys.executable, "-c", BARE, "1000", "8", "replay"], folder, environment
        ),
        "replay": lambda: measure(PYTEST, folder, environment),
    }
    print_sides("replay of 1,000 recordings", compare_sides(commands, asked.rounds), 1000)


def measure_live(folder: Path, compiled: Path, asked: argparse.Namespace) -> None:
    write_project(folder, 250)

    def record() -> Taken:
        shutil.rmtree(folder / "evals/many/cassettes", ignore_errors=True)
        return measure([*PYTEST, "--record", "once", "--concurrency", "50"], folder, environment)

    with serve(0.2) as url:
        environment = build_environment(compiled, url)
        commands = {
            "bare SDK": lambda: measure(
                [sys.executable, "-c", BARE, "500", "50", url], folder, environment
            ),
            "recording": record,
        }
        taken = compare_sides(commands, asked.rounds)
    print_sides("500 live trials, 200 ms, 50 at once", taken, 500)


def measure_growth(folder: Path, compiled: Path, asked: argparse.Namespace) -> None:
    print("\nrecording, 0 ms, 10 at once\n  trials   CPU s  ms CPU/trial  wall s  peak MB")
    with serve(0.0) as url:
        environment = build_environment(compiled, url)
        for trials in asked.growth:
            place = folder / str(trials)
            place.mkdir()
            write_project(place, trials // 2)
            argv = [*PYTEST, "--record", "once", "--concurrency", "10"]
            taken = measure(argv, place, environment)
            row = f"{trials:8,}{taken.cpu:8.1f}{taken.cpu / trials * 1000:14.2f}"
            print(f"{row}{taken.wall:8.1f}{taken.megabytes:9.0f}", flush=True)


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
    write_project(folder, 500)
    with serve(0.0) as url:
        environment = build_environment(compiled, url)
        measure([*PYTEST, "--record", "once", "--concurrency", "10"], folder, environment)
    latest = (folder / "results/latest").resolve()
    known = [record.model_dump_json() for record in read_records(latest)]
    print("\nstored trials\n            trials    CPU s  ms/trial  peak MB  KB/trial more")
    last: dict[str, tuple[int, float]] = {}
    for trials in asked.stored:
        name = write_stored(folder, known, trials)
        for verb in ("compare", "report"):
            taken = measure([*CLI, verb, name], folder, build_environment(compiled))
            row = f"{verb:8}{trials:10,}{taken.cpu:9.1f}{taken.cpu / trials * 1000:10.2f}"
            row += f"{taken.megabytes:9.0f}"
            if verb in last:
                before, peak = last[verb]
                row += f"{(taken.megabytes - peak) * 1024 / (trials - before):15.2f}"
            last[verb] = trials, taken.megabytes
            print(row, flush=True)


ROWS: dict[str, Callable[[Path, Path, argparse.Namespace], None]] = {
    "replay": measure_replay,
    "live": measure_live,
    "growth": measure_growth,
    "stored": measure_stored,
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="+", choices=list(ROWS), default=list(ROWS))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--growth", type=int, nargs="+", default=[1_000, 5_000])
    parser.add_argument("--stored", type=int, nargs="+", default=[10_000, 100_000])
    asked = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        for row in asked.only:
            place = Path(name, row)
            place.mkdir()
            ROWS[row](place, Path(name, "compiled"), asked)


if __name__ == "__main__":
    main()
