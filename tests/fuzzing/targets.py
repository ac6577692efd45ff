"""The two readers of what strangers wrote: each takes bytes, and may raise its own error alone."""

from __future__ import annotations

import tempfile
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from promptverdict.agents.discovery import find_agents
from promptverdict.core.errors import EvidenceError
from promptverdict.recording import yaml_format
from promptverdict.recording.files import Location
from promptverdict.recording.seal import seal_cassette
from promptverdict.runner.audit.recordings import read_recording
from promptverdict.scenarios.loading import LoadedScenario, load_scenario, load_suite

ROOT = Path(__file__).parents[2]
SUITE, SCENARIO = ROOT / "evals/json-contract", "links-just-code"
BETWEEN = "\0"
"""Between a cassette and its world, in one input; neither may hold it."""


@dataclass(frozen=True)
class Target:
    """A reader, and what it is first given."""

    run: Callable[[bytes], None]
    list_seeds: Callable[[], list[bytes]]


@cache
def make_folder() -> tempfile.TemporaryDirectory[str]:
    """Make the one folder of all inputs; it is removed with the process."""
    return tempfile.TemporaryDirectory()


def run_agent(content: bytes) -> None:
    """Read an agent file; what cannot be used is a problem with a cure."""
    path = Path(make_folder().name, "agent.md")
    path.write_bytes(content)
    found = find_agents([path])
    assert found.variants or found.skipped or found.problems
    assert all(problem.cure for problem in found.problems)
    for variant in found.variants:
        variant.model_dump_json()


def list_agents() -> list[bytes]:
    """List agent files of every dialect."""
    paths = [*ROOT.glob("agents/**/*.md"), *ROOT.glob("tests/agents/agent_files/**/*.md")]
    return [path.read_bytes() for path in sorted(paths)]


@cache
def get_scenario() -> LoadedScenario:
    """Read the scenario of the recordings."""
    return load_scenario(SUITE / f"{SCENARIO}.yaml", load_suite(SUITE / "suite.yaml"))


def run_recording(content: bytes) -> None:
    """Read a recording that somebody else sealed: as evidence, or as none with a reason."""
    texts = content.decode("utf-8", "replace").split(BETWEEN)
    cassette, world = texts[0], "".join(texts[1:])
    location = Location(Path(make_folder().name), 0)
    location.http.write_text(seal_cassette(cassette, world)[1], encoding="utf-8", newline="")
    location.world.write_text(world, encoding="utf-8", newline="")
    refused = "\n  "
    try:
        read_recording(get_scenario(), location).model_dump_json()
    except EvidenceError as error:
        refused = str(error)
    assert "\n  " in refused


def list_recordings() -> list[bytes]:
    """List recordings of one scenario, without the prompts, which nothing reads."""
    return [
        (_shorten(path) + BETWEEN + path.with_name("0.world.yaml").read_text("utf-8")).encode()
        for path in sorted(SUITE.glob(f"cassettes/{SCENARIO}/*/*/0.http.yaml"))
    ]


def _shorten(path: Path) -> str:
    cassette: Any = yaml_format.load(path.read_text("utf-8").partition("\n")[2], path.name)
    for interaction in cassette["interactions"]:
        interaction["request"].get("json", {}).pop("system", None)
    return yaml_format.dump(cassette)


TARGETS = {
    "agent": Target(run_agent, list_agents),
    "recording": Target(run_recording, list_recordings),
}
