"""Opens docker or podman as a sandbox: finds the engine, the image and the image's Python."""

from __future__ import annotations

import os
from pathlib import Path

from promptverdict.sandbox.container import Container, start_container
from promptverdict.sandbox.container_diagnosis import build_engine_error
from promptverdict.sandbox.container_engine import Engine, EngineKind, find_engine, find_image
from promptverdict.sandbox.container_options import (
    build_command,
    build_container_options,
    find_user,
)
from promptverdict.sandbox.container_python import find_image_python
from promptverdict.sandbox.limits import DEFAULT_LIMITS, Limits
from promptverdict.sandbox.python_packages import MOUNT as PYTHON_MOUNT
from promptverdict.sandbox.trial_folders import (
    TrialFolders,
    make_trial_folders,
    remove_old_trial_folders,
    remove_trial_folders,
)
from promptverdict.sandbox.watchdog import Watchdog, follow_process

_BUILD_SECONDS = 300.0
_PATH = "/usr/local/bin:/usr/bin:/bin"
"""Where an image has its Python: agents get it at /opt/py alone."""


def open_container(kind: EngineKind, image: str, limits: Limits) -> Container:
    """Open an engine's containers of one image, by its digest. Raises SandboxError."""
    engine = find_engine(kind)
    # Before the folders of killed runs: what still runs in one of them would write on.
    engine.sweep()
    remove_old_trial_folders()
    digest = find_image(engine, image)
    folders = make_trial_folders()
    try:
        guest = find_image_python(
            digest, lambda argv, folder: _run_in_image(engine, digest, folders, argv, folder)
        )
    finally:
        remove_trial_folders(folders)
    return Container(engine, digest, guest, limits)


def _run_in_image(
    engine: Engine, digest: str, folders: TrialFolders, argv: list[str], folder: Path | None
) -> str:
    """Run a command of our own in the image, isolated like an agent's; return its output."""
    mounts = [(folders.workspace, "/workspace", False)]
    if folder is not None:
        mounts.append((folder, PYTHON_MOUNT, False))
        _give_to(folder, *find_user(folders))
    options = build_container_options(engine.kind, folders, DEFAULT_LIMITS, mounts)
    command = build_command(argv, {"PATH": _PATH}, ends_after=_BUILD_SECONDS, has_filter=False)
    watchdog = Watchdog(folders, DEFAULT_LIMITS)
    with start_container(engine, [*options, digest, *command]) as running:
        output, stopped = follow_process(running.process, watchdog, _BUILD_SECONDS)
        exit_code, stopped = (None, stopped) if stopped else running.read_end()
    if folder is not None:
        _give_to(folder, os.geteuid(), os.getegid())
    if exit_code != 0:
        raise build_engine_error(engine.kind, output.text() or f"stopped: {stopped}")
    return output.text()


def _give_to(root: Path, user: int, group: int) -> None:
    """Make a tree belong to a user; only root can, and for others it does already."""
    if os.geteuid() == 0:
        for path in (root, *root.rglob("*")):
            os.chown(path, user, group, follow_symlinks=False)
