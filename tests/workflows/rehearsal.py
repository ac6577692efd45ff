"""The workflow files, read; their steps run here as they stand in the files."""

from __future__ import annotations

import os
import shutil
import subprocess
import sysconfig
from pathlib import Path
from subprocess import CompletedProcess
from typing import Any

import yaml

FOLDER = Path(__file__).parents[2] / ".github/workflows"
NAMES = tuple(sorted(path.name for path in FOLDER.glob("*.yml")))


def text(name: str) -> str:
    return (FOLDER / name).read_text(encoding="utf-8")


def load(name: str) -> dict[str, Any]:
    """Read a workflow with every scalar as text: `on` is a key, and no truth."""
    loaded = yaml.load(text(name), yaml.BaseLoader)
    assert isinstance(loaded, dict)
    return loaded


def jobs(name: str) -> dict[str, dict[str, Any]]:
    found = load(name)["jobs"]
    assert isinstance(found, dict)
    return found


def steps(name: str) -> list[dict[str, Any]]:
    return [step for job in jobs(name).values() for step in job["steps"]]


def step(name: str, title: str) -> dict[str, Any]:
    (found,) = [one for one in steps(name) if one.get("name") == title]
    return found


def program(name: str) -> str | None:
    """Find a program of this environment or of the machine."""
    return shutil.which(
        name, path=f"{sysconfig.get_path('scripts')}{os.pathsep}{os.environ['PATH']}"
    )


class Runner:
    """A machine that runs steps in a workspace: with nothing in its environment but what it has.

    Its programs are those of a folder before those of this environment.
    """

    def __init__(self, folder: Path, programs: Path | None, **environment: str) -> None:
        self.workspace, self.temporary = folder / "workspace", folder / "temporary"
        self.output, self.summary = self.temporary / "output", self.temporary / "summary"
        home = folder / "home"
        for made in (self.workspace, self.temporary, home):
            made.mkdir(parents=True)
        places = [programs, sysconfig.get_path("scripts"), os.environ["PATH"]]
        self.environment = {
            "PATH": os.pathsep.join(str(place) for place in places if place),
            "HOME": str(home),
            "CI": "true",
            "RUNNER_TEMP": str(self.temporary),
            "GITHUB_OUTPUT": str(self.output),
            "GITHUB_STEP_SUMMARY": str(self.summary),
            # Hypothesis' plugin would import all of Hypothesis at the end of every session.
            "PYTEST_ADDOPTS": "-p no:randomly -p no:asyncio -p no:cacheprovider "
            "-p no:hypothesispytest",
            **environment,
        }

    def run(self, name: str, title: str, **expressions: str) -> CompletedProcess[str]:
        """Run a step; expressions: what GitHub would put in, by the step's variables."""
        asked = step(name, title)
        assert asked.get("shell", load(name)["defaults"]["run"]["shell"]) == "bash"
        given = {**load(name).get("env", {}), **asked.get("env", {})}
        assert {one for one, value in given.items() if "${{" in value} == expressions.keys()
        script = self.temporary / "step.sh"
        script.write_text(asked["run"], encoding="utf-8")
        return subprocess.run(
            ["bash", "--noprofile", "--norc", "-eo", "pipefail", script],
            cwd=self.workspace / asked.get("working-directory", "."),
            env={**self.environment, **given, **expressions},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
            text=True,
        )


def done(ended: CompletedProcess[str]) -> str:
    """Give what a step printed that ended well."""
    assert ended.returncode == 0, ended.stdout + ended.stderr
    return ended.stdout
