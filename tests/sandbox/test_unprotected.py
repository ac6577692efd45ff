from __future__ import annotations

import os

import pytest
from promptverdict.sandbox import Mount, Sandbox, TrialFolders
from promptverdict.sandbox.workspace import Workspace
from promptverdict.trials.tree import TestReport, digest

from .shells import NEEDS_BUBBLEWRAP, is_running, shell, wait_until

pytestmark = NEEDS_BUBBLEWRAP


def test_unprotected_commands_see_the_paths_of_the_sandbox(
    unprotected: Sandbox, folders: TrialFolders
) -> None:
    run = shell(unprotected, folders)
    done = run("echo 1 > /workspace/a; cd /workspace; pwd; cat a; echo 'x/workspace'; exit 3")
    assert (done.exit_code, done.output) == (3, "/workspace\n1\nx/workspace\n")
    assert (folders.workspace / "a").read_text() == "1\n"
    folder = folders.root / "kit"
    folder.mkdir(mode=0o755)
    Workspace(folder, folders.owner).write("kit.py", b"value = 5")
    done = run(
        "python3 -c 'import kit; print(kit.value, kit.__file__)'",
        mounts=[Mount(folder, "/opt/kit")],
        environment={"PYTHONPATH": "/opt/kit"},
    )
    assert done.output == "5 /opt/kit/kit.py\n"


def test_unprotected_commands_get_no_key_either(
    unprotected: Sandbox, folders: TrialFolders, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ANTHROPIC_API_KEY", "canary-1f0c")
    assert "canary" not in shell(unprotected, folders)("env").output


def test_unprotected_commands_are_stopped_with_their_children(
    unprotected: Sandbox, folders: TrialFolders
) -> None:
    run = shell(unprotected, folders)
    marker = f"62.{os.getpid()}"
    assert run(f"sleep {marker} & sleep {marker}", timeout=0.5).stopped == "timeout"
    assert run(f"sleep {marker} & echo on").output == "on\n"
    wait_until(lambda: not is_running(marker))
    assert run("yes").stopped == "output-flood"
    assert run("true", cwd="/workspace/gone").exit_code == 127


def test_unprotected_test_runs_are_reported(unprotected: Sandbox, folders: TrialFolders) -> None:
    workspace = Workspace(folders.workspace, folders.owner)
    workspace.write("test_a.py", b"def test_a(): assert 1 == 2\n")
    tree = digest(workspace.snapshot().tree)
    done = shell(unprotected, folders)("pytest -q -p no:cacheprovider")
    assert done.exit_code == 1
    (sent,) = done.reports
    assert sent.unproven is None
    report = TestReport.model_validate_json(sent.content)
    assert report.tree == tree
    assert [node.outcome for node in report.nodes] == ["failed"]
