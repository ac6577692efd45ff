from __future__ import annotations

import os
from pathlib import Path

import pytest
from promptverdict.guest.treehash import digest_of, entries_below
from promptverdict.sandbox import make_trial_folders, remove_trial_folders
from promptverdict.sandbox.workspace import Workspace, snapshot
from promptverdict.sandbox.workspace.beneath import Opener, open_by_kernel, open_by_steps
from promptverdict.trials.tree import Node, digest

from tests.cases import try_cases

from .systems import NEEDS_POSIX

pytestmark = NEEDS_POSIX


@pytest.mark.usefixtures("opened_again")
def test_a_snapshot_of_what_was_laid_out_is_the_same_tree(
    empty: Workspace, tree: dict[str, Node]
) -> None:
    empty.lay_out(tree)
    taken = empty.snapshot()
    assert taken.tree == dict(sorted(tree.items()))
    assert taken.notes == ()


def test_a_snapshot_takes_hostile_entries_as_what_they_are(workspace: Workspace) -> None:
    taken = workspace.snapshot()
    assert taken.tree["out"] == Node("link", b"../secret", 0o777)
    assert taken.tree["two"].content == b"1"
    assert {path for path, node in taken.tree.items() if node.kind == "special"} == {
        "pipe",
        "socket",
        "sparse",
    }
    assert len(taken.notes) == 3
    assert not any("secret" in path for path in taken.tree)


def test_a_name_that_is_not_text_is_kept_escaped(tmp_path: Path) -> None:
    (tmp_path / os.fsdecode(b"caf\xe9")).write_bytes(b"1")
    taken = Workspace(tmp_path).snapshot()
    assert taken.tree == {"caf\\xe9": Node("file", b"1", 0o644)}
    assert len(taken.notes) == 1


def test_a_name_that_is_escaped_and_one_that_looks_like_it_are_both_kept(tmp_path: Path) -> None:
    for folder in (tmp_path, tmp_path / os.fsdecode(b"\xff"), tmp_path / "\\xff"):
        folder.mkdir(exist_ok=True)
        (folder / os.fsdecode(b"a\xe9")).write_bytes(b"1")
        (folder / "a\\xe9").write_bytes(b"2")
    tree = Workspace(tmp_path).snapshot().tree
    files = {path: node.content for path, node in tree.items() if node.kind == "file"}
    assert files == {
        f"{folder}{name}": content
        for folder in ("", "\\xff/", "\\\\xff/")
        for name, content in (("a\\xe9", b"2"), ("\\a\\xe9", b"1"))
    }
    inside = [(path, content) for path, kind, content in entries_below(str(tmp_path))]
    assert dict(inside) == files
    assert len(inside) == len(files)


@pytest.mark.usefixtures("opened_again")
def test_what_its_owner_cannot_read_is_noted_on_every_host(tmp_path: Path) -> None:
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "x").touch()
    (tmp_path / "f").write_bytes(b"1")
    (tmp_path / "f").chmod(0)
    (tmp_path / "d").chmod(0o300)
    taken = Workspace(tmp_path).snapshot()
    assert taken.tree == {"d": Node("folder", b"", 0o300), "f": Node("special", b"", 0)}
    assert len(taken.notes) == 2


@try_cases("way", [open_by_kernel, open_by_steps])
def test_a_snapshot_of_thousands_of_levels_ends(way: Opener) -> None:
    folders = make_trial_folders()
    try:
        _dig(folders.workspace, 3000)
        workspace = Workspace(folders.workspace)
        workspace._open_beneath = way
        taken = workspace.snapshot()
    finally:
        remove_trial_folders(folders)  # pytest itself could not remove this
    assert 50 < len(taken.tree) < 100
    assert "too deep" in taken.notes[0]


def _dig(root: Path, levels: int) -> None:
    folder = os.open(root, os.O_RDONLY)
    for _ in range(levels):
        os.mkdir("d", dir_fd=folder)
        inner = os.open("d", os.O_RDONLY, dir_fd=folder)
        os.close(folder)
        folder = inner
    os.close(folder)


def test_a_snapshot_of_too_many_entries_ends(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "_SNAPSHOT_ENTRIES", 20)
    for number in range(30):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "x").touch()
    taken = Workspace(tmp_path).snapshot()
    assert len(taken.tree) == 21
    assert "more than 20 entries" in taken.notes[-1]


def test_a_snapshot_of_too_many_bytes_leaves_content_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(snapshot, "_SNAPSHOT_BYTES", 100)
    (tmp_path / "a").write_bytes(b"x" * 60)
    (tmp_path / "b").write_bytes(b"x" * 60)
    taken = Workspace(tmp_path).snapshot()
    assert [node.kind for node in taken.tree.values()] == ["file", "special"]
    assert "has 60 bytes" in taken.notes[0]


@pytest.mark.usefixtures("opened_again")
def test_the_digest_on_disk_is_the_digest_of_the_snapshot(
    tmp_path: Path, tree: dict[str, Node]
) -> None:
    workspace = Workspace(tmp_path)
    workspace.lay_out(tree)
    assert digest_of(entries_below(str(tmp_path))) == digest(workspace.snapshot().tree)
