"""The workflow files: what they may do, what they hold, and that they are well formed."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from promptverdict.report.markdown.comment import MARKER

from tests.cases import try_cases
from tests.workflows.rehearsal import FOLDER, NAMES, jobs, load, program, step, steps, text

PULL_REQUEST, COMMENT = "evals-pull-request.yml", "evals-comment.yml"
NIGHTLY, RECORD = "evals-nightly.yml", "evals-record.yml"
ACTION = re.compile(
    r"actions/(checkout|setup-python|upload-artifact|download-artifact|github-script)"
)
PIN = re.compile(r"uses: [\w./-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$")


def of_forks(name: str) -> bool:
    """Whether anybody who opens a pull request can start it."""
    return bool({"pull_request", "pull_request_target"} & set(load(name)["on"]))


def holds_key(job: dict[str, Any]) -> bool:
    return "secrets." in json.dumps(job) or "environment" in job


def writes(permissions: object) -> bool:
    return "write" in json.dumps(permissions)


def test_the_workflows_that_are_spoken_of_exist() -> None:
    assert NAMES == (
        "ci.yml",
        COMMENT,
        NIGHTLY,
        PULL_REQUEST,
        RECORD,
        "platforms.yml",
        "weekly-newest.yml",
    )


@try_cases("name", NAMES)
def test_no_workflow_grants_all_its_jobs_a_permission_to_write(name: str) -> None:
    granted = load(name)["permissions"]
    assert granted in ({}, {"contents": "read"})


@try_cases("name", NAMES)
def test_what_a_pull_request_can_start_has_no_secret_and_writes_nothing(name: str) -> None:
    assert "pull_request_target" not in load(name)["on"]
    if of_forks(name):
        assert not re.search(r"\bsecrets\b", text(name))
        assert not any(
            holds_key(job) or writes(job.get("permissions")) for job in jobs(name).values()
        )


@try_cases("name", NAMES)
def test_no_job_that_holds_a_key_may_write(name: str) -> None:
    for job in jobs(name).values():
        assert not (holds_key(job) and writes(job.get("permissions")))


@try_cases("name", NAMES)
def test_no_expression_is_put_into_a_script(name: str) -> None:
    scripts = [one["run"] for one in steps(name) if "run" in one]
    scripts += [one["with"]["script"] for one in steps(name) if "script" in one.get("with", {})]
    assert scripts
    assert not any("${{" in script for script in scripts)


@try_cases("name", NAMES)
def test_every_action_is_github_s_own_and_pinned_by_commit(name: str) -> None:
    used = [one["uses"] for one in steps(name) if "uses" in one]
    assert all(ACTION.fullmatch(one.partition("@")[0]) for one in used)
    lines = [line.strip() for line in text(name).splitlines() if "uses: " in line]
    assert len(lines) == len(used)
    assert all(PIN.search(line) for line in lines)


def test_one_action_is_pinned_in_one_way_everywhere() -> None:
    pins = {one["uses"] for name in NAMES for one in steps(name) if "uses" in one}
    assert len(pins) == len({pin.partition("@")[0] for pin in pins})


@try_cases("name", NAMES)
def test_no_checkout_leaves_its_token_behind_and_every_job_ends(name: str) -> None:
    for one in steps(name):
        if one.get("uses", "").startswith("actions/checkout@"):
            assert one["with"]["persist-credentials"] == "false"
    assert all(int(job["timeout-minutes"]) <= 180 for job in jobs(name).values())


def test_the_comment_s_job_executes_nothing_but_its_own_script() -> None:
    used = [one.get("uses", "").partition("@")[0] for one in steps(COMMENT)]
    assert used == ["actions/download-artifact", "actions/github-script"]
    assert jobs(COMMENT)["comment"]["permissions"] == {"actions": "read", "pull-requests": "write"}


def test_the_comment_is_found_by_the_marker_that_reports_begin_with() -> None:
    script = step(COMMENT, "Write the comment")["with"]["script"]
    assert f"const MARKER = '{MARKER}';" in script
    assert MARKER in step(PULL_REQUEST, "Report")["run"]


def test_the_comment_s_workflow_follows_the_one_that_makes_the_report() -> None:
    asked = load(COMMENT)["on"]["workflow_run"]
    assert asked["workflows"] == [load(PULL_REQUEST)["name"]]
    made = step(PULL_REQUEST, "Keep the report")["with"]["name"]
    assert step(COMMENT, "Get the report")["with"]["name"] == made


def test_night_and_record_ask_for_recording_with_a_limit_and_in_an_environment() -> None:
    for name, title in ((NIGHTLY, "Record everything anew"), (RECORD, "Record")):
        assert re.search(r"pytest .*--record .*--max-cost \"\$MAX_COST\"", step(name, title)["run"])
        (environment,) = [job["environment"] for job in jobs(name).values() if holds_key(job)]
        assert environment == Path(name).stem


def test_a_changed_base_is_checked_and_no_edit_counts_as_a_check() -> None:
    asked = load(PULL_REQUEST)["on"]["pull_request"]
    assert asked == {"types": ["opened", "synchronize", "reopened", "edited"]}
    assert not any("if" in job for job in jobs(PULL_REQUEST).values())


def test_a_check_that_ran_out_of_time_is_commented_too() -> None:
    condition = jobs(COMMENT)["comment"]["if"]
    assert all(f'"{one}"' in condition for one in ("success", "failure", "cancelled", "timed_out"))


def test_record_is_reviewed_at_the_commit_that_it_runs() -> None:
    found = jobs(RECORD)
    assert "environment" not in found["pin"]
    assert found["pin"]["outputs"] == {"commit": "${{ steps.pin.outputs.commit }}"}
    for name in ("record", "propose"):
        assert "pin" in found[name]["needs"]
        assert "outputs" not in found[name]
        (checkout,) = [one for one in found[name]["steps"] if "checkout" in one.get("uses", "")]
        assert checkout["with"]["ref"] == "${{ needs.pin.outputs.commit }}"


@try_cases(("name", "title"), [(NIGHTLY, "Record everything anew"), (RECORD, "Record")])
def test_what_costs_money_ends_by_itself_and_is_kept_also_where_its_job_is_cancelled(
    name: str, title: str
) -> None:
    (job,) = [one for one in jobs(name).values() if holds_key(one)]
    place = job["steps"].index(step(name, title))
    (minutes,) = re.findall(r"--kill-after=2m (\d+)m ", job["steps"][place]["run"])
    assert int(minutes) + 2 + 15 <= int(job["timeout-minutes"])
    assert all("always()" in one["if"] for one in job["steps"][place + 1 :])


def test_a_night_that_was_cancelled_is_told_and_kept() -> None:
    told = jobs(NIGHTLY)["tell"]
    assert told["needs"] == ["run", "keep"]
    assert told["if"].startswith("${{ always() && (")
    assert all(
        f"contains(needs.*.result, '{one}')" in told["if"] for one in ("failure", "cancelled")
    )
    assert jobs(NIGHTLY)["keep"]["if"] == "${{ always() && needs.run.outputs.name != '' }}"


def test_they_fit_the_schema() -> None:
    checked([program("check-jsonschema"), "--builtin-schema", "vendor.github-workflows"])


def test_the_audit_finds_nothing() -> None:
    checked([program("zizmor"), "--offline", "--quiet", "--no-config", "--strict-collection"])


def test_actionlint_finds_nothing() -> None:
    if program("actionlint") is None:
        pytest.skip("there is no actionlint here")
    checked([program("actionlint")])


def checked(command: list[str | None]) -> None:
    assert command[0] is not None
    asked = [one for one in command if one is not None]
    ended = subprocess.run(
        [*asked, *(str(FOLDER / name) for name in NAMES)],
        capture_output=True,
        check=False,
        text=True,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr
