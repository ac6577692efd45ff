from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest
from promptverdict.core.errors import SandboxError
from promptverdict.sandbox.workspace import Refused, Workspace
from promptverdict.sandbox.workspace.refusal import FILE_LIMIT
from promptverdict.trials.tree import Node

from .systems import NEEDS_POSIX, NEEDS_ROOT

pytestmark = NEEDS_POSIX


def test_only_a_folder_reached_through_no_link_can_be_entered(workspace: Workspace) -> None:
    assert workspace.can_be_entered("/workspace")
    assert workspace.can_be_entered("src")
    for path in ("up", "up/w", "src/a.py", "pipe", "nothing", "/etc", ".."):
        assert not workspace.can_be_entered(path)


@pytest.mark.parametrize("closed", ["src", "src/inner"])
def test_a_closed_folder_cannot_be_entered_and_neither_can_what_lies_below(
    workspace: Workspace, outside: Path, closed: str
) -> None:
    root = outside.parent / "w"
    (root / "src/inner").mkdir()
    assert workspace.can_be_entered("src/inner")
    (root / closed).chmod(0)
    try:
        assert not workspace.can_be_entered("src/inner")
    finally:
        (root / closed).chmod(0o755)


def test_writing_breaks_a_hard_link(workspace: Workspace, outside: Path) -> None:
    workspace.write("one", b"new")
    root = outside.parent / "w"
    assert (root / "one").read_bytes() == b"new"
    assert (root / "two").read_bytes() == b"1"


def test_writing_makes_folders_and_keeps_the_mode_of_a_file(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    before = os.umask(0o077)
    try:
        workspace.write("/workspace/a/b/run.sh", b"1")
    finally:
        os.umask(before)
    file = tmp_path / "a" / "b" / "run.sh"
    assert stat.S_IMODE(file.stat().st_mode) == 0o644
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o755
    file.chmod(0o755)
    workspace.write("a/b/run.sh", b"2")
    assert stat.S_IMODE(file.stat().st_mode) == 0o755
    assert workspace.read("a/b/run.sh") == b"2"


def test_a_file_closed_to_its_owner_is_closed_to_us(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.write("a", b"1")
    (tmp_path / "a").chmod(0o000)
    with pytest.raises(Refused, match="permission denied"):
        workspace.read("a")
    with pytest.raises(Refused, match="permission denied"):
        workspace.write("a", b"2")


def test_too_much_content_is_refused(empty: Workspace) -> None:
    with pytest.raises(Refused, match="is the limit"):
        empty.write("a", b"x" * (FILE_LIMIT + 1))


@NEEDS_ROOT
def test_what_is_written_belongs_to_the_owner(tmp_path: Path) -> None:
    tree = {"d": Node("folder", b"", 0o755), "d/l": Node("link", b"x"), "e": Node("file", b"")}
    workspace = Workspace(tmp_path, owner=64123)
    workspace.write("a/b", b"1")
    workspace.lay_out(tree)
    owners = {path.lstat().st_uid for path in [tmp_path, *tmp_path.rglob("*")]}
    assert owners == {64123}


@pytest.mark.usefixtures("opened_again")
def test_laying_out_again_replaces_files_and_links(empty: Workspace, tree: dict[str, Node]) -> None:
    empty.lay_out(tree)
    changed = tree | {"link": Node("link", b"a-b", 0o777), "a-b": Node("file", b"2", 0o644)}
    empty.lay_out(changed)
    assert empty.snapshot().tree == dict(sorted(changed.items()))


@pytest.mark.parametrize("path", ["../x", "/etc/x", "a/../../x"])
def test_a_tree_cannot_be_laid_out_outside(empty: Workspace, path: str) -> None:
    with pytest.raises(Refused, match="outside"):
        empty.lay_out({path: Node("file", b"")})


def test_a_tree_is_not_laid_out_through_a_link_of_its_own(empty: Workspace, outside: Path) -> None:
    tree = {"a": Node("link", b".."), "a/secret": Node("file", b"written")}
    with pytest.raises(Refused, match="symbolic link"):
        empty.lay_out(tree)
    assert outside.read_bytes() == b"secret"


@pytest.mark.parametrize("method", ["snapshot", "read", "write"])
def test_a_folder_that_is_gone_is_broken_machinery(tmp_path: Path, method: str) -> None:
    arguments = {"snapshot": (), "read": ("a",), "write": ("a", b"")}[method]
    with pytest.raises(SandboxError, match="folder is gone"):
        getattr(Workspace(tmp_path / "gone"), method)(*arguments)
