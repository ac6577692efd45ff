from __future__ import annotations

import os
import stat
import tempfile
from pathlib import Path

import pytest
from promptverdict.core.errors import SandboxError
from promptverdict.sandbox import Place, Sandbox, make_place, remove_place

from .shells import NEEDS_BUBBLEWRAP, Shell, python, shell

pytestmark = NEEDS_BUBBLEWRAP


def test_a_place_is_closed_and_outside_of_any_repository(place: Place) -> None:
    assert stat.S_IMODE(place.root.stat().st_mode) == 0o700
    assert not any((folder / ".git").exists() for folder in place.root.parents)
    assert list(place.workspace.iterdir()) == []


def test_no_place_is_made_inside_a_repository(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / ".git").mkdir()
    (tmp_path / "tmp").mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "tmp"))
    with pytest.raises(SandboxError, match="inside the repository"):
        make_place()


@pytest.mark.skipif(os.name == "posix" and os.geteuid() != 0, reason="needs root")
def test_no_place_is_made_where_another_user_cannot_come(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tmp_path.chmod(0o700)
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with pytest.raises(SandboxError, match="closed to others"):
        make_place()


def test_tmp_and_home_last_for_a_trial_and_no_longer(sandbox: Sandbox, sh: Shell) -> None:
    sh("echo 1 > /tmp/a; echo 2 > ~/b; echo 3 > c")
    assert sh("cat /tmp/a ~/b /workspace/c").output == "1\n2\n3\n"
    other = make_place()
    try:
        assert shell(sandbox, other)("cat /tmp/a ~/b c 2> /dev/null").output == ""
    finally:
        remove_place(other)


def test_an_agent_cannot_lock_itself_out(sh: Shell) -> None:
    sh("chmod 000 /workspace /tmp ~ /run/reports")
    assert sh("echo x > /workspace/a && cat /workspace/a").output == "x\n"


def test_a_place_is_removed_whatever_is_in_it(sandbox: Sandbox) -> None:
    place = make_place()
    script = python(
        "import os\n"
        "for _ in range(3000): os.mkdir('d'); os.chdir('d')\n"
        "os.chdir('/workspace')\n"
        "os.mkdir('closed'); open('closed/f', 'w').close(); os.chmod('closed', 0)\n"
        "os.mkfifo('pipe'); os.symlink('/usr', 'link'); open(b'\\xff', 'w').close()"
    )
    assert shell(sandbox, place)(script).exit_code == 0
    remove_place(place)
    assert not place.root.exists()
    assert Path("/usr/bin").is_dir()
