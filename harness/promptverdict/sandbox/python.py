"""Finds the Python that agents see at /opt/py: a copy of our own, with a pinned pytest beside it.

Agents never get the harness's own environment: what is installed there differs from machine to
machine, and a recording would depend on it. The copy is made once and kept in the user's cache.
"""

from __future__ import annotations

import os
import platform
from dataclasses import dataclass
from pathlib import Path

from promptverdict.core.errors import SandboxError
from promptverdict.core.locked_folders import (
    make_locked_folder,
    release_folder,
    remove_own_leftovers,
    remove_tree,
)
from promptverdict.sandbox.python_build import build_python, compute_build_key
from promptverdict.sandbox.python_packages import PYTEST_VERSION

BUILD = "build-"
"""What the names of folders begin with in which something is being built."""


@dataclass(frozen=True)
class GuestPython:
    """A finished copy: its folder on the host, its version, and its pytest's version."""

    root: Path
    python: str
    pytest: str


def find_guest_python(cache: Path | None = None) -> GuestPython:
    """Find the copy for this interpreter, building it the first time, which takes a package index.

    Raises SandboxError when it cannot be built.
    """
    cache = cache or find_cache_folder()
    target = cache / compute_build_key()
    # Also where it is built: who built it may have been killed just after it was moved there.
    remove_own_leftovers(cache, BUILD)
    if not (target / "bin" / "python3").exists():
        try:
            cache.mkdir(mode=0o755, parents=True, exist_ok=True)
            _build_into(cache, target)
        except OSError as error:
            raise SandboxError(
                f"The Python for the sandbox could not be written: {error}.\n"
                f"It belongs in {cache} and takes about 150 MB.\n"
                "Make room there, or set XDG_CACHE_HOME to a folder that can be written."
            ) from error
    return GuestPython(target, platform.python_version(), PYTEST_VERSION)


def _build_into(cache: Path, target: Path) -> None:
    """Build beside the target, which is there only when it is whole. Raises OSError."""
    scratch, lock = make_locked_folder(cache, BUILD)
    try:
        scratch.chmod(0o755)
        build_python(scratch / "py", scratch / "pip")
        move_into_place(scratch / "py", target)
    finally:
        remove_tree(scratch)
        release_folder(lock)


def move_into_place(built: Path, target: Path) -> None:
    """Move a finished folder, unless another process was quicker. Raises OSError."""
    try:
        built.rename(target)
    except OSError:
        if not target.is_dir():
            raise


def find_cache_folder() -> Path:
    """Find the folder of this user where what is built once is kept."""
    # Root's own cache is below /root, closed to the user that root's sandboxes run as.
    if os.geteuid() == 0:
        return Path("/var/cache/promptverdict")
    configured = Path(os.environ.get("XDG_CACHE_HOME", ""))
    return (configured if configured.is_absolute() else Path.home() / ".cache") / "promptverdict"
