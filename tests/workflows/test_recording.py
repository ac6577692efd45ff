"""What records by night and by hand: its steps, run as they stand, against a loopback provider."""

from __future__ import annotations

import json
import os
import shutil
import signal
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.fakes import PYPROJECT, Blocks, Provider, provider, write
from tests.repositories import CURT, KIND, SCENARIOS, Repository, answers
from tests.workflows.rehearsal import Runner, done

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the steps are written for Linux"),
    pytest.mark.e2e,
]

NIGHTLY, RECORD = "evals-nightly.yml", "evals-record.yml"
BASE = "agents/helper/base.md"
CASSETTES = "evals/manners/cassettes"
KEYS = {"ANTHROPIC_API_KEY": "", "OPENAI_API_KEY": ""}
PRICED = (
    PYPROJECT
    + """
[tool.promptverdict.prices."relay/scripted"]
as_of = 2026-11-01
input = 5.0
output = 25.0
"""
)
FINISHED = 2 * (SCENARIOS - 1)
"""Trials that are done before a run is cut short: those of all scenarios but the last."""
TIMEOUT = '#!/bin/sh\necho $$ > "$RUNNER_TEMP/timeout"\nexec {} "$@"\n'
"""The real program, which can be found by its process."""


def in_time(timer: int) -> None:
    """Let the time be up: as the clock tells it."""
    os.kill(timer, signal.SIGALRM)


def too_late(timer: int) -> None:
    """Kill what would not be interrupted."""
    (started,) = Path(f"/proc/{timer}/task/{timer}/children").read_text().split()
    os.kill(int(started), signal.SIGKILL)


class Night:
    """The job of one night and the next, in one folder."""

    def __init__(self, repository: Repository, folder: Path, programs: Path | None = None) -> None:
        (repository.folder / "pyproject.toml").write_text(PRICED)
        self.runner = Runner(folder, programs)
        self.root = self.runner.workspace
        shutil.copytree(repository.folder, self.root, dirs_exist_ok=True)

    def record(self, url: str) -> int:
        known = {"MAX_COST": "1", "PROMPTVERDICT_MODEL": "", **KEYS}
        self.runner.environment["PROMPTVERDICT_RELAY"] = url
        return self.runner.run(NIGHTLY, "Record everything anew", **known).returncode

    def found(self, before: str = "") -> str:
        done(self.runner.run(NIGHTLY, "Find the run", BEFORE=before))
        return self.runner.output.read_text().splitlines()[-1].removeprefix("name=")

    def compare(self, before: str = "") -> int:
        known = {"RUN": self.found(before), "BEFORE": before, "PROMPTVERDICT_MODEL": ""}
        shutil.rmtree(self.root / "history", ignore_errors=True)
        return self.runner.run(NIGHTLY, "Compare with the night before", **known).returncode

    def kept(self) -> list[str]:
        return sorted(path.name for path in (self.root / "history").iterdir())


class CutShort:
    """A provider that lets the time be up once all but the last scenario's trials are done."""

    def __init__(self, runner: Runner, cut: Callable[[int], None]) -> None:
        self.runner, self.cut = runner, cut
        programs = runner.temporary / "programs"
        write(programs, {"timeout": TIMEOUT.format(shutil.which("timeout"))})
        (programs / "timeout").chmod(0o755)
        runner.environment["PATH"] = f"{programs}:{runner.environment['PATH']}"

    def answer(self, body: dict[str, Any]) -> Blocks:
        if f"request {SCENARIOS - 1}" in json.dumps(body["messages"]):
            while len(list(self.runner.workspace.glob("results/*/trials/*.json"))) < FINISHED:
                time.sleep(0.02)
            timer = int((self.runner.temporary / "timeout").read_text())
            if "brief" in str(body["system"]):
                self.cut(timer)
            while Path(f"/proc/{timer}").exists():
                time.sleep(0.02)
        return answers(body)


def test_two_nights_are_recorded_compared_and_exported(
    repository: Repository, kind_server: Provider, tmp_path: Path, programs: Path
) -> None:
    night, before = Night(repository, tmp_path, programs), ""
    for prompt, code in ((KIND, 0), (CURT, 1)):
        write(night.root, {BASE: prompt})
        assert night.record(kind_server.url) == 0
        assert night.compare(before) == code
        before = night.found(before)
    assert night.kept() == ["comparison.json", "grades.csv", "report.md", "trials.csv"]
    found = json.loads((night.root / "history/comparison.json").read_bytes())["comparisons"]
    assert {one["candidate"]["variant"] for one in found} == {"helper/base", "helper/other"}


@pytest.mark.parametrize(("cut", "code"), [(in_time, 124), (too_late, 137)])
def test_a_night_that_takes_too_long_is_red_and_keeps_what_it_recorded(
    repository: Repository,
    tmp_path: Path,
    programs: Path,
    cut: Callable[[int], None],
    code: int,
) -> None:
    night = Night(repository, tmp_path, programs)
    with provider(CutShort(night.runner, cut).answer) as slow:
        assert night.record(slow.url) == code
    trials = (night.root / "results" / night.found() / "trials").glob("*.json")
    assert len(list(trials)) == FINISHED
    assert night.compare() == 0
    assert night.kept() == ["grades.csv", "report.md", "trials.csv"]


def test_a_night_that_began_no_run_is_not_taken_for_the_one_before_it(
    repository: Repository, tmp_path: Path
) -> None:
    night = Night(repository, tmp_path)
    assert night.found() == ""
    (night.root / "results/older").mkdir()
    assert night.found("older") == ""


def test_what_was_recorded_by_hand_before_the_time_was_up_is_gathered(
    repository: Repository, tmp_path: Path, programs: Path
) -> None:
    (repository.folder / "pyproject.toml").write_text(PRICED)
    repository.commit("Nothing recorded")
    runner = Runner(tmp_path, programs)
    shutil.copytree(repository.folder, runner.workspace, dirs_exist_ok=True)
    asked = {"EXPRESSION": "", "MODE": "once", "MAX_COST": "1", **KEYS}
    with provider(CutShort(runner, in_time).answer) as slow:
        runner.environment["PROMPTVERDICT_RELAY"] = slow.url
        assert "pytest ended with 124" in done(runner.run(RECORD, "Record", **asked))
    assert "spent now: " in done(runner.run(RECORD, "Gather the recordings"))
    patch = (runner.workspace / "recorded/recordings.patch").read_text()
    assert patch.count("0.http.yaml\nnew file") == FINISHED


def test_nothing_recorded_proposes_nothing(repository: Repository, tmp_path: Path) -> None:
    repository.commit("Nothing recorded")
    runner = Runner(tmp_path, None)
    shutil.copytree(repository.folder, runner.workspace, dirs_exist_ok=True)
    ended = runner.run(RECORD, "Gather the recordings")
    assert ended.returncode == 1
    assert "::error::nothing new was recorded" in ended.stdout
