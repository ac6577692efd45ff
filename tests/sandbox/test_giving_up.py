"""A trial that is given up: what runs in it is killed before `run` comes back."""

from __future__ import annotations

import os
import threading

import pytest
from promptverdict.sandbox import Sandbox, TrialFolders
from promptverdict.sandbox.interface import GivenUp

from .shells import NEEDS_BUBBLEWRAP, is_running, shell, wait_until

pytestmark = [*NEEDS_BUBBLEWRAP, pytest.mark.e2e]


def test_giving_up_kills_a_command_and_its_children(
    any_sandbox: Sandbox, folders: TrialFolders
) -> None:
    marker = f"63.{os.getpid()}"
    seen: list[bool] = []

    def give_up() -> None:
        wait_until(lambda: is_running(marker))
        seen.append(True)
        folders.given_up.set()

    watcher = threading.Thread(target=give_up)
    watcher.start()
    with pytest.raises(GivenUp):
        shell(any_sandbox, folders)(
            f"trap '' TERM INT; sleep {marker} & sleep {marker}", timeout=60
        )
    watcher.join()
    assert seen == [True]
    # Killed is not yet gone: the kernel ends a process in its own time.
    wait_until(lambda: not is_running(marker))


def test_where_it_was_given_up_before_nothing_is_run_to_its_end(
    any_sandbox: Sandbox, folders: TrialFolders
) -> None:
    folders.given_up.set()
    with pytest.raises(GivenUp):
        shell(any_sandbox, folders)("sleep 5; touch /workspace/done")
    assert not (folders.workspace / "done").exists()


def test_folders_that_a_command_has_closed_are_open_again(
    any_sandbox: Sandbox, folders: TrialFolders
) -> None:
    """The host has to look into them, whoever it runs as."""
    shell(any_sandbox, folders)("chmod 000 /workspace /tmp ~ /run/reports")
    for folder in folders.written.values():
        assert folder.stat().st_mode & 0o700 == 0o700


def test_a_folder_that_an_unprotected_command_has_removed_is_not_missed_at_once(
    unprotected: Sandbox, folders: TrialFolders
) -> None:
    folders.tmp.rmdir()  # as a command of the harness's own user can
    assert shell(unprotected, folders)("echo gone").output == "gone\n"
    folders.tmp.mkdir()
