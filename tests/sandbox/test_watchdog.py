from __future__ import annotations

import pytest
from promptverdict.sandbox import Sandbox, TrialFolders
from promptverdict.sandbox.limits import Limits

from .shells import NEEDS_BUBBLEWRAP, Shell, limited, python

pytestmark = [*NEEDS_BUBBLEWRAP, pytest.mark.e2e]


def test_a_command_that_ignores_signals_is_stopped_in_time(sh: Shell) -> None:
    done = sh("trap '' TERM INT HUP; while :; do sleep 1; done", timeout=0.5)
    assert (done.exit_code, done.stopped) == (None, "timeout")
    assert done.seconds < 3


def test_a_command_that_closes_its_output_is_still_timed(sh: Shell) -> None:
    assert sh("exec >&- 2>&-; sleep 20", timeout=0.5).stopped == "timeout"
    assert sh("exec >&- 2>&-; sleep 0.2; exit 3").exit_code == 3


def test_a_background_child_does_not_hold_the_command_up(sh: Shell) -> None:
    done = sh("sleep 60 & echo started")
    assert done.output == "started\n"
    assert done.seconds < 3


def test_a_flood_of_output_is_stopped(sh: Shell) -> None:
    done = sh("yes")
    assert (done.stopped, done.truncated) == ("output-flood", True)
    assert len(done.output) < 31_000
    assert done.seconds < 5


def test_many_processes_together_run_out_of_memory(sandbox: Sandbox, folders: TrialFolders) -> None:
    small = limited(sandbox, folders, Limits(memory=100 << 20))
    hog = "x = bytearray(50 << 20)\nimport time; time.sleep(10)"
    done = small("\n".join(f"python3 -c '{hog}' &" for _ in range(4)) + "\nwait")
    assert done.stopped == "memory"
    assert done.seconds < 5


def test_memory_shared_by_forks_counts_once(sandbox: Sandbox, folders: TrialFolders) -> None:
    small = limited(sandbox, folders, Limits(memory=150 << 20))
    code = (
        "import os, time\nx = bytearray(60 << 20)\n[os.fork() for _ in range(3)]\ntime.sleep(0.5)"
    )
    assert small(python(code)).stopped is None


@pytest.mark.parametrize(
    "filling",
    [
        "for i in $(seq 200); do head -c 1M /dev/zero > /workspace/$i; sleep 0.01; done",
        "for i in $(seq 200); do head -c 1M /dev/zero > /tmp/$i; sleep 0.01; done",
        "for i in $(seq 200); do head -c 1M /dev/zero > ~/$i; sleep 0.01; done",
        "exec 3> /tmp/x; rm /tmp/x; head -c 30M /dev/zero >&3; sleep 9",
        python(
            "import os, time\n"
            "for _ in range(3): os.write(os.memfd_create('x'), bytes(10 << 20))\n"
            "time.sleep(9)"
        ),
    ],
)
def test_a_full_disk_is_stopped(sandbox: Sandbox, folders: TrialFolders, filling: str) -> None:
    done = limited(sandbox, folders, Limits(disk=20 << 20))(filling)
    assert done.stopped == "disk"
    assert done.seconds < 5


def test_too_many_files_are_stopped(sandbox: Sandbox, folders: TrialFolders) -> None:
    script = python("i = 0\nwhile True:\n    i += 1\n    open(f'/workspace/{i}', 'w').close()")
    assert limited(sandbox, folders, Limits(entries=2000))(script).stopped == "too-many-files"


FILLING = "head -c 30M /dev/zero > /workspace/large; sleep 9"


def test_after_the_disk_was_full_the_agent_can_clean_up_and_the_limit_holds_again(
    sandbox: Sandbox, folders: TrialFolders
) -> None:
    small = limited(sandbox, folders, Limits(disk=20 << 20))
    assert small(FILLING).stopped == "disk"
    assert small("sleep 0.5; rm /workspace/large; echo clean").output == "clean\n"
    assert small(FILLING).stopped == "disk"


def test_a_full_disk_takes_no_more(sandbox: Sandbox, folders: TrialFolders) -> None:
    small = limited(sandbox, folders, Limits(disk=20 << 20))
    assert small(FILLING).stopped == "disk"
    assert small("sleep 0.3; echo more > /workspace/more; sleep 9").stopped == "disk"


def test_after_too_many_files_the_agent_can_clean_up(
    sandbox: Sandbox, folders: TrialFolders
) -> None:
    small = limited(sandbox, folders, Limits(entries=100))
    assert small("touch /workspace/{1..1000}; sleep 9").stopped == "too-many-files"
    assert small("sleep 0.5; rm /workspace/*; echo clean").output == "clean\n"
    assert small("touch /workspace/{1..1000}; sleep 9").stopped == "too-many-files"
