from __future__ import annotations

from pathlib import Path

import promptverdict
import pytest
from promptverdict.sandbox import Mount, Sandbox, TrialFolders
from promptverdict.sandbox.workspace import Workspace

from .shells import NEEDS_BUBBLEWRAP, Shell, python

pytestmark = NEEDS_BUBBLEWRAP


def test_it_is_the_pinned_python_and_pytest(sandbox: Sandbox, sh: Shell) -> None:
    assert sh("python3 --version").output == f"Python {sandbox.python}\n"
    assert sh("pytest --version").output == f"pytest {sandbox.pytest}\n"
    assert sh("which python python3 pytest").output == (
        "/opt/py/bin/python\n/opt/py/bin/python3\n/opt/py/bin/pytest\n"
    )


def test_git_and_the_agents_own_loopback_work(sh: Shell) -> None:
    code = (
        "import socket\n"
        "server = socket.create_server(('127.0.0.1', 0))\n"
        "socket.create_connection(server.getsockname())\n"
        "import multiprocessing\n"
        "with multiprocessing.Pool(2) as pool: print(pool.map(abs, [-1]))"
    )
    assert sh("git init -q . && git status --short && " + python(code)).output == "[1]\n"


@pytest.mark.parametrize("package", ["promptverdict", "anthropic", "openai", "pydantic", "yaml"])
def test_nothing_of_the_harness_can_be_imported(sh: Shell, package: str) -> None:
    for interpreter in ("python3", "/usr/bin/python3"):
        done = sh(
            f"command -v {interpreter} > /dev/null || exit 1; {interpreter} -c 'import {package}'"
        )
        assert done.exit_code == 1
        assert "Traceback" not in done.output or "No module named" in done.output


def test_the_harness_itself_cannot_be_seen(sh: Shell) -> None:
    source = Path(promptverdict.__file__).resolve().parent
    assert sh(f"ls {source}").exit_code != 0


def test_an_environment_of_the_callers_is_added(sh: Shell) -> None:
    done = sh("echo $PYTHONPATH $HOME", environment={"PYTHONPATH": "/opt/kit"})
    assert done.output == "/opt/kit /home/agent\n"


def test_a_mount_is_seen_and_cannot_be_written(sh: Shell, folders: TrialFolders) -> None:
    folder = folders.root / "probes"
    folder.mkdir()
    Workspace(folder, folders.owner).write("check.py", b"print('checked')")
    done = sh("python3 /probes/check.py; touch /probes/x", mounts=[Mount(folder, "/probes")])
    assert done.output.startswith("checked\n")
    assert "Read-only" in done.output


@pytest.mark.parametrize(
    "target", ["/workspace/p", "/home/agent/p", "/run/harness/p", "/usr/p", "p", "/a/../b"]
)
def test_nothing_is_mounted_where_an_agent_can_write_or_the_harness_has_something(
    sh: Shell, tmp_path: Path, target: str
) -> None:
    with pytest.raises(ValueError, match=r"mount"):
        sh("true", mounts=[Mount(tmp_path, target)])
