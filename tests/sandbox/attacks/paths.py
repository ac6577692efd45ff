"""Paths with which an agent asks the host to read or write outside of its workspace."""

from __future__ import annotations

import os
import socket
from pathlib import Path

SECRET = b"secret"

READS = (
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
)
"""A path, and a part of the reason for which reading it is refused."""

WRITES = (
    *("../secret", "/etc/x", "/workspaces/a", "link", "out", "far", "up/x", "up/new/x"),
    *("chain", "dangling", "dangling/x", "src", "", "/workspace", "src/a.py/b", "pipe"),
    *("socket", "no\0pe", "no\ud800pe", "n" * 300, "around/x"),
)

LEAKS = ("../secret", "src/../../secret", "out", "far", "up/secret", "chain")
"""Paths that lead a plain open() to the secret."""

SPOILS = ("../secret", "out", "far", "chain")
"""Paths that lead a plain write to the secret."""


def write_hostile_workspace(folder: Path) -> Path:
    """Write a workspace with a good file and many bad ones, below a folder with a secret."""
    secret, root = folder / "secret", folder / "w"
    secret.write_bytes(SECRET)
    (root / "src").mkdir(parents=True)
    (root / "src" / "a.py").write_bytes(b"x = 1\n")
    (root / "link").symlink_to("src/a.py")
    (root / "out").symlink_to("../secret")
    (root / "far").symlink_to(secret)
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
    return root
