from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from promptverdict.sandbox.workspace import Workspace
from promptverdict.sandbox.workspace.beneath import open_by_kernel, open_by_steps
from promptverdict.trials.tree import Node

from tests.sandbox.attacks.paths import SECRET, write_hostile_workspace


@pytest.fixture
def outside(tmp_path: Path) -> Path:
    """A file that no path of an agent may reach."""
    secret = tmp_path / "secret"
    secret.write_bytes(SECRET)
    return secret


@pytest.fixture(params=[open_by_kernel, open_by_steps])
def workspace(request: pytest.FixtureRequest, tmp_path: Path, outside: Path) -> Workspace:
    """A workspace with a good file and many bad ones, opened in both ways there are."""
    root = write_hostile_workspace(tmp_path)
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
