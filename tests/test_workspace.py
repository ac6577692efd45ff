from __future__ import annotations

import os
import socket
import stat
from collections.abc import Iterator
from pathlib import Path

import pytest

from harness import workspace as module
from harness.guest.treehash import digest_of, entries_below
from harness.sandbox import make_place, remove_place
from harness.tree import Node, digest
from harness.workspace import FILE_LIMIT, Refused, Workspace, open_by_kernel, open_by_steps

pytestmark = pytest.mark.skipif(os.name != "posix", reason="workspaces live on POSIX systems")

ROOT_ONLY = pytest.mark.skipif(os.name != "posix" or os.geteuid() != 0, reason="needs root")


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file that no path of an agent may reach."""
    secret = tmp_path / "secret"
    secret.write_bytes(b"secret")
    return secret


@pytest.fixture(params=[open_by_kernel, open_by_steps])
def workspace(request: pytest.FixtureRequest, tmp_path: Path, outside: Path) -> Workspace:
    """A workspace with a good file and many bad ones, opened in both ways there are."""
    root = tmp_path / "w"
    (root / "src").mkdir(parents=True)
    (root / "src" / "a.py").write_bytes(b"x = 1\n")
    (root / "link").symlink_to("src/a.py")
    (root / "out").symlink_to("../secret")
    (root / "far").symlink_to(outside)
    (root / "up").symlink_to("..")
    (root / "chain").symlink_to("up/secret")
    (root / "around").symlink_to("around")
    (root / "dangling").symlink_to("../new")
    os.mkfifo(root / "pipe")
    (root / "one").write_bytes(b"1")
    os.link(root / "one", root / "two")
    with (root / "sparse").open("wb") as file:
        file.truncate(1 << 40)
    with socket.socket(socket.AF_UNIX) as server:
        server.bind(str(root / "socket"))
    made = Workspace(root)
    made._open_beneath = request.param
    return made


@pytest.fixture
def empty(tmp_path: Path) -> Workspace:
    root = tmp_path / "w"
    root.mkdir()
    return Workspace(root)


@pytest.mark.parametrize("path", ["/workspace/src/a.py", "src/a.py", "./src/../src/a.py"])
def test_a_path_is_absolute_below_the_workspace_or_relative(
    workspace: Workspace, path: str
) -> None:
    assert workspace.read(path) == b"x = 1\n"


HOSTILE = [
    ("../secret", "outside"),
    ("src/../../secret", "outside"),
    ("/workspace/../etc/passwd", "outside"),
    ("/etc/passwd", "outside"),
    ("/workspaces/a", "outside"),
    ("/proc/self/environ", "outside"),
    ("/dev/zero", "outside"),
    ("~/x", "does not exist"),
    ("link", "symbolic link"),
    ("out", "symbolic link"),
    ("far", "symbolic link"),
    ("up/secret", "symbolic link"),
    ("chain", "symbolic link"),
    ("around", "symbolic link"),
    ("up/w/src/a.py", "symbolic link"),
    ("src", "it is a folder"),
    ("", "it is a folder"),
    ("/workspace", "it is a folder"),
    ("src/a.py/b", "not a folder"),
    ("pipe", "not a regular file"),
    ("socket", "a pipe or a socket"),
    ("one", "2 hard links"),
    ("sparse", "is the limit"),
    ("no\0pe", "NUL"),
    ("no\ud800pe", "not valid text"),
    ("n" * 300, "too long"),
    ("n/" * 2500, "longer than 4096"),
    ("nothing", "does not exist"),
    ("line\nbreak\x1b[31m", "does not exist"),
]


@pytest.mark.parametrize(("path", "reason"), HOSTILE)
def test_reading_a_hostile_path_is_refused_with_a_reason(
    workspace: Workspace, path: str, reason: str
) -> None:
    with pytest.raises(Refused, match=reason) as refused:
        workspace.read(path)
    assert "\x1b" not in str(refused.value)
    assert len(str(refused.value)) < 400


@pytest.mark.parametrize(
    "path",
    [
        *("../secret", "/etc/x", "/workspaces/a", "link", "out", "far", "up/x", "up/new/x"),
        *("chain", "dangling", "dangling/x", "src", "", "/workspace", "src/a.py/b", "pipe"),
        *("socket", "no\0pe", "no\ud800pe", "n" * 300, "around/x"),
    ],
)
def test_writing_to_a_hostile_path_is_refused_and_changes_nothing(
    workspace: Workspace, path: str, outside: Path
) -> None:
    before = sorted(outside.parent.rglob("*"))
    with pytest.raises(Refused):
        workspace.write(path, b"written")
    assert outside.read_bytes() == b"secret"
    assert sorted(outside.parent.rglob("*")) == before


def test_only_a_folder_reached_through_no_link_is_a_folder(workspace: Workspace) -> None:
    assert workspace.is_folder("/workspace")
    assert workspace.is_folder("src")
    for path in ("up", "up/w", "src/a.py", "pipe", "nothing", "/etc", ".."):
        assert not workspace.is_folder(path)


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


@ROOT_ONLY
def test_what_is_written_belongs_to_the_owner(tmp_path: Path) -> None:
    tree = {"d": Node("folder", b"", 0o755), "d/l": Node("link", b"x"), "e": Node("file", b"")}
    workspace = Workspace(tmp_path, owner=64123)
    workspace.write("a/b", b"1")
    workspace.lay_out(tree)
    owners = {path.lstat().st_uid for path in [tmp_path, *tmp_path.rglob("*")]}
    assert owners == {64123}


def _tree() -> dict[str, Node]:
    return {
        ".git": Node("folder", b"", 0o755),
        ".git/HEAD": Node("file", b"ref: refs/heads/main\n", 0o644),
        "a": Node("folder", b"", 0o755),
        "a/b.py": Node("file", b"print()\n", 0o644),
        "a-b": Node("file", b"\0\xff", 0o600),
        "closed": Node("folder", b"", 0o555),
        "closed/run": Node("file", b"#!/bin/sh\n", 0o755),
        "empty": Node("folder", b"", 0o700),
        "link": Node("link", b"a/b.py", 0o777),
        "nowhere": Node("link", b"/etc/passwd", 0o777),
        "new\nline \x1b ü": Node("file", b"", 0o644),
    }


@pytest.fixture
def opened_again(tmp_path: Path) -> Iterator[None]:
    yield
    for folder in tmp_path.rglob("*"):
        if folder.is_dir():
            folder.chmod(0o755)


@pytest.mark.usefixtures("opened_again")
def test_a_snapshot_of_what_was_laid_out_is_the_same_tree(empty: Workspace) -> None:
    empty.lay_out(_tree())
    taken = empty.snapshot()
    assert taken.tree == dict(sorted(_tree().items()))
    assert taken.notes == ()


@pytest.mark.usefixtures("opened_again")
def test_laying_out_again_replaces_files_and_links(empty: Workspace) -> None:
    empty.lay_out(_tree())
    changed = _tree() | {"link": Node("link", b"a-b", 0o777), "a-b": Node("file", b"2", 0o644)}
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


@pytest.mark.parametrize("way", [open_by_kernel, open_by_steps])
def test_a_snapshot_of_thousands_of_levels_ends(way: module.Opener) -> None:
    place = make_place()
    try:
        _dig(place.workspace, 3000)
        workspace = Workspace(place.workspace)
        workspace._open_beneath = way
        taken = workspace.snapshot()
    finally:
        remove_place(place)  # pytest itself could not remove this
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
    monkeypatch.setattr(module, "_SNAPSHOT_ENTRIES", 20)
    for number in range(30):
        (tmp_path / str(number)).mkdir()
        (tmp_path / str(number) / "x").touch()
    taken = Workspace(tmp_path).snapshot()
    assert len(taken.tree) == 21
    assert "more than 20 entries" in taken.notes[-1]


def test_a_snapshot_of_too_many_bytes_leaves_content_out(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "_SNAPSHOT_BYTES", 100)
    (tmp_path / "a").write_bytes(b"x" * 60)
    (tmp_path / "b").write_bytes(b"x" * 60)
    taken = Workspace(tmp_path).snapshot()
    assert [node.kind for node in taken.tree.values()] == ["file", "special"]
    assert "has 60 bytes" in taken.notes[0]


@pytest.mark.usefixtures("opened_again")
def test_the_digest_on_disk_is_the_digest_of_the_snapshot(tmp_path: Path) -> None:
    workspace = Workspace(tmp_path)
    workspace.lay_out(_tree())
    assert digest_of(entries_below(str(tmp_path))) == digest(workspace.snapshot().tree)


def test_the_kernel_is_asked_first_where_it_can_do_it(tmp_path: Path) -> None:
    descriptor = os.open(tmp_path, os.O_RDONLY)
    try:
        chosen = module.opener(descriptor)
        assert chosen in (open_by_kernel, open_by_steps)
        assert (chosen is open_by_kernel) == (os.uname().sysname == "Linux")
    finally:
        os.close(descriptor)
