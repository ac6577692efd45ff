"""What records by night and by hand: its steps, run as they stand, against a loopback provider."""

from __future__ import annotations

import json
import shutil
import sys
from pathlib import Path

import pytest

from tests.fakes import PYPROJECT, Provider, write
from tests.repositories import CURT, KIND, Repository, kind_server, repository
from tests.workflows import Runner, done

__all__ = ["kind_server", "repository"]

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the steps are written for Linux")

NIGHTLY, RECORD = "evals-nightly.yml", "evals-record.yml"
BASE = "agents/helper/base.md"
CASSETTES = "evals/manners/cassettes"
PRICED = (
    PYPROJECT
    + """
[tool.promptverdict.prices."relay/scripted"]
as_of = 2026-11-01
input = 5.0
output = 25.0
"""
)


def test_two_nights_are_recorded_compared_and_exported(
    repository: Repository, kind_server: Provider, tmp_path: Path
) -> None:
    (repository.folder / "pyproject.toml").write_text(PRICED)
    runner = Runner(tmp_path, PROMPTVERDICT_RELAY=kind_server.url)
    shutil.copytree(repository.folder, runner.workspace, dirs_exist_ok=True)
    keys = {
        "MAX_COST": "1",
        "PROMPTVERDICT_MODEL": "",
        "ANTHROPIC_API_KEY": "",
        "OPENAI_API_KEY": "",
    }
    for prompt, code in ((KIND, 0), (CURT, 1)):
        write(runner.workspace, {BASE: prompt})
        shutil.rmtree(runner.workspace / "history", ignore_errors=True)
        done(runner.run(NIGHTLY, "Record everything anew", **keys))
        name = runner.output.read_text().splitlines()[-1].removeprefix("name=")
        known = {"RUN": name, "PROMPTVERDICT_MODEL": ""}
        ended = runner.run(NIGHTLY, "Compare with the night before", **known)
        assert ended.returncode == code, ended.stdout + ended.stderr
    kept = sorted(path.name for path in (runner.workspace / "history").iterdir())
    assert kept == ["comparison.json", "grades.csv", "report.md", "trials.csv"]
    found = json.loads((runner.workspace / "history/comparison.json").read_bytes())["comparisons"]
    assert {one["candidate"]["variant"] for one in found} == {"helper/base", "helper/other"}


def test_recordings_are_proposed_with_their_price_and_nothing_else_of_the_patch_is(
    repository: Repository, kind_server: Provider, tmp_path: Path
) -> None:
    (repository.folder / "pyproject.toml").write_text(PRICED)
    start = repository.commit("Nothing recorded")
    forge = tmp_path / "forge"
    repository.git("clone", "--quiet", "--bare", repository.folder.as_uri(), str(forge))
    programs = tmp_path / "programs"
    write(programs, {"gh": '#!/bin/sh\nprintf "%s\\n" "$@" >> "$RUNNER_TEMP/gh"\n'})
    (programs / "gh").chmod(0o755)
    runner = Runner(tmp_path, PROMPTVERDICT_RELAY=kind_server.url, GITHUB_RUN_ID="7")
    runner.environment |= {"GITHUB_RUN_ATTEMPT": "1", "GIT_CONFIG_NOSYSTEM": "1"}
    runner.environment["PATH"] = f"{programs}:{runner.environment['PATH']}"
    repository.git("clone", "--quiet", forge.as_uri(), str(runner.workspace / "recording"))
    for path in (runner.workspace / "recording").iterdir():
        path.rename(runner.workspace / path.name)
    keys = {"ANTHROPIC_API_KEY": "", "OPENAI_API_KEY": ""}
    asked = {"EXPRESSION": "request-0 or request-1", "MODE": "once", "MAX_COST": "1"}
    done(runner.run(RECORD, "Record", **asked, **keys))
    write(runner.workspace, {"evals/manners/checks.py": "raise SystemExit\n"})
    printed = done(runner.run(RECORD, "Gather the recordings"))
    assert "spent now: " in printed
    assert runner.output.read_text() == f"commit={start}\n"

    patch = runner.workspace / "recorded/recordings.patch"
    foreign = "diff --git a/x.py b/x.py\nnew file mode 100644\n--- /dev/null\n+++ b/x.py\n"
    patch.write_bytes(patch.read_bytes() + f"{foreign}@@ -0,0 +1 @@\n+1\n".encode())
    repository.git("clone", "--quiet", forge.as_uri(), str(runner.workspace / "branch"))
    done(runner.run(RECORD, "Open a pull request", GH_TOKEN="", BRANCH="main"))
    changed = repository.git("-C", str(forge), "diff", "--name-only", start, "evals-record/7-1")
    assert len(changed.splitlines()) == 2 * 2 * 2
    assert all(path.startswith(f"{CASSETTES}/request-") for path in changed.splitlines())
    said = (runner.temporary / "gh").read_text().splitlines()
    assert said[:5] == ["auth", "setup-git", "pr", "create", "--base"]
    assert said[said.index("--head") + 1] == "evals-record/7-1"
    assert "spent now: " in (runner.workspace / "recorded/report.md").read_text()


def test_nothing_recorded_proposes_nothing(repository: Repository, tmp_path: Path) -> None:
    repository.commit("Nothing recorded")
    runner = Runner(tmp_path)
    shutil.copytree(repository.folder, runner.workspace, dirs_exist_ok=True)
    ended = runner.run(RECORD, "Gather the recordings")
    assert ended.returncode == 1
    assert "::error::nothing new was recorded" in ended.stdout
