"""The check of a pull request: its steps, run as they stand, on pull requests good and hostile."""

from __future__ import annotations

import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from subprocess import CompletedProcess

import pytest
from promptverdict.comparison.verdicts import Comparisons
from promptverdict.report.markdown.comment import MARKER

from tests.fakes import Provider, run, write
from tests.repositories import CURT, KIND, SCENARIO, SCENARIOS, SUITE, Repository, scenario
from tests.workflows.rehearsal import Runner, done

pytestmark = [
    pytest.mark.skipif(sys.platform != "linux", reason="the steps are written for Linux"),
    pytest.mark.e2e,
]

PULL_REQUEST = "evals-pull-request.yml"
BASE, OTHER = "agents/helper/base.md", "agents/helper/other.md"
CASSETTES = "evals/manners/cassettes"
SECRET = "what only this machine may read\n"


class Opened:
    """A pull request that was opened from a branch, merged by the forge, and its check."""

    def __init__(self, repository: Repository, folder: Path, programs: Path | None) -> None:
        self.head = repository.git("rev-parse", "HEAD")
        repository.git("checkout", "--quiet", "--detach", "main")
        repository.git("merge", "--quiet", "--no-ff", "--message", "Merge", self.head)
        repository.git("branch", "--force", "merge")
        self.runner = Runner(folder, programs)
        self.workspace = self.runner.workspace
        source, target = repository.folder.as_uri(), str(self.workspace / "pull-request")
        fetched = ("--depth", "2", "--branch", "merge", source, target)
        repository.git("clone", "--quiet", *fetched)
        repository.git("-C", target, "checkout", "--quiet", "--detach")

    def lay_out(self, head: str | None = None) -> CompletedProcess[str]:
        known = {"BASE_BRANCH": "main", "HEAD_COMMIT": head or self.head}
        return self.runner.run(PULL_REQUEST, "Lay out the trusted base", **known)

    def check(self) -> CompletedProcess[str]:
        """Run all steps but the installation, and give how the comparison ended."""
        done(self.lay_out())
        done(self.runner.run(PULL_REQUEST, "Take over prompts and recordings"))
        compared = self.runner.run(PULL_REQUEST, "Compare", BASE_BRANCH="main")
        done(self.runner.run(PULL_REQUEST, "Report"))
        return compared

    @property
    def comment(self) -> str:
        return (self.workspace / "report/report.md").read_text(encoding="utf-8")

    @property
    def words(self) -> dict[str, str]:
        """What was found of each variant."""
        content = (self.workspace / "report/comparison.json").read_bytes()
        found = Comparisons.model_validate_json(content).comparisons
        return {one.candidate.variant: one.word for one in found}


@pytest.fixture
def repository(recorded: Repository) -> Repository:
    """Everything is recorded as main, and a branch is begun."""
    return recorded


@pytest.fixture
def opened(
    repository: Repository, kind_server: Provider, tmp_path: Path, programs: Path
) -> Callable[[], Opened]:
    """Open the pull request of the branch when it is ready."""
    return lambda: Opened(repository, tmp_path, programs)


def test_nothing_of_a_hostile_pull_request_runs_and_its_edit_is_stale(
    repository: Repository, kind_server: Provider, tmp_path: Path
) -> None:
    canary, secret = tmp_path / "canary", tmp_path / "secret"
    secret.write_text(SECRET)
    bite = f"open({str(canary)!r}, 'w').close()\n"
    places = ("", "agents/", "agents/helper/", "evals/", "evals/manners/", f"{CASSETTES}/")
    code = ("conftest.py", "checks.py", "sitecustomize.py", "promptverdict.py")
    write(repository.folder, {f"{place}{name}": bite for place in places for name in code})
    write(
        repository.folder,
        {
            OTHER: CURT,
            "pyproject.toml": "[tool.pytest.ini_options]\naddopts = '-k nothing'\n",
            "evals/manners/suite.yaml": "title: Mine\nvariants: []\nbehaviours: {}\n",
            "evals/mine/suite.yaml": "title: Mine\n",
            "evals/mine/checks.py": bite,
            ".gitattributes": "* filter=mine\n",
            f"{CASSETTES}/.gitattributes": "* filter=mine\n",
            f"{CASSETTES}/request-1/$(touch canary)\n::error::.yaml": KIND,
        },
    )
    scenario(repository.folder, 0, "title: Mine\ntask: Do nothing.\ntools: []\n")
    recordings = sorted((repository.folder / CASSETTES).glob("*/*/*/0.world.yaml"))
    for link in (recordings[-2], repository.folder / "agents/helper/more.md"):
        link.unlink(missing_ok=True)
        link.symlink_to(secret)
    repository.commit("Hostile")
    # Real programs: what would run is what Python imports when it starts.
    pull = Opened(repository, tmp_path, None)
    compared = pull.check()

    assert compared.returncode == 7
    assert "Stale: helper/other was edited and nothing is recorded of the edit" in compared.stdout
    assert f"recording {SCENARIOS} trials with relay/scripted: about" in compared.stdout
    assert "pytest evals --base main --record stale" in compared.stdout
    assert not list(tmp_path.rglob("canary"))
    base = pull.workspace / "base"
    assert not [path for path in base.rglob("*") if path.is_symlink() and path.name != "latest"]
    assert not [path for name in code for path in base.rglob(name)]
    assert repository.git("show", "main:evals/manners/request-0.yaml") == (
        (base / "evals/manners/request-0.yaml").read_text().strip()
    )
    for path in (*base.rglob("*"), *(pull.workspace / "report").iterdir()):
        assert not path.is_file() or SECRET.strip() not in path.read_text(errors="replace")
    assert pull.comment.startswith(
        f"{MARKER}\n> Judged by the suites, graders, settings and harness"
    )
    assert "\n## ○ Stale\n" in pull.comment
    assert "Changed files that were not used: 33 (below agents or evals: 27)." in pull.comment
    assert pull.comment == pull.runner.summary.read_text(encoding="utf-8")
    # The same tree bites whoever runs it as it is: else all this would prove nothing.
    subprocess.run(
        ["pytest", "evals"],
        cwd=pull.workspace / "pull-request",
        env=pull.runner.environment,
        capture_output=True,
        check=False,
    )
    assert canary.exists()


def test_a_recorded_edit_is_judged_and_the_report_is_kept(
    repository: Repository, opened: Callable[[], Opened], pytester: pytest.Pytester
) -> None:
    (repository.folder / BASE).write_text(CURT)
    run(pytester, "evals", "--record", "stale")
    repository.commit("Recorded")
    pull = opened()
    assert pull.check().returncode == 1
    assert pull.words == {"helper/base": "regressed", "helper/other": "unchanged"}
    assert pull.comment.startswith(f"{MARKER}\n## ")
    assert "Regressed" in pull.comment
    assert "not used" not in pull.comment
    assert sorted(path.name for path in (pull.workspace / "report").iterdir()) == [
        "comparison.json",
        "report.html",
        "report.md",
    ]


def test_what_the_base_did_meanwhile_is_not_held_against_a_pull_request(
    repository: Repository, opened: Callable[[], Opened], pytester: pytest.Pytester
) -> None:
    (repository.folder / BASE).write_text(f"{KIND}Be warm.\n")
    run(pytester, "evals", "--record", "stale")
    repository.commit("Recorded")
    repository.git("checkout", "--quiet", "main")
    (repository.folder / OTHER).write_text(CURT)
    run(pytester, "evals", "--record", "stale")
    repository.commit("Main goes on")
    repository.git("checkout", "--quiet", "work")
    pull = opened()
    assert pull.check().returncode == 0
    assert pull.words == {"helper/base": "inconclusive", "helper/other": "unchanged"}


def test_taking_recordings_away_is_red(
    repository: Repository, opened: Callable[[], Opened]
) -> None:
    shutil.rmtree(repository.folder / CASSETTES)
    repository.commit("No evidence, no trouble")
    pull = opened()
    assert pull.check().returncode in (1, 7)
    assert not (pull.workspace / "base" / CASSETTES).exists()


def test_a_red_check_is_told_where_the_comparison_blocks_nothing(
    repository: Repository, opened: Callable[[], Opened]
) -> None:
    repository.git("checkout", "--quiet", "main")
    promised = "kind: {says: It is kind, promised: {helper/base: You are kind}}"
    suite = SUITE.replace("kind: {says: It is kind}", promised)
    write(repository.folder, {"evals/manners/suite.yaml": suite})
    scenario(repository.folder, 0, SCENARIO.replace("[welcome]", "[sorry]"))
    repository.commit("Main is red")
    repository.git("checkout", "--quiet", "work")
    write(repository.folder, {"README.md": "Read me.\n"})
    repository.commit("Read me")
    pull = opened()
    assert pull.check().returncode == 1
    assert set(pull.words.values()) == {"unchanged"}
    assert (
        "\n> **The check is red**, whatever is compared below: pytest ended with 1." in pull.comment
    )


def test_agents_that_are_a_link_are_none_and_the_comment_says_that_nothing_was_compared(
    repository: Repository, opened: Callable[[], Opened], tmp_path: Path
) -> None:
    shutil.rmtree(repository.folder / "agents")
    (repository.folder / "agents").symlink_to(tmp_path)
    repository.commit("Elsewhere")
    pull = opened()
    assert pull.check().returncode == 2
    assert "## No report" in pull.comment
    assert pull.comment.startswith(f"{MARKER}\n")


def test_the_merge_of_another_head_is_refused(
    repository: Repository, opened: Callable[[], Opened]
) -> None:
    (repository.folder / BASE).write_text(CURT)
    repository.commit("Edited")
    ended = opened().lay_out(head="0" * 40)
    assert ended.returncode == 1
    assert "::error::the merge that was fetched is not of this head" in ended.stdout
    assert "push, or close and reopen the pull request" in ended.stdout
