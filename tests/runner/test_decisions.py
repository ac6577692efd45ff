"""What is recorded and what is replayed is decided for a whole trial, from its files and mode."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import httpx2
import pytest
from promptverdict.recording.digest import PARTS
from promptverdict.runner.cells import Cell
from promptverdict.runner.decisions import decide, locate_part
from promptverdict.runner.trial import run_trial
from promptverdict.runner.world.base import RunContext
from promptverdict.sandbox import open_sandbox
from promptverdict.settings import RecordMode

from tests.fakes import SCENARIO, provider, say, script
from tests.runner.test_cells import cell


def recorded(root: Path) -> Cell:
    made = cell(root)
    with provider(script([say("Hi.")])) as server:
        session = RunContext(lambda: open_sandbox("none"), httpx2.AsyncHTTPTransport, server.url)
        assert asyncio.run(run_trial(made.get_trial(0), session, None)).fault is None
    return made


@pytest.mark.parametrize(
    ("mode", "fresh", "missing", "stale", "broken"),
    [
        ("none", "replay", "error", "error", "error"),
        ("once", "replay", "record", "error", "error"),
        ("stale", "replay", "record", "record", "error"),
        ("all", "record", "record", "record", "record"),
    ],
)
def test_mode_and_state_decide(
    tmp_path: Path, mode: RecordMode, fresh: str, missing: str, stale: str, broken: str
) -> None:
    def decision(made: Cell, number: int = 0) -> str:
        decided = decide(made.get_trial(number), mode)
        return "record" if decided.records else "error" if decided.error else "replay"

    made = recorded(tmp_path)
    assert decision(made) == fresh
    assert decision(made, 1) == missing
    assert decision(cell(tmp_path, SCENARIO.replace("Say", "Cry"))) == stale
    world = made.get_trial(0).location.world
    world.write_text(world.read_text() + "\n")
    assert decision(made) == broken


SOURCES = {
    "system": "agents/helper/base.md",
    "message": "hello.yaml",
    "tools": "hello.yaml or agents/helper/base.md",
    "workspace": "evals/small/files/hello",
    "turns": "hello.yaml",
    "user": "hello.yaml or pyproject.toml",
    "script": "hello.yaml",
    "setup": "hello.yaml",
    "limits": "hello.yaml",
    "model": "agents/helper/base.md or pyproject.toml",
    "parameters": "pyproject.toml",
}


@pytest.mark.parametrize("part", PARTS)
def test_a_changed_part_names_the_file_that_it_is_written_in(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, part: str
) -> None:
    monkeypatch.chdir(tmp_path)
    assert locate_part(part, cell(tmp_path)) == SOURCES[part]


def test_changed_parameters_name_the_file_that_holds_them(tmp_path: Path) -> None:
    made = dataclasses.replace(recorded(tmp_path), parameters={"temperature": 0.5})
    error = decide(made.get_trial(0), "none").error
    assert "the request's parameters (pyproject.toml) changed" in str(error)
