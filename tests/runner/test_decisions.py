"""What is recorded and what is replayed is decided for a whole trial, from its files and mode."""

from __future__ import annotations

import asyncio
import dataclasses
from pathlib import Path

import pytest
from promptverdict.agents.frontmatter import split_frontmatter
from promptverdict.recording.digest import PARTS
from promptverdict.runner.cells import Cell
from promptverdict.runner.decisions import decide, locate_part
from promptverdict.runner.trial import run_trial
from promptverdict.runner.world.base import RunContext
from promptverdict.sandbox import open_sandbox
from promptverdict.scenarios.loading import load_scenario, load_suite
from promptverdict.settings import RecordMode

from tests.fakes import SCENARIO, open_network, provider, say, script
from tests.runner.test_cells import cell


def recorded(root: Path, scenario: str = SCENARIO) -> Cell:
    made = cell(root, scenario)
    with provider(script([say("Hi.")])) as server:
        session = RunContext(lambda: open_sandbox("none"), open_network, server.url)
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
    "mcp": "hello.yaml",
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


PROBED = SCENARIO + "probes: [{name: there, run: echo PASS there}]\n"


@pytest.mark.parametrize(
    ("mode", "probes"), [("none", False), ("once", True), ("stale", True), ("all", False)]
)
def test_probes_that_never_ran_are_run_where_the_mode_records(
    tmp_path: Path, mode: RecordMode, probes: bool
) -> None:
    made = recorded(tmp_path, PROBED)
    assert not decide(made.get_trial(0), mode).probes
    made.get_trial(0).location.probes.unlink()
    decided = decide(made.get_trial(0), mode)
    assert (decided.probes, decided.records) == (probes, mode == "all")


def test_reports_of_an_older_recording_and_a_new_probe_count_as_never_run(tmp_path: Path) -> None:
    made = recorded(tmp_path, PROBED)
    stored = made.get_trial(0).location.probes
    another = cell(tmp_path, PROBED.replace("[{", "[{name: more, run: ls}, {"))
    assert decide(another.get_trial(0), "once").probes
    text = stored.read_text(encoding="utf-8")
    stored.write_text(text.replace("seal: sha256:", "seal: sha256:0"), encoding="utf-8")
    assert decide(made.get_trial(0), "once").probes


def test_a_probe_that_was_changed_is_left_to_its_command(tmp_path: Path) -> None:
    recorded(tmp_path, PROBED)
    changed = cell(tmp_path, PROBED.replace("echo PASS there", "echo PASS here"))
    assert not decide(changed.get_trial(0), "once").probes


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("---\nname: helper\nYou are kind.\n", "the `---` of this line is never closed"),
        ("---\nYou are kind.\n---\n", "there are no keys between this `---` and the next"),
    ],
)
def test_a_frontmatter_that_cannot_be_read_is_named_where_it_makes_a_recording_stale(
    tmp_path: Path, text: str, found: str
) -> None:
    made = recorded(tmp_path)
    read = split_frontmatter(text)
    broken = made.variant.model_copy(update={"prompt": read.body, "diagnostics": read.diagnostics})
    edited = made.variant.model_copy(update={"prompt": "You are curt."})
    errors = [
        str(decide(dataclasses.replace(made, variant=each).get_trial(0), "none").error)
        for each in (broken, edited)
    ]
    assert f"was recorded; agents/helper/base.md:1: {found}" in errors[0].partition("\n")[0]
    assert "base.md:1" not in errors[1]


def test_an_executable_bit_that_was_set_since_makes_a_recording_stale(tmp_path: Path) -> None:
    made = recorded(tmp_path)
    (tmp_path / "evals/small/files/hello/README.md").chmod(0o755)
    decided = decide(cell_as_it_lies(made).get_trial(0), "none")
    assert decided.state == "stale"
    assert "a workspace file" in str(decided.error)


def test_a_workspace_whose_line_ends_git_changed_is_stale_for_that_reason(tmp_path: Path) -> None:
    made = recorded(tmp_path)
    (tmp_path / "evals/small/files/hello/README.md").write_bytes(b"# Hello\r\n")
    error = str(decide(cell_as_it_lies(made).get_trial(0), "none").error)
    assert "only line ends differ: Git made them CRLF" in error
    (tmp_path / "evals/small/files/hello/README.md").write_bytes(b"# Hullo\r\n")
    assert "line ends" not in str(decide(cell_as_it_lies(made).get_trial(0), "none").error)


def cell_as_it_lies(made: Cell) -> Cell:
    """Read a cell's scenario again."""
    suite = load_suite(made.scenario.path.with_name("suite.yaml"))
    return dataclasses.replace(made, scenario=load_scenario(made.scenario.path, suite))
