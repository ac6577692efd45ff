from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest
from promptverdict.sandbox.workspace import Workspace
from promptverdict.sandbox.workspace.beneath import open_by_kernel, open_by_steps
from promptverdict.trials.tree import Node


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


@pytest.fixture
def tree() -> dict[str, Node]:
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
