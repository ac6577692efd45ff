"""Attacks on the host's own access to a workspace: paths, a race of links, places of mounts."""

from __future__ import annotations

import contextlib
import os
import re
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

from promptverdict.core.errors import SandboxError
from promptverdict.sandbox import Mount, make_trial_folders
from promptverdict.sandbox.bubblewrap import Bubblewrap
from promptverdict.sandbox.workspace import Refused, Workspace
from promptverdict.sandbox.workspace.beneath import open_by_kernel, open_by_steps

from tests.sandbox.attacks import naive, paths
from tests.sandbox.attacks.table import Tried

OPENERS = {"openat2": open_by_kernel, "step by step": open_by_steps}
_RACE_SECONDS = 0.3
_FLIP = """\
import os, sys
os.chdir(sys.argv[1])
while True:
    os.rename("f/b", "f/a")
    os.symlink("../../secret", "f/b")
    os.rename("f/b", "f/a")
    with open("f/b", "wb") as file:
        file.write(b"inside")
"""


def try_paths() -> Iterator[Tried]:
    """Try to read and to write outside of a workspace; a plain open() lets some through."""
    with tempfile.TemporaryDirectory() as folder:
        root = paths.write_hostile_workspace(Path(folder))
        for opener in OPENERS:
            for path, _ in paths.READS:
                held = _is_refused(_open(root, opener).read, path)
                yield Tried(f"read {path[:40]!r}, {opener}", held)
            for path in paths.WRITES:
                held = _is_refused(_open(root, opener).write, path, b"x")
                yield Tried(f"write {path[:40]!r}, {opener}", held and _is_whole(root))
        for path in paths.LEAKS:
            leaks = (root / path).read_bytes() == paths.SECRET
            yield Tried(f"read {path!r}", not leaks, "a plain open()")
        for path in paths.SPOILS:
            (root / path).write_bytes(b"spoiled")
            yield Tried(f"write {path!r}", _is_whole(root), "a plain open()")
            (root.parent / "secret").write_bytes(paths.SECRET)


def try_race() -> Iterator[Tried]:
    """Try to swap a file for a link between a look at its path and its opening."""
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder, "w")
        (root / "f").mkdir(parents=True)
        (root.parent / "secret").write_bytes(paths.SECRET)
        for name in ("a", "b"):
            (root / "f" / name).write_bytes(b"inside")
        with subprocess.Popen([sys.executable, "-I", "-S", "-c", _FLIP, str(root)]) as flipper:
            try:
                for opener in OPENERS:
                    leaks, count = _race(_open(root, opener).read)
                    note = f"{leaks} of {count} reads"
                    yield Tried(f"a race of links, {opener}", not leaks, note=note)
                leaks, count = _race(lambda path: _read_after_look(root, path), until_leak=True)
                note = f"{leaks} of {count} reads"
                yield Tried("a race of links", not leaks, "realpath, then open()", note)
            finally:
                flipper.kill()


def _race(read: Callable[[str], bytes], *, until_leak: bool = False) -> tuple[int, int]:
    leaks = count = 0
    deadline = time.monotonic() + (20 if until_leak else _RACE_SECONDS)
    while time.monotonic() < deadline and not (until_leak and leaks):
        count += 1
        with contextlib.suppress(OSError, Refused):
            leaks += read("f/a") == paths.SECRET
    return leaks, count


def _read_after_look(root: Path, path: str) -> bytes:
    real = os.path.realpath(root / path)
    if not real.startswith(f"{os.path.realpath(root)}/"):
        raise Refused(path)
    return (root / path).read_bytes()


PLACES = (
    *("/workspace/link/planted", "/workspace/p", "/tmp/p", "/home/agent/p", "/run/reports/p"),
    *("/run/harness/p", "/usr/p", "p", "/a/../b"),
)
"""Where nothing may be mounted: an agent can write there, or it is no place of a mount."""


def try_places(sandbox: Bubblewrap) -> Iterator[Tried]:
    """Try to get a mount point made outside, and workspaces laid where the host's tools look."""
    with naive.open_folders() as folders, tempfile.TemporaryDirectory() as outside:
        Path(outside).chmod(0o777)
        target = Path(outside, "planted")
        # bubblewrap follows an agent's link when it makes a mount point: CVE-2026-87766.
        (folders.workspace / "link").symlink_to(f"/oldroot{outside}")
        for place in PLACES:
            try:
                sandbox.run(["true"], folders, timeout=10, mounts=[Mount(Path("/usr"), place)])
                held = False
            except ValueError:
                held = not target.exists()
            yield Tried(f"a mount point at {place}", held)
        if _follows_links(sandbox):
            workspace = Path(outside, "w")
            workspace.mkdir()
            (workspace / "link").symlink_to(f"/oldroot{outside}")
            binds = ["--bind", str(workspace), "/w", "--ro-bind", "/usr", "/w/link/planted"]
            argv = [sandbox._program, "--unshare-user", *binds, "true"]
            subprocess.run(argv, capture_output=True, check=False)
            yield Tried("a mount point", not target.exists(), "a mount below the workspace")
    yield Tried("a workspace inside a repository", _refuses_repository())


def _follows_links(sandbox: Bubblewrap) -> bool:
    """Whether this bubblewrap is one of those that the control needs: mended in 0.12."""
    argv = [sandbox._program, "--version"]
    words = subprocess.run(argv, capture_output=True, text=True, check=True).stdout
    found = re.search(r"(\d+)\.(\d+)\.\d+$", words.strip())
    return bool(found) and (int(found[1]), int(found[2])) < (0, 9)


def _refuses_repository() -> bool:
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, ".git").mkdir()
        before, tempfile.tempdir = tempfile.tempdir, folder
        try:
            make_trial_folders()
        except SandboxError:
            return True
        finally:
            tempfile.tempdir = before
    return False


def _open(root: Path, opener: str) -> Workspace:
    workspace = Workspace(root)
    workspace._open_beneath = OPENERS[opener]
    return workspace


def _is_refused(ask: Callable[..., object], *arguments: object) -> bool:
    try:
        ask(*arguments)
    except Refused:
        return True
    return False


def _is_whole(root: Path) -> bool:
    """Whether what lies beside the workspace is as it was."""
    names = sorted(path.name for path in root.parent.iterdir())
    return names == ["secret", "w"] and (root.parent / "secret").read_bytes() == paths.SECRET
