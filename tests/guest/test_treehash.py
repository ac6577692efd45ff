"""A tree has one digest inside the sandbox and outside; only what an agent wrote counts."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest
from promptverdict.guest.treehash import counts, digest_of, entries_below
from promptverdict.sandbox.workspace import Workspace
from promptverdict.trials.tree import digest

from tests.cases import try_cases
from tests.fakes import write

pytestmark = pytest.mark.skipif(os.name != "posix", reason="runs inside the sandbox only")

FILES = {
    "README.md": "# Hello\n",
    "app/cart.py": "x = 1\n",
    "app/grün.txt": "ü",
    "run.sh": "#!/bin/sh\n",
}
LEFT_OUT = {
    ".git/HEAD": "ref: refs/heads/main\n",
    "app/__pycache__/cart.pyc": "x",
    ".pytest_cache/README.md": "x",
    "vendor/lib/.git": "gitdir: ../x\n",
}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    made = write(tmp_path / "w", FILES)
    (made / "run.sh").chmod(0o755)
    (made / "link").symlink_to("app/cart.py")
    (made / "folder").symlink_to("app")
    (made / "nowhere").symlink_to("/none")
    return made


def digest_on_disk(root: Path) -> str:
    return digest_of(entries_below(str(root)))


def test_the_digest_of_a_known_tree_never_changes(root: Path) -> None:
    """Test reports in recordings carry it."""
    assert digest_on_disk(root) == "ba17c5dee785f062"
    assert digest_of(()) == "e3b0c44298fc1c14"


def test_both_sides_of_the_sandbox_agree(root: Path) -> None:
    write(root, LEFT_OUT)
    (root / "empty/inner").mkdir(parents=True)
    (root / "image").write_bytes(b"\x89PNG\r\n\0")
    os.mkfifo(root / "pipe")
    assert digest_on_disk(root) == digest(Workspace(root).snapshot().tree)


def test_a_link_is_its_target_and_never_what_lies_there(root: Path) -> None:
    found = {path: (kind, content) for path, kind, content in entries_below(str(root))}
    assert found == {
        "README.md": ("file", b"# Hello\n"),
        "app/cart.py": ("file", b"x = 1\n"),
        "app/grün.txt": ("file", "ü".encode()),
        "run.sh": ("exec", b"#!/bin/sh\n"),
        "link": ("link", b"app/cart.py"),
        "folder": ("link", b"app"),
        "nowhere": ("link", b"/none"),
    }


@pytest.mark.parametrize(
    "leave",
    [
        lambda root: write(root, LEFT_OUT),
        lambda root: (root / "empty/inner").mkdir(parents=True),
        lambda root: os.mkfifo(root / "pipe"),
        lambda root: (root / "README.md").chmod(0o600),
        lambda root: os.utime(root / "README.md", (0, 0)),
        lambda root: (root / "__pycache__").symlink_to("app"),
    ],
    ids=["caches", "empty folder", "pipe", "mode", "time", "linked cache"],
)
def test_what_an_agent_did_not_write_does_not_count(
    root: Path, leave: Callable[[Path], object]
) -> None:
    before = digest_on_disk(root)
    leave(root)
    assert digest_on_disk(root) == before


@pytest.mark.parametrize(
    "change",
    [
        lambda root: (root / "README.md").write_text("# Hello"),
        lambda root: (root / "README.md").unlink(),
        lambda root: (root / "README.md").rename(root / "readme.md"),
        lambda root: (root / "README.md").chmod(0o755),
        lambda root: (root / "new").touch(),
        lambda root: (root / ".env").touch(),
        lambda root: (root / "app/cart.db").touch(),
        lambda root: ((root / "link").unlink(), (root / "link").symlink_to("README.md")),
        lambda root: ((root / "link").unlink(), (root / "link").write_text("app/cart.py")),
    ],
    ids=["edit", "delete", "rename", "exec", "new", "hidden", "database", "aim", "replace"],
)
def test_what_an_agent_wrote_counts(root: Path, change: Callable[[Path], object]) -> None:
    before = digest_on_disk(root)
    change(root)
    assert digest_on_disk(root) != before


def test_the_order_of_entries_does_not_count_but_where_each_part_ends_does() -> None:
    entries = [("b", "file", b"1"), ("a", "file", b"2")]
    assert digest_of(entries) == digest_of(reversed(entries))
    assert digest_of(entries) != digest_of([("b", "file", b"2"), ("a", "file", b"1")])
    assert digest_of([("ab", "file", b"")]) != digest_of([("a", "bfile", b"")])


def test_a_name_that_is_not_text_has_a_digest(root: Path) -> None:
    before = digest_on_disk(root)
    (root / "\udcff").touch()
    assert digest_on_disk(root) != before


@try_cases(
    ("path", "told"),
    [
        ("app/cart.py", True),
        (".gitignore", True),
        ("git/x", True),
        (".git", False),
        (".git/HEAD", False),
        ("vendor/.git/HEAD", False),
        ("app/__pycache__", False),
        (".pytest_cache/v/x", False),
    ],
)
def test_version_control_and_caches_do_not_count(path: str, told: bool) -> None:
    assert counts(path) is told
