"""The folders of one trial on the host, which is all that is kept between its commands."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from promptverdict.core.errors import SandboxError
from promptverdict.core.locked_folders import (
    make_locked_folder,
    remove_leftovers,
    remove_tree,
)
from promptverdict.sandbox.limits import DEFAULT_LIMITS

DROPPED_UID = 64123
"""The user that root's sandboxes run as; it needs no entry in any file."""

WORKSPACE, REPORTS, HOME, TMP = "/workspace", "/run/reports", "/home/agent", "/tmp"  # noqa: S108
CHANNEL = "/run/harness"
"""Holds the socket of reports; what is written to it is taken by the harness at once."""

ETC = {
    "passwd": "root:x:0:0:root:/:/usr/sbin/nologin\n"
    f"agent:x:1000:1000:agent:{HOME}:/bin/bash\n"
    "nobody:x:65534:65534:nobody:/:/usr/sbin/nologin\n",
    "group": "root:x:0:\nagent:x:1000:\nnogroup:x:65534:\n",
    "hosts": "127.0.0.1 localhost\n",
    "nsswitch.conf": "passwd: files\ngroup: files\nhosts: files\n",
    "resolv.conf": "",
}
"""What programs want to know of a system, made up: file below /etc to its content."""

_PREFIX = "promptverdict-trial-"


@dataclass(frozen=True)
class TrialFolders:
    """The folders of one trial; owner is the user they belong to, None for the harness's own."""

    root: Path
    owner: int | None = None
    given_up: threading.Event = field(default_factory=threading.Event, compare=False, repr=False)
    """Once set, whatever runs here is killed, and so is what would still be started."""
    lock: int | None = field(default=None, compare=False, repr=False)
    """The open descriptor that keeps other processes from removing them."""

    @property
    def workspace(self) -> Path:
        """Seen as /workspace."""
        return self.root / "workspace"

    @property
    def tmp(self) -> Path:
        """Seen as /tmp."""
        return self.root / "tmp"

    @property
    def home(self) -> Path:
        """Seen as /home/agent."""
        return self.root / "home"

    @property
    def reports(self) -> Path:
        """Seen as /run/reports."""
        return self.root / "reports"

    @property
    def channel(self) -> Path:
        """Seen as /run/harness, read-only."""
        return self.root / "channel"

    @property
    def written(self) -> dict[str, Path]:
        """The folders that commands can write to, by the path they are seen at."""
        return {WORKSPACE: self.workspace, TMP: self.tmp, HOME: self.home, REPORTS: self.reports}


def make_trial_folders(given_up: threading.Event | None = None) -> TrialFolders:
    """Make the folders of one trial, outside of any repository; given_up as in TrialFolders.

    Raises SandboxError when the folder for temporary files does not serve.
    """
    base = _find_base()
    owner = DROPPED_UID if _is_root() else None
    _check_base(base, closed_matters=owner is not None)
    try:
        root, lock = make_locked_folder(base, _PREFIX)
        folders = TrialFolders(root, owner, given_up or threading.Event(), lock)
        etc = folders.root / "etc"
        for folder in (*folders.written.values(), etc, folders.channel, folders.root / "empty"):
            folder.mkdir()
            folder.chmod(0o755)
        folders.tmp.chmod(0o1777)
        folders.home.chmod(0o700)
        for name, content in ETC.items():
            (etc / name).write_text(content, encoding="utf-8")
            (etc / name).chmod(0o644)
        if owner is not None:
            for folder in folders.written.values():
                os.chown(folder, owner, owner)
            # Commands pass through it, and put nothing in the place of what root writes there.
            os.chown(folders.root, -1, owner)
            folders.root.chmod(0o710)
    except OSError as error:
        raise SandboxError(
            f"A folder for the trial cannot be made: {error}.\n"
            f"It belongs in {base}; there must be room for {DEFAULT_LIMITS.disk >> 20} MB.\n"
            "Set TMPDIR to a folder that serves."
        ) from error
    return folders


def remove_old_trial_folders() -> None:
    """Remove the folders of trials whose process was killed before it could."""
    if hasattr(os, "geteuid"):
        owners = {os.geteuid(), DROPPED_UID} if _is_root() else {os.geteuid()}
        remove_leftovers(_find_base(), _PREFIX, owners)


def reopen_folders(folders: TrialFolders) -> None:
    """Undo a chmod of an agent on its own folders: it would keep the host and a command out."""
    for folder in folders.written.values():
        # Without a sandbox a folder can be gone; whoever needs it next reports that.
        with contextlib.suppress(OSError):
            mode = folder.lstat().st_mode
            if stat.S_ISDIR(mode) and mode & 0o700 != 0o700:
                folder.chmod(mode & 0o7777 | 0o700)


def remove_trial_folders(folders: TrialFolders) -> None:
    """Remove a trial's folders, whatever an agent left in them.

    Raises SandboxError when something withstands.
    """
    try:
        remove_tree(folders.root)
    except OSError as error:
        raise SandboxError(
            f"The folder of a trial cannot be removed: {error}.\n"
            "It may hold up to 128 MB; no result depends on it.\n"
            f"Remove it by hand: {folders.root}"
        ) from error
    finally:
        if folders.lock is not None:
            os.close(folders.lock)


def _find_base() -> Path:
    return Path(tempfile.gettempdir()).resolve()


def _is_root() -> bool:
    return hasattr(os, "geteuid") and os.geteuid() == 0


def _check_base(base: Path, *, closed_matters: bool) -> None:
    """Check that an agent's files lie in no repository, where its tools would read and run them.

    Raises SandboxError, also for a folder that root's sandboxes could not enter.
    """
    folders = (base, *base.parents)
    inside = next((folder for folder in folders if (folder / ".git").exists()), None)
    closed = next((folder for folder in folders if not folder.stat().st_mode & 0o001), None)
    if inside is None and not (closed and closed_matters):
        return
    found = f"inside the repository {inside}" if inside else f"below {closed}, closed to others"
    raise SandboxError(
        f"The folder for temporary files, {base}, is {found}.\n"
        "The workspaces of trials would lie there.\n"
        "Set TMPDIR to another folder, such as /var/tmp."
    )
