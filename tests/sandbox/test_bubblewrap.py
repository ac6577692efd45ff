from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import threading
from pathlib import Path

import promptverdict
import pytest
from promptverdict.core.errors import SandboxError
from promptverdict.sandbox import (
    Mount,
    Sandbox,
    TrialFolders,
    bubblewrap,
    make_trial_folders,
    remove_trial_folders,
)
from promptverdict.sandbox.output import Output
from promptverdict.sandbox.resource_usage import list_descendants
from promptverdict.sandbox.trial_folders import DROPPED_UID

from .shells import NEEDS_BUBBLEWRAP, Shell, is_running, shell, wait_until

pytestmark = [*NEEDS_BUBBLEWRAP, pytest.mark.e2e]


def test_a_command_gives_its_output_and_exit_code(sh: Shell) -> None:
    done = sh("echo out; echo err >&2; exit 7")
    assert (done.exit_code, done.output, done.stopped) == (7, "out\nerr\n", None)
    assert not done.truncated
    assert 0 < done.seconds < 5


def test_a_signal_is_told_as_a_shell_tells_it(sh: Shell) -> None:
    assert sh("kill -9 $$").exit_code == 137


def test_no_descriptor_leaks(sh: Shell, tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    os.set_inheritable(descriptor, True)
    try:
        assert sh("for f in /proc/$$/fd/*; do readlink $f; done | sed 's/:.*//'").output == (
            "/dev/null\npipe\npipe\n"
        )
    finally:
        os.close(descriptor)


@pytest.mark.skipif(os.name == "posix" and os.geteuid() != 0, reason="needs root")
def test_root_drops_to_another_user(sh: Shell, folders: TrialFolders) -> None:
    assert folders.owner == DROPPED_UID
    sh("touch /workspace/a")
    assert (folders.workspace / "a").stat().st_uid == DROPPED_UID


def test_a_killed_harness_leaves_no_process(folders: TrialFolders) -> None:
    marker = f"61.{os.getpid()}"
    code = (
        "import sys\n"
        "from pathlib import Path\n"
        "from promptverdict.sandbox.bubblewrap import Bubblewrap\n"
        "from promptverdict.sandbox.python import find_guest_python\n"
        "from promptverdict.sandbox.trial_folders import TrialFolders\n"
        "folders = TrialFolders(Path(sys.argv[1]), int(sys.argv[2]) if sys.argv[2] else None)\n"
        f"argv = ['bash', '-c', 'echo > /workspace/on; setsid sleep {marker} & sleep {marker}']\n"
        "Bubblewrap(sys.argv[3], find_guest_python()).run(argv, folders, timeout=60)\n"
    )
    program = shutil.which("bwrap") or ""
    owner = "" if folders.owner is None else str(folders.owner)
    argv = [sys.executable, "-c", code, str(folders.root), owner, program]
    with subprocess.Popen(argv, cwd=Path(promptverdict.__file__).parents[1]) as process:
        wait_until((folders.workspace / "on").exists)
        wait_until(lambda: is_running(marker))
        process.send_signal(signal.SIGKILL)
        process.wait()
    wait_until(lambda: not is_running(marker))


def test_a_command_that_nobody_watches_ends_by_itself(
    sh: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A harness that is killed just after it started bubblewrap does not take it along."""

    def wait(process: subprocess.Popen[bytes], *_: object) -> tuple[Output, None]:
        process.wait(20)
        return Output(1000), None

    monkeypatch.setattr(bubblewrap, "follow_process", wait)
    monkeypatch.setattr(bubblewrap, "_ORPHAN_SECONDS", 0.5)
    assert sh("sleep 60", timeout=0.1).exit_code == 137


def test_a_bubblewrap_that_is_killed_is_said_to_be(sh: Shell) -> None:
    marker = f"62.{os.getpid()}"

    def kill() -> None:
        wait_until(lambda: is_running(marker))
        started = next(
            pid
            for pid in list_descendants(os.getpid())
            if Path(f"/proc/{pid}/comm").read_text() == "bwrap\n"
        )
        os.kill(started, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    with pytest.raises(SandboxError, match="was killed while a command ran") as caught:
        sh(f"sleep {marker}")
    killer.join()
    assert len(str(caught.value).splitlines()) == 3


def test_a_command_starts_where_it_should(sh: Shell) -> None:
    sh("mkdir -p a/b /tmp/c")
    assert sh("pwd").output == "/workspace\n"
    assert sh("pwd", cwd="/workspace/a/b").output == "/workspace/a/b\n"
    assert sh("pwd", cwd="/tmp/c").output == "/tmp/c\n"


def test_a_folder_that_is_gone_is_the_agents_affair(sh: Shell) -> None:
    done = sh("pwd", cwd="/workspace/gone")
    assert done.exit_code == 125
    assert "/workspace/gone" in done.output


def test_a_sandbox_that_cannot_start_is_an_error_of_the_harness(sh: Shell) -> None:
    with pytest.raises(SandboxError, match="source path /nowhere"):
        sh("true", mounts=[Mount(Path("/nowhere"), "/probes")])


def test_commands_run_at_the_same_time_in_threads(sandbox: Sandbox) -> None:
    outputs: list[str] = []

    def work(number: int) -> None:
        own = make_trial_folders()
        try:
            outputs.append(shell(sandbox, own)(f"sleep 0.2; echo {number}").output)
        finally:
            remove_trial_folders(own)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outputs) == [f"{number}\n" for number in range(8)]


def test_what_the_host_has_installed_for_itself_is_not_seen(sh: Shell) -> None:
    """The harness may be installed in /usr/local/bin, and agents do search."""
    assert sh("ls -A /usr/local/bin").output == ""
    assert sh("find / -iname '*promptverdict*' 2> /dev/null").output == ""


def test_pip_works_and_says_that_there_is_no_network(sh: Shell) -> None:
    done = sh("pip install --retries 0 surely-no-such-package")
    assert done.exit_code == 1
    assert "No matching distribution found" in done.output
    assert "Traceback" not in done.output
