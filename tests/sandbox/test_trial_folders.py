from __future__ import annotations

import os
import stat
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
from promptverdict.core.errors import SandboxError
from promptverdict.sandbox import (
    Sandbox,
    TrialFolders,
    make_trial_folders,
    open_sandbox,
    remove_trial_folders,
)

from .shells import NEEDS_BUBBLEWRAP, Shell, python, shell

pytestmark = [*NEEDS_BUBBLEWRAP, pytest.mark.e2e]


def test_a_place_is_closed_and_outside_of_any_repository(folders: TrialFolders) -> None:
    assert stat.S_IMODE(folders.root.stat().st_mode) == (0o710 if os.geteuid() == 0 else 0o700)
    assert not any((folder / ".git").exists() for folder in folders.root.parents)
    assert list(folders.workspace.iterdir()) == []


def test_no_place_is_made_inside_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    with pytest.raises(SandboxError, match="inside the repository"):
        make_trial_folders()


@pytest.mark.skipif(os.name == "posix" and os.geteuid() != 0, reason="needs root")
def test_no_place_is_made_where_another_user_cannot_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(SandboxError, match="closed to others"):
        make_trial_folders()


def test_tmp_and_home_last_for_a_trial_and_no_longer(sandbox: Sandbox, sh: Shell) -> None:
    sh("echo 1 > /tmp/a; echo 2 > ~/b; echo 3 > c")
    assert sh("cat /tmp/a ~/b /workspace/c").output == "1\n2\n3\n"
    other = make_trial_folders()
    try:
        assert shell(sandbox, other)("cat /tmp/a ~/b c 2> /dev/null").output == ""
    finally:
        remove_trial_folders(other)


def test_an_agent_cannot_lock_itself_out(sh: Shell) -> None:
    sh("chmod 000 /workspace /tmp ~ /run/reports")
    assert sh("echo x > /workspace/a && cat /workspace/a").output == "x\n"


def test_a_place_is_removed_whatever_is_in_it(sandbox: Sandbox) -> None:
    folders = make_trial_folders()
    script = python(
        "import os\n"
        "for _ in range(3000): os.mkdir('d'); os.chdir('d')\n"
        "os.chdir('/workspace')\n"
        "os.mkdir('closed'); open('closed/f', 'w').close(); os.chmod('closed', 0)\n"
        "os.mkfifo('pipe'); os.symlink('/usr', 'link'); open(b'\\xff', 'w').close()"
    )
    assert shell(sandbox, folders)(script).exit_code == 0
    remove_trial_folders(folders)
    assert not folders.root.exists()
    assert Path("/usr/bin").is_dir()


MAKE = """
import sys, time
from promptverdict.sandbox import make_trial_folders
folders = make_trial_folders()
(folders.workspace / "large").write_text("x")
print(folders.root, flush=True)
time.sleep(60)
"""


def test_what_a_killed_process_left_is_removed_at_the_next_start_and_nothing_else(
    folders: TrialFolders,
) -> None:
    argv = [sys.executable, "-c", MAKE]
    with subprocess.Popen(argv, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        left = Path(process.stdout.readline().strip())
        open_sandbox("none")
        assert (left / "workspace/large").exists()
        process.kill()
    open_sandbox("none")
    assert not left.exists()
    assert folders.workspace.exists()


@pytest.mark.skipif(os.geteuid() != 0, reason="only root runs commands as another user")
def test_what_root_writes_for_a_trial_lies_where_its_commands_can_put_nothing(
    folders: TrialFolders,
) -> None:
    status = folders.root.stat()
    assert (status.st_uid, stat.S_IMODE(status.st_mode)) == (0, 0o710)
    sh = shell(open_sandbox("none"), folders)
    assert "Permission denied" in sh("ln -s /etc ../bin").output
    assert sh("echo a > /workspace/a && cat /workspace/a").output == "a\n"
