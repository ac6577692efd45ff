"""Engines for the tests of containers: those of this machine, and one made of bubblewrap."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tarfile
from collections.abc import Iterable
from pathlib import Path

from promptverdict.sandbox.python import find_guest_python

IMAGE = "localhost/promptverdict-test"
_PROGRAMS = (
    *("bash", "sh", "env", "cat", "ls", "touch", "rm", "rmdir", "mv", "cp", "ln", "mkdir", "chmod"),
    *("head", "tail", "grep", "sed", "find", "id", "sleep", "seq", "yes", "tr", "test", "true"),
    *("false", "date", "stat", "sort", "wc", "timeout", "prlimit", "mount", "unshare", "hostname"),
    *("mknod", "truncate", "chroot", "nice", "su", "dmesg", "git", "getent", "setsid", "nohup"),
    *("ps", "kill", "dirname", "basename", "which"),
)


def answers(kind: str) -> bool:
    """Whether an engine of this machine runs containers."""
    try:
        argv = [kind, "info"]
        return subprocess.run(argv, capture_output=True, timeout=20, check=False).returncode == 0
    except (OSError, subprocess.TimeoutExpired):
        return False


def build_image(kind: str, scratch: Path) -> str:
    """Build an image from the programs of this machine, unless it is there; return its name."""
    known = subprocess.run([kind, "image", "inspect", IMAGE], capture_output=True, check=False)
    if known.returncode != 0:
        archive = scratch / "image.tar"
        _pack(archive)
        subprocess.run([kind, "import", archive, IMAGE], capture_output=True, check=True)
        archive.unlink()
    return IMAGE


class _Archive(tarfile.TarFile):
    """Takes each name once: podman refuses an archive with two of a kind."""

    def addfile(self, tarinfo: tarfile.TarInfo, fileobj: object = None) -> None:
        if tarinfo.name not in self.getnames():
            super().addfile(tarinfo, fileobj)  # type: ignore[arg-type]


def _pack(archive: Path) -> None:
    guest = find_guest_python().root
    own = [guest / "bin/python3", *guest.rglob("lib-dynload/*.so")]
    programs = [shutil.which(name) for name in _PROGRAMS]
    with _Archive.open(archive, "w") as packed:
        for name in ("bin", "sbin", "lib", "lib64"):
            link = tarfile.TarInfo(name)
            link.type, link.linkname = tarfile.SYMTYPE, f"usr/{name}"
            packed.addfile(link)
        for name in ("etc", "tmp", "root", "proc", "sys", "dev", "run", "home", "usr/local"):
            folder = tarfile.TarInfo(name)
            folder.type, folder.mode = tarfile.DIRTYPE, 0o700 if name == "root" else 0o755
            packed.addfile(folder)
        for path in _find_libraries([*filter(None, programs), *map(str, own)]):
            if not path.startswith(str(guest)):
                name = re.sub(r"^/(bin|sbin|lib|lib64)/", r"usr/\1/", path).lstrip("/")
                packed.add(os.path.realpath(path), name)
        packed.add(guest / "bin", "usr/local/bin")
        packed.add(guest / "lib", "usr/local/lib", filter=_leave_packages_out)


def _leave_packages_out(entry: tarfile.TarInfo) -> tarfile.TarInfo | None:
    return None if "site-packages/" in entry.name else entry


def _find_libraries(programs: Iterable[str]) -> list[str]:
    found = set(programs)
    for program in programs:
        listed = subprocess.run(["ldd", program], capture_output=True, text=True, check=False)
        found |= set(re.findall(r"(?<=\s)/\S+", listed.stdout))
    return sorted(found)


def write_fake_docker(folder: Path) -> Path:
    """Write a program that takes docker's arguments and runs commands in bubblewrap."""
    program = folder / "docker"
    fake, guest = Path(__file__).with_name("fake_docker.py"), find_guest_python().root
    script = f'#!/bin/sh\nexec {sys.executable} -I {fake} {folder} {guest} "$@"\n'
    program.write_text(script, encoding="utf-8")
    program.chmod(0o755)
    return program


def copy_packages(target: Path, _: Path) -> None:
    """Take the packages from the Python of bubblewrap's sandbox instead of a package index."""
    (site,) = find_guest_python().root.glob("lib/python*/*-packages")
    # pip is large, and no test asks for it.
    left_out = shutil.ignore_patterns("pip*", "session_report*", "__pycache__")
    shutil.copytree(site, target, ignore=left_out)
