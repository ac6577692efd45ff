from __future__ import annotations

import os
import time
from typing import Any

import pytest
from promptverdict.sandbox import Sandbox, TrialFolders, bubblewrap
from promptverdict.sandbox.limits import Limits
from promptverdict.sandbox.watchdog import Watchdog

from .shells import NEEDS_BUBBLEWRAP, Shell, limited, python

pytestmark = [*NEEDS_BUBBLEWRAP, pytest.mark.e2e]


def test_a_command_that_closes_its_output_is_still_timed(sh: Shell) -> None:
    assert sh("exec >&- 2>&-; sleep 20", timeout=0.5).stopped == "timeout"
    assert sh("exec >&- 2>&-; sleep 0.2; exit 3").exit_code == 3


def test_a_background_child_does_not_hold_the_command_up(sh: Shell) -> None:
    done = sh("sleep 60 & echo started")
    assert done.output == "started\n"
    assert done.seconds < 3


def test_memory_shared_by_forks_counts_once(sandbox: Sandbox, folders: TrialFolders) -> None:
    small = limited(sandbox, folders, Limits(memory=150 << 20))
    code = (
        "import os, time\nx = bytearray(60 << 20)\n[os.fork() for _ in range(3)]\ntime.sleep(0.5)"
    )
    assert small(python(code)).stopped is None


FILLING = "head -c 30M /dev/zero > /workspace/large; sleep 9"


def test_after_the_disk_was_full_the_agent_can_clean_up_and_the_limit_holds_again(
    sandbox: Sandbox, folders: TrialFolders
) -> None:
    small = limited(sandbox, folders, Limits(disk=20 << 20))
    assert small(FILLING).stopped == "disk"
    assert small("sleep 0.5; rm /workspace/large; echo clean").output == "clean\n"
    assert small(FILLING).stopped == "disk"


def test_what_a_command_writes_before_it_is_first_looked_at_is_its_own(
    sandbox: Sandbox, folders: TrialFolders, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On a busy machine a command has filled the disk before the harness gets its turn."""
    follow = bubblewrap.follow_process

    def follow_late(*arguments: Any, **more: Any) -> Any:
        while not (folders.workspace / "full").exists():
            time.sleep(0.01)
        return follow(*arguments, **more)

    monkeypatch.setattr(bubblewrap, "follow_process", follow_late)
    small = limited(sandbox, folders, Limits(disk=20 << 20))
    filling = "head -c 30M /dev/zero > /workspace/large; touch /workspace/full; sleep 5"
    assert small(filling).stopped == "disk"


def test_a_full_disk_takes_no_more(sandbox: Sandbox, folders: TrialFolders) -> None:
    small = limited(sandbox, folders, Limits(disk=20 << 20))
    assert small(FILLING).stopped == "disk"
    assert small("sleep 0.3; head -c 2M /dev/zero > /workspace/more; sleep 9").stopped == "disk"


def test_after_too_many_files_the_agent_can_clean_up(
    sandbox: Sandbox, folders: TrialFolders
) -> None:
    small = limited(sandbox, folders, Limits(entries=100))
    assert small("touch /workspace/{1..1000}; sleep 9").stopped == "too-many-files"
    assert small("sleep 0.5; rm /workspace/*; echo clean").output == "clean\n"
    assert small("touch /workspace/{1..1000}; sleep 9").stopped == "too-many-files"


def test_what_the_command_before_wrote_may_reach_the_disk_late(folders: TrialFolders) -> None:
    """A file has more blocks once it is written out than just after its command."""
    small = Limits(disk=1 << 20)
    (folders.workspace / "large").write_bytes(bytes(2 << 20))
    watchdog = Watchdog(folders, small)
    (folders.workspace / "late").write_bytes(bytes(8192))
    assert watchdog._look(os.getpid()) is None
    (folders.workspace / "more").write_bytes(bytes(2 << 20))
    assert watchdog._look(os.getpid()) == "disk"
