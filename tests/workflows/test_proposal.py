"""The recordings that were made by hand: how they come into a pull request, and what does not."""

from __future__ import annotations

import sys
from pathlib import Path
from subprocess import CompletedProcess

import pytest

from tests.fakes import Provider, write
from tests.repositories import SUITE, Repository
from tests.workflows.rehearsal import Runner, done
from tests.workflows.test_recording import CASSETTES, KEYS, PRICED, RECORD

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the steps are written for Linux"),
    pytest.mark.e2e,
]

PROPOSED = "evals-record/7-1"
RECORDING = f"{CASSETTES}/request-0/helper.base/relay-scripted/0.http.yaml"


class Dispatched:
    """The jobs that were started by hand for main, and the forge they push to."""

    def __init__(self, repository: Repository, folder: Path, quick: Path | None = None) -> None:
        (repository.folder / "pyproject.toml").write_text(PRICED)
        self.repository, self.forge = repository, folder / "forge"
        self.start = repository.commit("Nothing recorded")
        repository.git("clone", "--quiet", "--bare", repository.folder.as_uri(), str(self.forge))
        programs = folder / "programs"
        write(programs, {"gh": '#!/bin/sh\nprintf "%s\\n" "$@" >> "$RUNNER_TEMP/gh"\n'})
        (programs / "gh").chmod(0o755)
        self.runner = Runner(folder, quick, GITHUB_RUN_ID="7", GITHUB_RUN_ATTEMPT="1")
        self.workspace = self.runner.workspace
        self.workspace.rmdir()
        self.clone(self.workspace)
        self.runner.environment["GIT_CONFIG_NOSYSTEM"] = "1"
        self.runner.environment["PATH"] = f"{programs}:{self.runner.environment['PATH']}"

    def clone(self, target: Path) -> None:
        self.repository.git("clone", "--quiet", self.forge.as_uri(), str(target))

    def record(self, url: str, expression: str) -> None:
        """Record and gather."""
        self.runner.environment["PROMPTVERDICT_RELAY"] = url
        asked = {"EXPRESSION": expression, "MODE": "once", "MAX_COST": "1", **KEYS}
        done(self.runner.run(RECORD, "Record", **asked))
        assert "spent now: " in done(self.runner.run(RECORD, "Gather the recordings"))

    def hand_over(self, *patches: str) -> None:
        """Hand something over that no run of ours has made."""
        content = {"recordings.patch": "".join(patches), "report.md": "Look!\n"}
        write(self.workspace / "recorded", content)

    def propose(self) -> CompletedProcess[str]:
        self.clone(self.workspace / "branch")
        return self.runner.run(RECORD, "Open a pull request", GH_TOKEN="", BRANCH="main")

    def proposed(self) -> list[str]:
        """Name what the proposed branch changes."""
        changed = ("diff", "--name-only", "--no-renames", self.start, PROPOSED)
        return self.repository.git("-C", str(self.forge), *changed).splitlines()


@pytest.fixture
def dispatched(repository: Repository, tmp_path: Path, programs: Path) -> Dispatched:
    return Dispatched(repository, tmp_path, programs)


def added(path: str, text: str = "x: 1", mode: str = "100644") -> str:
    names = f"diff --git a/{path} b/{path}\nnew file mode {mode}\n--- /dev/null\n+++ b/{path}\n"
    return f"{names}@@ -0,0 +1 @@\n+{text}\n"


def renamed(source: str, target: str) -> str:
    names = f"diff --git a/{source} b/{target}\nsimilarity index 100%\n"
    return f"{names}rename from {source}\nrename to {target}\n"


def test_the_commit_is_told_before_anything_of_it_runs(dispatched: Dispatched) -> None:
    dispatched.runner.environment |= {
        "GITHUB_SERVER_URL": "https://forge.example",
        "GITHUB_REPOSITORY": "us/ours",
    }
    done(dispatched.runner.run(RECORD, "Tell which commit it is"))
    assert dispatched.runner.output.read_text() == f"commit={dispatched.start}\n"
    told = dispatched.runner.summary.read_text()
    assert told.startswith("Look at this before you approve")
    assert told.endswith(f"https://forge.example/us/ours/tree/{dispatched.start}\n")


def test_recordings_are_proposed_with_their_price(
    dispatched: Dispatched, kind_server: Provider
) -> None:
    write(dispatched.workspace, {"evals/manners/checks.py": "# the branch wrote this\n"})
    dispatched.record(kind_server.url, "request-0 or request-1")
    done(dispatched.propose())
    assert len(dispatched.proposed()) == 2 * 2 * 2
    assert all(path.startswith(f"{CASSETTES}/request-") for path in dispatched.proposed())
    said = (dispatched.runner.temporary / "gh").read_text().splitlines()
    assert said[:5] == ["auth", "setup-git", "pr", "create", "--base"]
    assert said[said.index("--head") + 1] == PROPOSED
    assert "spent now: " in (dispatched.workspace / "recorded/report.md").read_text()


def test_a_suite_right_below_evals_is_recorded_as_any_other(
    repository: Repository, kind_server: Provider, tmp_path: Path, programs: Path
) -> None:
    manners = repository.folder / "evals/manners"
    for path in manners.iterdir():
        path.rename(manners.parent / path.name)
    manners.rmdir()
    dispatched = Dispatched(repository, tmp_path, programs)
    dispatched.record(kind_server.url, "request-0")
    done(dispatched.propose())
    assert len(dispatched.proposed()) == 2 * 2
    assert all(path.startswith("evals/cassettes/request-0/") for path in dispatched.proposed())


def test_recordings_that_came_changed_and_went_are_proposed(
    repository: Repository, tmp_path: Path
) -> None:
    old, gone = f"{CASSETTES}/request-0/old.yaml", f"{CASSETTES}/request-0/gone.yaml"
    write(repository.folder, {old: "x: 1\n", gone: "x: 1\n"})
    dispatched = Dispatched(repository, tmp_path)
    dispatched.hand_over(
        added(RECORDING),
        f"diff --git a/{old} b/{old}\n--- a/{old}\n+++ b/{old}\n@@ -1 +1 @@\n-x: 1\n+x: 2\n",
        renamed(gone, f"{CASSETTES}/request-0/moved.yaml"),
    )
    done(dispatched.propose())
    moved = f"{CASSETTES}/request-0/moved.yaml"
    assert dispatched.proposed() == sorted([gone, RECORDING, moved, old])


@pytest.mark.parametrize(
    "patch",
    [
        added("x.py"),
        added(".github/workflows/mine.yml"),
        added("evals/manners/request-9.yaml"),
        added(f"{CASSETTES}/conftest.py"),
        added(f"{CASSETTES}/run.yaml", mode="100755"),
        added(f"{CASSETTES}/link.yaml", "/etc/passwd", mode="120000"),
        added(f"{CASSETTES}/module.yaml", f"Subproject commit {'1' * 40}", mode="160000"),
        added("evals/manners/probes/request-0/cassettes/check.yaml"),
        added("evals/manners/files/request-0/cassettes/data.yaml"),
        added("evals/other/cassettes/request-0/0.http.yaml"),
        added("elsewhere/cassettes/request-0/0.http.yaml"),
        renamed("ci/gate.sh", f"{CASSETTES}/gone.yaml"),
        renamed("evals/manners/request-0.yaml", f"{CASSETTES}/scenario.yaml"),
    ],
    ids=lambda patch: patch.splitlines()[0].rpartition(" b/")[2],
)
def test_a_patch_that_holds_something_else_is_refused_as_a_whole(
    repository: Repository, tmp_path: Path, patch: str
) -> None:
    nested = "evals/manners/files/request-0/suite.yaml"
    write(repository.folder, {"ci/gate.sh": "exit 1\n", nested: SUITE})
    dispatched = Dispatched(repository, tmp_path)
    dispatched.hand_over(added(RECORDING), patch)
    ended = dispatched.propose()
    assert ended.returncode == 1
    assert "::error::the patch holds something else than recordings" in ended.stdout
    assert PROPOSED not in dispatched.repository.git("-C", str(dispatched.forge), "branch")


@pytest.mark.parametrize("path", [f"{CASSETTES}/../../../x.yaml", f"{CASSETTES}/.git/x.yaml"])
def test_a_patch_that_leaves_the_repository_is_refused_by_git(
    dispatched: Dispatched, path: str
) -> None:
    dispatched.hand_over(added(path))
    assert dispatched.propose().returncode == 128


def test_where_there_is_no_suite_there_is_no_recording(
    repository: Repository, tmp_path: Path
) -> None:
    (repository.folder / "evals/manners/suite.yaml").unlink()
    dispatched = Dispatched(repository, tmp_path)
    dispatched.hand_over(added(RECORDING))
    assert dispatched.propose().returncode == 1
