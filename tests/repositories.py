"""A project in a git repository, whose agent is as kind as its prompt says."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import PYPROJECT, Blocks, Provider, provider, say, write

KIND, CURT = "You are kind to everyone.\n", "You are curt.\n"
SUITE = """\
title: Manners
variants: [helper/base, helper/other]
behaviours:
  kind: {says: It is kind}
"""
SCENARIO = """\
title: A request
task: Please help me with request NUMBER.
tools: [Read]
behaviours: [kind]
grades:
  kind: {type: says, all_of: [welcome]}
"""
SCENARIOS = 7


def answers(body: dict[str, Any]) -> Blocks:
    """Say welcome where the prompt is kind."""
    return [say("You are welcome." if "kind" in str(body["system"]) else "Done.")]


class Repository:
    """A folder with a repository in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def git(self, *arguments: str) -> str:
        """Run git, and give what it printed."""
        identity = {
            f"GIT_{who}_{what}": "a@b.c"
            for who in ("AUTHOR", "COMMITTER")
            for what in ("NAME", "EMAIL")
        }
        quiet = {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
        settings = ("-c", "advice.detachedHead=false", "-c", "maintenance.auto=false")
        command = ["git", *settings, *arguments]
        ended = subprocess.run(
            command,
            cwd=self.folder,
            env={**os.environ, **identity, **quiet},
            capture_output=True,
            check=True,
            text=True,
        )
        return ended.stdout.strip()

    def commit(self, message: str) -> str:
        """Commit everything, and give the commit."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--message", message)
        return self.git("rev-parse", "HEAD")


def leave_surroundings(patch: pytest.MonkeyPatch) -> None:
    """Unset what says that tests run in CI, or in a hook of a repository."""
    for name in ("CI", "GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE"):
        patch.delenv(name, raising=False)


@contextlib.contextmanager
def stand_alone_in(folder: Path) -> Iterator[pytest.MonkeyPatch]:
    """Make a folder the working folder of what is recorded once for many tests."""
    with pytest.MonkeyPatch.context() as patch, contextlib.chdir(folder):
        leave_surroundings(patch)
        yield patch


@pytest.fixture
def clean_environment(monkeypatch: pytest.MonkeyPatch) -> None:
    leave_surroundings(monkeypatch)


@pytest.fixture
def repository(pytester: pytest.Pytester, clean_environment: None) -> Repository:
    """Write two variants and seven scenarios into a repository that has no commit."""
    return make_repository(pytester.path)


@pytest.fixture(scope="session")
def recorded_repository(imported: None, tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """Make a repository once, of which everything is recorded and committed as main."""
    from tests.recorded import record_project

    folder = tmp_path_factory.mktemp("recorded")
    with stand_alone_in(folder):
        made = make_repository(folder)
        record_project(folder, answers)
        made.commit("Everything recorded")
    return made


@pytest.fixture
def recorded(
    recorded_repository: Repository, pytester: pytest.Pytester, clean_environment: None
) -> Repository:
    """Copy the repository of which everything is recorded, and begin a branch."""
    shutil.copytree(recorded_repository.folder, pytester.path, dirs_exist_ok=True, symlinks=True)
    made = Repository(pytester.path)
    made.git("checkout", "--quiet", "-b", "work")
    return made


def make_repository(folder: Path) -> Repository:
    """Write two variants and seven scenarios into a repository that has no commit."""
    if shutil.which("git") is None:
        pytest.skip("there is no git here")
    write(
        folder,
        {
            "pyproject.toml": PYPROJECT,
            ".gitignore": "results/\n__pycache__/\n",
            "agents/helper/base.md": KIND,
            "agents/helper/other.md": KIND + "Be brief.\n",
            "evals/manners/suite.yaml": SUITE,
        },
    )
    for number in range(SCENARIOS):
        scenario(folder, number)
    made = Repository(folder)
    made.git("init", "--quiet", "--initial-branch", "main")
    return made


def scenario(folder: Path, number: int, text: str = SCENARIO) -> None:
    """Write one scenario."""
    name = f"evals/manners/request-{number}.yaml"
    write(folder, {name: text.replace("NUMBER", str(number))})


@pytest.fixture
def kind_server(monkeypatch: pytest.MonkeyPatch) -> Iterator[Provider]:
    """Answer as the prompt says."""
    with provider(answers) as running:
        monkeypatch.setenv("PROMPTVERDICT_RELAY", running.url)
        yield running
