"""What replay costs beside what the SDK costs. Run by hand: python tests/benchmarks/replay.py

Both sides are whole processes and alternate: `pytest evals/` over the committed recordings, and a
bare script that imports the same SDK and makes the same calls over a mock transport. Printed are
the medians, their ratio, and what each trial costs on top. Installed pytest plugins count: use an
environment with the runtime dependencies alone.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from promptverdict.recording.delta import DeltaSerializer
from promptverdict.recording.files import Location, open_sealed

ROOT = Path(__file__).parents[2]

BARE = """\
import asyncio, json, sys
import httpx2
from anthropic import AsyncAnthropic

async def trial(exchanges):
    answers = iter(exchanges)
    def reply(request):
        return httpx2.Response(200, text=next(answers)["answer"],
                               headers={"content-type": "application/json"})
    http = httpx2.AsyncClient(transport=httpx2.MockTransport(reply), trust_env=False)
    async with AsyncAnthropic(api_key="none", http_client=http, max_retries=0) as client:
        for exchange in exchanges:
            await client.messages.create(**exchange["request"], timeout=60)

async def main():
    for exchanges in json.load(open(sys.argv[1])):
        await trial(exchanges)

asyncio.run(main())
"""


def exchanges() -> list[list[dict[str, object]]]:
    """The committed recordings that a plain run plays, as the requests and answers they hold."""
    trials = []
    for path in sorted(ROOT.glob("evals/*/cassettes/*/*/relay-claude/*.http.yaml")):
        sealed = open_sealed(Location(path.parent, int(path.name.partition(".")[0])))
        cassette = DeltaSerializer(str(path)).deserialize(sealed.http)
        trials.append(
            [
                {
                    "request": json.loads(interaction["request"]["body"]),
                    "answer": interaction["response"]["body"]["string"],
                }
                for interaction in cassette["interactions"]
            ]
        )
    return trials


def seconds(argv: list[str], compiled: Path) -> float:
    """Wall time of a whole process that finds its modules compiled, as a user's does."""
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(compiled)}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    subprocess.run(argv, cwd=ROOT, check=True, stdout=subprocess.DEVNULL, env=environment)
    return time.perf_counter() - began


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=7)
    rounds = parser.parse_args().rounds
    trials = exchanges()
    with tempfile.TemporaryDirectory() as folder:
        script, data = Path(folder, "bare.py"), Path(folder, "exchanges.json")
        script.write_text(BARE)
        data.write_text(json.dumps(trials))
        commands = {
            "replay": [sys.executable, "-m", "pytest", "-q", "evals", f"--results={folder}/r"],
            "bare": [sys.executable, str(script), str(data)],
        }
        for argv in commands.values():
            seconds(argv, Path(folder, "compiled"))
        times: dict[str, list[float]] = {name: [] for name in commands}
        for _ in range(rounds):
            for name, argv in commands.items():
                times[name].append(seconds(argv, Path(folder, "compiled")))
    replay, bare = (statistics.median(times[name]) for name in ("replay", "bare"))
    print(f"{len(trials)} trials, {sum(map(len, trials))} exchanges, {rounds} rounds")
    for name, taken in times.items():
        print(f"{name:<7}{statistics.median(taken):.2f} s  [{min(taken):.2f}-{max(taken):.2f}]")
    print(f"ratio  {replay / bare:.2f}")
    print(f"extra  {(replay - bare) / len(trials) * 1000:.1f} ms a trial")


if __name__ == "__main__":
    main()
