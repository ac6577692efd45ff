"""A repository with one agent and the starter suite; both sides of an edit are recorded."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.fakes import provider, write
from tests.repositories import Repository
from tests.starter.agents import CAREFUL, CURT, answer_as_told

CONFIGURED = """\
[tool.promptverdict]
agents = ".claude/agents"
sandbox = "none"

[tool.promptverdict.models]
default = "relay/scripted"
"""
GATE = "gate: {mode: no_regression}\n"


@dataclass(frozen=True)
class FirstRun:
    """The run that recorded both sides, and where."""

    folder: Path
    exit_code: int
    terminal: str
    prompts: int
    """How many different system prompts the model was asked with."""


def write_agent(folder: Path, prompt: str) -> None:
    """Write the prompt of the one agent."""
    write(folder, {".claude/agents/builder.md": f"---\nname: builder\n---\n{prompt}"})


@pytest.fixture(scope="session")
def first_run(programs: Path, tmp_path_factory: pytest.TempPathFactory) -> FirstRun:
    """Let `init` write the suite, make the agent better in a branch, and record both sides."""
    folder = tmp_path_factory.mktemp("starter")
    unwanted = ("CI", "GIT_", "PROMPTVERDICT_", "PYTEST_")
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith(unwanted)
    }

    def start(*command: str) -> subprocess.CompletedProcess[str]:
        program = str(programs / command[0])
        return subprocess.run(
            [program, *command[1:]],
            cwd=folder,
            env=environment,
            capture_output=True,
            check=False,
            text=True,
        )

    write(folder, {"pyproject.toml": CONFIGURED, ".gitignore": "results/\n__pycache__/\n"})
    write_agent(folder, CURT)
    made = Repository(folder)
    made.git("init", "--quiet", "--initial-branch", "main")
    assert start("promptverdict", "init").returncode == 0
    suite = folder / "evals/first-look/suite.yaml"
    suite.write_text(suite.read_text(encoding="utf-8") + GATE, encoding="utf-8")
    made.commit("A first suite")
    made.git("checkout", "--quiet", "-b", "better")
    write_agent(folder, CAREFUL)
    quiet = ("-p", "no:randomly", "-p", "no:asyncio")
    with provider(answer_as_told) as server:
        environment["PROMPTVERDICT_RELAY"] = server.url
        options = ("--base", "main", "--record", "once", "--junitxml", "junit.xml")
        ended = start("pytest", "evals", *options, *quiet)
        prompts = len({json.dumps(body["system"]) for body in server.requests})
    return FirstRun(folder, ended.returncode, ended.stdout, prompts)


@pytest.fixture
def recorded_starter(
    first_run: FirstRun, pytester: pytest.Pytester, monkeypatch: pytest.MonkeyPatch
) -> Repository:
    """Stand in a copy of what the first run left, where no model can be reached."""
    for name in [name for name in os.environ if name.startswith(("CI", "GIT_", "PROMPTVERDICT_"))]:
        monkeypatch.delenv(name)
    monkeypatch.setenv("PROMPTVERDICT_RELAY", "http://127.0.0.1:1")
    shutil.copytree(first_run.folder, pytester.path, dirs_exist_ok=True, symlinks=True)
    monkeypatch.chdir(pytester.path)
    return Repository(pytester.path)
