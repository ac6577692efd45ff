"""A path is shown as seen from the working folder, whatever links lead to it."""

from __future__ import annotations

import os
from pathlib import Path

import pytest
from promptverdict.core.paths import display_path


def test_a_path_is_shown_from_the_working_folder_if_it_lies_below(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    root = Path(os.path.realpath(tmp_path))
    (root / "a/b").mkdir(parents=True)
    (root / "ab").mkdir()
    (root / "link").symlink_to(root / "a")
    (root / "a/out").symlink_to(root / "ab")
    (root / "ab/in").symlink_to(root / "a/b")
    for here, path, expected in (
        (root, root / "a/b/x.yaml", "a/b/x.yaml"),
        (root, Path("a/b"), "a/b"),
        (root, root, "."),
        (root, Path(), "."),
        (root, root / "link/x", "a/x"),
        (root, root / "link", "link"),
        (root / "a", Path("../a/b"), "b"),
        (root / "a", root / "ab/x", str(root / "ab/x")),
        (root / "a", root / "a/out", "out"),
        # What a link leads to lies below, where the link itself does not.
        (root / "a", root / "ab/in", "b"),
        (root / "link", root / "link/b/x", "b/x"),
        (Path("/"), Path("/etc/x"), "etc/x"),
    ):
        monkeypatch.chdir(here)
        assert display_path(path) == expected, (here, path)
