"""The folders of one trial on the host, which is all that is kept between its commands."""

from __future__ import annotations

import contextlib
import os
import secrets
import stat
import tempfile
import threading
from dataclasses import dataclass, field
from pathlib import Path

from promptverdict.core.errors import SandboxError
from promptverdict.sandbox.limits import DEFAULT_LIMITS

DROPPED_UID = 64123
"""The user that root's sandboxes run as; it needs no entry in any file."""

WORKSPACE, REPORTS, HOME, TMP = "/workspace", "/run/reports", "/home/agent", "/tmp"  # noqa: S108

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


@dataclass(frozen=True)
class TrialFolders:
    """The folders of one trial; owner is the user they belong to, None for the harness's own."""

    root: Path
    owner: int | None = None
    given_up: threading.Event = field(default_factory=threading.Event, compare=False, repr=False)
    """Once set, whatever runs here is killed, and so is what would still be started."""

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
    def written(self) -> dict[str, Path]:
        """The folders that commands can write to, by the path they are seen at."""
        return {WORKSPACE: self.workspace, TMP: self.tmp, HOME: self.home, REPORTS: self.reports}


def make_trial_folders(given_up: threading.Event | None = None) -> TrialFolders:
    """Make the folders of one trial, outside of any repository; given_up as in TrialFolders.

    Raises SandboxError when the folder for temporary files does not serve.
    """
    base = Path(tempfile.gettempdir()).resolve()
    owner = DROPPED_UID if hasattr(os, "geteuid") and os.geteuid() == 0 else None
    _check_base(base, closed_matters=owner is not None)
    try:
        root = Path(tempfile.mkdtemp(prefix="place-", dir=base))
        folders = TrialFolders(root, owner, given_up or threading.Event())
        etc = folders.root / "etc"
        for folder in (*folders.written.values(), etc, folders.root / "empty"):
            folder.mkdir()
            folder.chmod(0o755)
        folders.tmp.chmod(0o1777)
        folders.home.chmod(0o700)
        for name, content in ETC.items():
            (etc / name).write_text(content, encoding="utf-8")
            (etc / name).chmod(0o644)
        if owner is not None:
            for folder in (*folders.written.values(), folders.root):
                os.chown(folder, owner, owner)
    except OSError as error:
        raise SandboxError(
            f"A folder for the trial cannot be made: {error}.\n"
            f"It belongs in {base}; there must be room for {DEFAULT_LIMITS.disk >> 20} MB.\n"
            "Set TMPDIR to a folder that serves."
        ) from error
    return folders


def _check_base(base: Path, *, closed_matters: bool) -> None:
    """An agent's files must not lie in a repository: its tools would read and run them there."""
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


def reopen_folders(folders: TrialFolders) -> None:
    """Undo a chmod of an agent on its own folders: it would keep the host and a command out."""
    for folder in folders.written.values():
        # Without a sandbox a folder can be gone, which whoever needs it next will tell.
        with contextlib.suppress(OSError):
            mode = folder.lstat().st_mode
            if stat.S_ISDIR(mode) and mode & 0o700 != 0o700:
                folder.chmod(mode & 0o7777 | 0o700)


def remove_trial_folders(folders: TrialFolders) -> None:
    """Remove a trial's folders, whatever an agent left in them.

    Raises SandboxError when something withstands.
    """
    try:
        _remove_tree(folders.root)
    except OSError as error:
        raise SandboxError(
            f"The folder of a trial cannot be removed: {error}.\n"
            "It may hold up to 128 MB; no result depends on it.\n"
            f"Remove it by hand: {folders.root}"
        ) from error


def _remove_tree(root: Path) -> None:
    """Remove any tree: shutil.rmtree fails on closed folders and on thousands of levels.

    Inner folders are first moved up below root, so that no path grows long.
    """
    pending = [root]
    root.chmod(0o700)
    while pending:
        folder = pending.pop()
        with os.scandir(folder) as found:
            entries = list(found)
        for entry in entries:
            if entry.is_dir(follow_symlinks=False):
                Path(entry).chmod(0o700)
                pending.append(Path(entry).rename(root / f".{secrets.token_hex(8)}"))
            else:
                Path(entry).unlink()
        if folder != root:
            folder.rmdir()
    root.rmdir()
