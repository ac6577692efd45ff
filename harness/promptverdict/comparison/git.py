"""A git repository, read: which commit a comparison starts from, and files as they were there.

Objects alone are read, nothing is checked out, and the working tree is left as it is.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import IO, cast

from promptverdict.core.errors import InputError, Problem

_FILES = frozenset({"100644", "100755"})
"""Modes of what is read; links and submodules of another commit are not followed."""


@dataclass(frozen=True)
class Revision:
    """A commit of the repository that a folder lies in."""

    top: Path
    """Folder of the whole repository."""
    ref: str
    """As it was asked for."""
    commit: str
    """40 hexadecimal digits."""

    def inside(self, path: Path) -> str:
        """Write a path as the repository knows it. Raises InputError for one outside of it."""
        try:
            return path.resolve().relative_to(self.top).as_posix()
        except ValueError as error:
            found = f"lies outside of the repository {self.top}"
            cure = "only what a repository holds can be compared with an older revision"
            raise InputError([Problem(str(path), found, cure)]) from error

    def files(self, paths: Iterable[str]) -> dict[str, str]:
        """List the files below or at some paths of the commit: path -> id of its content."""
        within = sorted(set(paths))
        if not within:
            return {}
        asked = [] if "." in within else ["--", *within]
        try:
            listed = _run_git(self.top, "ls-tree", "-rz", "--full-tree", self.commit, *asked)
        except _Refused as error:
            raise self._build_lack(within[0]) from error
        return dict(_parse_listing(listed))

    def _build_lack(self, path: str) -> InputError:
        cure = "fetch it: git fetch --refetch --no-filter, fetch-depth: 0 in CI"
        return InputError([Problem(path, f"is not in this clone at {self.ref}", cure)])

    def write(self, files: Mapping[str, str], folder: Path) -> None:
        """Write files of the commit (path -> id of its content) below a folder.

        Raises InputError where this clone does not hold them.
        """
        if not files:
            return
        # One file at a time is in memory: recordings of thousands of trials are not small.
        with tempfile.TemporaryFile() as asked:
            asked.write("".join(f"{content}\n" for content in files.values()).encode())
            asked.seek(0)
            batch = ("cat-file", "--batch")
            with _start_git(self.top, *batch, stdin=asked, stderr=subprocess.DEVNULL) as git:
                answers = cast("IO[bytes]", git.stdout)
                for path, content in files.items():
                    head = answers.readline().decode()
                    if not head.startswith(f"{content} blob "):
                        raise self._build_lack(path)
                    size = int(head.split()[2])
                    found = answers.read(size + 1)  # a line ends after it
                    if len(found) <= size:
                        raise self._build_lack(path)
                    target = folder / path
                    target.parent.mkdir(parents=True, exist_ok=True)
                    target.write_bytes(found[:size])


def merge_base(root: Path, ref: str) -> Revision:
    """Find where the work in a folder's repository parted from a revision.

    Raises InputError where there is no repository, no such revision or not enough history.
    """
    try:
        described = _run_git(root, "rev-parse", "--show-toplevel", "--is-shallow-repository")
    except _Refused as error:
        cure = "run this inside the repository that holds agents and recordings"
        # Git also refuses what only looks foreign: a mounted folder, a repository within another.
        named = re.search(r"(?:repository at|unsafe repository \()\s*'([^'\n]+)'", str(error))
        if foreign := _find_foreign_repository(root) or (named and named[1]):
            cure = f"it belongs to another user: git config --global --add safe.directory {foreign}"
        raise InputError(
            [Problem(f"--base {ref}", f"git says: {_format_failure(error)}", cure)]
        ) from error
    top, _, shallow = os.fsdecode(described).removesuffix("\n").rpartition("\n")
    cut = shallow == "true"
    deepen = "this clone is shallow: git fetch --unshallow, or fetch-depth: 0 in CI"
    try:
        known = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}")
        asked = _run_git(root, *known).decode().strip()
    except _Refused as error:
        fetch = f"git fetch origin {ref.removeprefix('origin/')}"
        cure = deepen if cut else f"name a branch, tag or commit; is it fetched? try: {fetch}"
        found = "this repository knows no such revision"
        raise InputError([Problem(f"--base {ref}", found, cure)]) from error
    try:
        commit = _run_git(root, "merge-base", asked, "HEAD").decode().strip()
    except _Refused as error:
        cure = deepen if cut else "name a revision that shares its history with HEAD"
        found = "there is no commit that this and HEAD come from"
        raise InputError([Problem(f"--base {ref}", found, cure)]) from error
    return Revision(Path(top).resolve(), ref, commit)


def _find_foreign_repository(root: Path) -> Path | None:
    """Find the repository around a folder if it is another user's, which git does not read."""
    for folder in (root.resolve(), *root.resolve().parents):
        if (folder / ".git").exists():
            own = not hasattr(os, "geteuid") or folder.stat().st_uid == os.geteuid()
            return None if own else folder
    return None


class _Refused(Exception):
    """Git ended with an error; its words."""


def _run_git(folder: Path, *arguments: str) -> bytes:
    """Run git and give what it printed. Raises _Refused, and InputError where there is no git."""
    with _start_git(folder, *arguments, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE) as git:
        printed, words = git.communicate()
    if git.returncode:
        raise _Refused(words.decode(errors="replace"))
    return printed


def _start_git(
    folder: Path, *arguments: str, stdin: int | IO[bytes], stderr: int
) -> subprocess.Popen[bytes]:
    """Start git, whose answers are read from its stdout. Raises InputError where there is none."""
    try:
        return subprocess.Popen(
            ["git", *arguments],  # noqa: S607 (whichever git the user has)
            cwd=folder,
            stdin=stdin,
            stdout=subprocess.PIPE,
            stderr=stderr,
            env={**os.environ, "LC_ALL": "C", "GIT_TERMINAL_PROMPT": "0"},
        )
    except OSError as error:
        cure = "install git: revisions are read from its objects"
        raise InputError([Problem("git", f"cannot be run: {error.strerror}", cure)]) from error


def _format_failure(error: _Refused) -> str:
    """Return the first line of git's words."""
    return str(error).strip().partition("\n")[0].removeprefix("fatal: ")


def _parse_listing(listing: bytes) -> Iterator[tuple[str, str]]:
    for entry in listing.split(b"\0"):
        about, _, path = entry.partition(b"\t")
        mode, _, content = [*about.decode().split(), "", "", ""][:3]
        if mode in _FILES and b".." not in path.split(b"/"):
            yield os.fsdecode(path), content
