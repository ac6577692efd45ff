from __future__ import annotations

from pathlib import Path

import pytest
from promptverdict.sandbox.workspace import Refused, Workspace

from .systems import NEEDS_POSIX

pytestmark = NEEDS_POSIX


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
