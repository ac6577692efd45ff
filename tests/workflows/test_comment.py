"""The script that writes the comment, run in Node as it stands, with GitHub's API played."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

import pytest
from promptverdict.report.markdown.comment import LIMIT, MARKER

from tests.workflows.rehearsal import program, step

pytestmark = pytest.mark.e2e

HEAD, BASE = "a" * 40, "b" * 40
SOURCE = "\n<sub>[Log and page](https://forge.example/run) of aaaaaaa</sub>\n"
REPORT = f"{MARKER}\n## Better\n"
PLAYED = """
const { script, pulls, changed, files, comments, run } = JSON.parse(process.argv[1]);
const told = [];
const list = (given) => async (asked) => { told.push(['asked', asked]); return given; };
const write = (name) => async (asked) => { told.push([name, asked]); };
const github = {
  paginate: (method, asked) => method(asked),
  rest: {
    pulls: { list: list(pulls), listFiles: list([]) },
    repos: {
      compareCommitsWithBasehead: async (asked) => (
        { data: { files: asked.basehead === changed ? files : [] } }
      ),
    },
    issues: {
      listComments: list(comments),
      createComment: write('create'),
      updateComment: write('update'),
    },
  },
};
const context = { repo: { owner: 'us', repo: 'ours' }, payload: { workflow_run: run } };
const core = { notice: (words) => told.push(['notice', words]) };
const Script = Object.getPrototypeOf(async () => {}).constructor;
new Script('github', 'context', 'core', 'require', script)(github, context, core, require)
  .then(() => console.log(JSON.stringify(told)));
"""


def pull(number: int = 5, head: str = HEAD, repository: int = 1) -> dict[str, Any]:
    return {
        "number": number,
        "head": {"sha": head, "repo": {"id": repository}},
        "base": {"sha": BASE},
    }


def comment(author: str, body: str) -> dict[str, Any]:
    return {"id": 11, "user": {"login": author}, "body": body}


def told(report: Path, **given: Any) -> list[list[Any]]:
    """Run the script, and give what it asked of the API and what it did."""
    node = program("node")
    if node is None:
        pytest.skip("there is no Node here")
    run = {
        "head_sha": HEAD,
        "head_branch": "work",
        "head_repository": {"id": 1, "owner": {"login": "stranger"}},
        "html_url": "https://forge.example/run",
        "conclusion": "timed_out",
    }
    played = {"pulls": [pull()], "files": [], "comments": [], "run": run, **given}
    played["changed"] = f"{BASE}...{HEAD}"
    played["script"] = step("evals-comment.yml", "Write the comment")["with"]["script"]
    ended = subprocess.run(
        [node, "--eval", PLAYED, json.dumps(played)],
        env={**os.environ, "REPORT": str(report)},
        capture_output=True,
        check=True,
        text=True,
    )
    heard = json.loads(ended.stdout)
    assert isinstance(heard, list)
    return heard


def written(report: Path, **given: Any) -> tuple[str, dict[str, Any]]:
    (found,) = [one for one in told(report, **given) if one[0] in ("create", "update")]
    return found[0], found[1]


@pytest.fixture
def report(tmp_path: Path) -> Path:
    path = tmp_path / "report.md"
    path.write_text(REPORT)
    return path


def test_a_report_is_posted_as_it_is_with_where_it_comes_from(report: Path) -> None:
    how, asked = written(report)
    assert how == "create"
    assert asked == {
        "owner": "us",
        "repo": "ours",
        "issue_number": 5,
        "body": f"{REPORT}{SOURCE}",
    }


def test_the_longest_report_of_ours_is_posted(report: Path) -> None:
    longest = REPORT + "😀" * (LIMIT - len(REPORT))
    report.write_text(longest)
    assert written(report)[1]["body"] == f"{longest}{SOURCE}"


def test_the_next_report_replaces_our_own_comment_and_nobody_else_s(report: Path) -> None:
    ours = comment("github-actions[bot]", f"{MARKER}\nold")
    how, asked = written(report, comments=[comment("stranger", f"{MARKER}\nmine"), ours])
    assert (how, asked["comment_id"]) == ("update", 11)
    strangers = comment("stranger", MARKER), comment("github-actions[bot]", "another of the bot's")
    assert written(report, comments=list(strangers))[0] == "create"


@pytest.mark.parametrize(
    "text",
    [
        "",
        "Hello @everyone",
        f"\n{MARKER}\n",
        f"{MARKER}x\n",
        f"{MARKER}\n{'x' * 65_536}",
        "\0" * 300_000,
    ],
    ids=["empty", "unmarked", "late", "glued", "long", "huge"],
)
def test_what_is_no_report_of_ours_is_not_posted(report: Path, text: str) -> None:
    report.write_text(text)
    _, asked = written(report)
    assert asked["body"].startswith(f"{MARKER}\n## No report\n")
    assert len(asked["body"]) < 400
    assert "everyone" not in asked["body"]


def test_a_link_and_a_folder_are_no_report_and_neither_is_nothing(
    report: Path, tmp_path: Path
) -> None:
    link = tmp_path / "link"
    link.symlink_to(report)
    for path in (link, tmp_path, tmp_path / "absent"):
        body = written(path)[1]["body"]
        assert "## No report" in body
        assert "The check ended as timed_out" in body


@pytest.mark.parametrize(
    "file",
    [
        {"filename": ".github/workflows/evals-pull-request.yml"},
        {"filename": "moved.yml", "previous_filename": ".github/workflows/ci.yml"},
    ],
)
def test_a_pull_request_that_edits_workflows_does_not_speak_through_us(
    report: Path, file: dict[str, str]
) -> None:
    body = written(report, files=[{"filename": "agents/a.md"}, file])[1]["body"]
    assert body.startswith(f"{MARKER}\n## Not repeated here\n")
    assert "Better" not in body


def test_more_files_than_the_forge_lists_may_be_workflows(report: Path) -> None:
    files = [{"filename": f"agents/{number}.md"} for number in range(300)]
    assert "## Not repeated here" in written(report, files=files)[1]["body"]
    assert "## Better" in written(report, files=files[1:])[1]["body"]


@pytest.mark.parametrize(
    "pulls",
    [
        [],
        [pull(head="b" * 40)],
        [pull(repository=2)],
        [{"number": 5, "head": {"sha": HEAD, "repo": None}}],
        [pull(5), pull(6)],
    ],
    ids=["none", "newer head", "another repository", "deleted repository", "two bases"],
)
def test_nothing_is_said_where_the_pull_request_is_not_the_only_one_with_this_head(
    report: Path, pulls: list[dict[str, Any]]
) -> None:
    said = told(report, pulls=pulls)
    assert [one[0] for one in said] == ["asked", "notice"]
    assert said[0][1] == {"owner": "us", "repo": "ours", "state": "open", "head": "stranger:work"}
